"""The reader and the writer of multipart/related."""

import io
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medshare.kernel.errors import UnsupportedMediaTypeError
from medshare.web.multipart import (
    EmptyMultipartError,
    MalformedMultipartError,
    MultipartLimitError,
    MultipartLimits,
    OutgoingPart,
    TruncatedUploadError,
    multipart_chunks,
    new_boundary,
    read_multipart,
    related_content_type,
)

RELATED = 'multipart/related; type="application/dicom"; boundary=b'
HEAD = b"Content-Type: application/dicom\r\n\r\n"


class Dripping:
    """A body that arrives in pieces of a given size, as a chunked upload may."""

    def __init__(self, body, size):
        self._body = io.BytesIO(body)
        self._size = size

    def read(self, size):
        return self._body.read(min(size, self._size))


def contents(body, content_type=RELATED, *, size=1 << 20, **limits):
    parts = read_multipart(Dripping(body, size), content_type, MultipartLimits(**limits))
    return [part.content.read() for part in parts]


@pytest.mark.parametrize(
    "content_type",
    [
        'multipart/related; type="application/dicom"; boundary=b',
        "multipart/related; type=application/dicom; boundary=b",
        'Multipart/Related;BOUNDARY="b";TYPE="application/dicom"',
        "multipart/related ; boundary=b",
        "multipart/related; boundary=b;",
        'multipart/related; boundary=b; type="application/dicom"; start="<1>"',
    ],
)
def test_every_spelling_of_the_content_type_is_read(content_type):
    assert contents(b"--b\r\n" + HEAD + b"x\r\n--b--", content_type) == [b"x"]


@pytest.mark.parametrize(
    "body",
    [
        b"--b\r\n" + HEAD + b"one\r\n--b\r\n" + HEAD + b"two\r\n--b--\r\n",
        b"\r\n--b\r\n" + HEAD + b"one\r\n--b\r\n" + HEAD + b"two\r\n--b--",
        b"a preamble\r\n--b\r\n" + HEAD + b"one\r\n--b\r\n" + HEAD + b"two\r\n--b--\r\nepilogue",
        b"--b \t\r\n" + HEAD + b"one\r\n--b  \r\n" + HEAD + b"two\r\n--b-- \r\n",
        b"--b\r\n\r\none\r\n--b\r\n\r\ntwo\r\n--b--\n",
        b"--b\r\nContent-Disposition: form-data; name=f\r\nX: \r\n" + HEAD + b"one"
        b"\r\n--b\r\n" + HEAD + b"two\r\n--b--",
    ],
    ids=["plain", "line break first", "preamble", "padding", "no headers", "more headers"],
)
@pytest.mark.parametrize("size", [1, 2, 7, 1 << 20])
def test_two_parts_are_found_however_they_are_framed(body, size):
    assert contents(body, size=size) == [b"one", b"two"]


@pytest.mark.parametrize("size", [1, 3, 1 << 20])
@pytest.mark.parametrize(
    "data",
    [b"\r\n--bsuffix", b"\r\n--b-", b"\r\n--b--suffix", b"\r\n--b \tx", b"--b\r\n", b"\r\n--"],
)
def test_what_only_resembles_a_delimiter_is_data(data, size):
    body = b"--b\r\n" + HEAD + b"<" + data + b">\r\n--b--"

    assert contents(body, size=size) == [b"<" + data + b">"]


@pytest.mark.parametrize("empty", [b"\r\n--b--", b"--b--"])
def test_an_empty_part_may_share_its_line_break_with_the_delimiter(empty):
    assert contents(b"--b\r\n" + HEAD + empty) == [b""]


def test_every_cut_of_a_body_is_seen():
    body = b"--b\r\n" + HEAD + b"one\r\n--b\r\n" + HEAD + b"two\r\n--b--"

    for end in range(len(body)):
        with pytest.raises(MalformedMultipartError) as caught:
            contents(body[:end], size=5)
        assert caught.value.slug == "truncated-upload"


def test_a_cut_is_seen_while_the_part_is_read():
    parts = read_multipart(io.BytesIO(b"--b\r\n" + HEAD + b"half"), RELATED)

    with pytest.raises(TruncatedUploadError):
        next(parts).content.read()


def test_a_part_that_nobody_read_is_skipped():
    body = b"--b\r\n" + HEAD + b"one" * 999 + b"\r\n--b\r\n" + HEAD + b"two\r\n--b--"
    parts = read_multipart(Dripping(body, 100), RELATED)
    next(parts).content.read(5)

    assert next(parts).content.read() == b"two"


def test_a_part_is_read_in_pieces_no_larger_than_asked():
    part = next(read_multipart(io.BytesIO(b"--b\r\n" + HEAD + b"abcdef\r\n--b--"), RELATED))

    assert [part.content.read(4), part.content.read(4), part.content.read(4)] == [
        b"abcd",
        b"ef",
        b"",
    ]


def test_headers_are_lower_case_unfolded_and_the_first_counts():
    head = b"CONTENT-Type: application/dicom;\r\n transfer-syntax=1.2\r\nX: 1\r\nx: 2\r\n\r\n"
    part = next(read_multipart(io.BytesIO(b"--b\r\n" + head + b"\r\n--b--"), RELATED))

    assert part.headers == {"content-type": "application/dicom; transfer-syntax=1.2", "x": "1"}
    assert part.media_type.parameters == {"transfer-syntax": "1.2"}


@pytest.mark.parametrize(
    ("content_type", "expected"),
    [
        ("multipart/related; boundary=b", "application/dicom"),
        ('multipart/related; type="application/dicom+json"; boundary=b', "application/dicom+json"),
    ],
)
def test_a_part_without_a_type_has_that_of_the_message(content_type, expected):
    part = next(read_multipart(io.BytesIO(b"--b\r\n\r\nx\r\n--b--"), content_type))

    assert part.media_type.essence == expected


@pytest.mark.parametrize(
    ("body", "content_type", "error"),
    [
        (b"", "application/dicom", UnsupportedMediaTypeError),
        (b"", "multipart/form-data; boundary=b", UnsupportedMediaTypeError),
        (b"", "multipart/related", MalformedMultipartError),
        (b"", f"multipart/related; boundary={'b' * 71}", MalformedMultipartError),
        (b"--b--\r\n", RELATED, EmptyMultipartError),
        (b"", RELATED, TruncatedUploadError),
        (b"x" * (1 << 17), RELATED, MalformedMultipartError),
        (b"--b\r\nno colon\r\n\r\nx\r\n--b--", RELATED, MalformedMultipartError),
        (b"--b\n\nx\n--b--", RELATED, MalformedMultipartError),
    ],
)
def test_what_is_no_multipart_message_is_refused(body, content_type, error):
    with pytest.raises(error):
        contents(body, content_type)


def test_long_headers_are_refused_before_they_have_all_arrived():
    body = b"--b\r\nX: " + b"x" * 5000

    with pytest.raises(MultipartLimitError):
        contents(body, size=100, header_bytes=1000)


def test_too_many_parts_are_refused():
    with pytest.raises(MultipartLimitError):
        contents(b"--b\r\n\r\n" * 4 + b"\r\n--b--", parts=3)


def test_look_alikes_of_the_boundary_cost_no_more_than_other_data():
    data = b"\r\n--bx" * 200_000

    assert contents(b"--b\r\n" + HEAD + data + b"\r\n--b--") == [data]


def test_memory_does_not_grow_with_the_part():
    body = io.BytesIO(b"--b\r\n" + HEAD + bytes(64 << 20) + b"\r\n--b--")
    tracemalloc.start()
    size = sum(
        len(chunk) for part in read_multipart(body, RELATED) for chunk in part.content.chunks()
    )
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert size == 64 << 20
    assert peak < 2 << 20


@given(
    st.lists(st.lists(st.binary(max_size=40), max_size=3), min_size=1, max_size=4),
    st.integers(1, 60),
)
def test_what_is_written_is_read_back(parts, size):
    boundary = new_boundary(bytes(range(16)))
    outgoing = [OutgoingPart("application/dicom", chunks) for chunks in parts]
    body = b"".join(multipart_chunks(outgoing, boundary))

    read = contents(body, related_content_type("application/dicom", boundary), size=size)

    assert read == [b"".join(chunks) for chunks in parts]


def test_a_response_has_no_preamble_and_a_type_in_each_part():
    part = OutgoingPart("image/jp2; transfer-syntax=1.2", [b"x"], "/frames/1", 1)

    assert b"".join(multipart_chunks([part], "b")) == (
        b"--b\r\nContent-Type: image/jp2; transfer-syntax=1.2\r\n"
        b"Content-Location: /frames/1\r\nContent-Length: 1\r\n\r\nx\r\n--b--\r\n"
    )


def test_the_transfer_syntax_stays_outside_the_quotes():
    assert related_content_type("image/jp2", "b", "1.2.840.10008.1.2.4.90") == (
        'multipart/related; type="image/jp2"; transfer-syntax=1.2.840.10008.1.2.4.90; boundary=b'
    )


def test_a_boundary_needs_128_bits():
    with pytest.raises(ValueError, match="128"):
        new_boundary(bytes(15))
