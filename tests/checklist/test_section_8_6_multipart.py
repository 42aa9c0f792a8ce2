"""PS3.18 section 8.6.1.2: multipart messages, as they come and as they go (RFC 2046, RFC 2387)."""

import re

import pytest

from tests.checklist.archive import AS_STORED, CHEST, Archive, parts, study
from tests.checklist.rules import rule

FRONTIER = "2f6e-checklist"


def body(*files: bytes, head: bytes = b"Content-Type: application/dicom\r\n") -> bytes:
    delimiter = b"--" + FRONTIER.encode()
    framed = (delimiter + b"\r\n" + head + b"\r\n" + each + b"\r\n" for each in files)
    return b"".join(framed) + delimiter + b"--\r\n"


def content_type(template: str) -> str:
    return template.format(b=FRONTIER)


@rule("8.6.1.2", "Quoted and unquoted parameters, in any order and case, mean the same.")
@pytest.mark.parametrize(
    "template",
    [
        'multipart/related; type="application/dicom"; boundary={b}',
        "multipart/related; type=application/dicom; boundary={b}",
        'multipart/related; boundary="{b}"; type=application/dicom',
        'Multipart/Related ; TYPE="Application/DICOM" ; Boundary={b}',
        "multipart/related; boundary={b}",
        'multipart/related; type="application/dicom"; boundary={b}; charset=utf-8',
    ],
)
def test_every_spelling_of_a_content_type_is_taken(archive: Archive, template: str) -> None:
    answer = archive.post(data=body(archive.own_slice()), content_type=content_type(template))
    assert answer.status_code == 200, answer.text


@rule("8.6.1.2", "A part may carry further headers, a transfer syntax or no media type.")
@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"Content-Type: application/dicom; transfer-syntax=1.2.840.10008.1.2.1\r\n",
        b'Content-Disposition: form-data; name="file"\r\nContent-Type: application/dicom\r\n',
        b"content-type:application/dicom\r\nContent-Length: 12\r\nMIME-Version: 1.0\r\n",
    ],
)
def test_parts_are_read_by_their_delimiters(archive: Archive, head: bytes) -> None:
    answer = archive.post(
        data=body(archive.own_slice(), head=head),
        content_type=content_type('multipart/related; type="application/dicom"; boundary={b}'),
    )
    assert answer.status_code == 200, answer.text


@rule("8.6.1.2", "A preamble and an empty line before the first delimiter are passed over.")
@pytest.mark.parametrize("preamble", [b"\r\n", b"This is a message of several parts.\r\n"])
def test_what_comes_before_the_first_delimiter_is_no_part(
    archive: Archive, preamble: bytes
) -> None:
    answer = archive.post(
        data=preamble + body(archive.own_slice()),
        content_type=content_type("multipart/related; type=application/dicom; boundary={b}"),
    )
    assert answer.status_code == 200, answer.text


@rule("8.6.1.2", "A message of no parts, without a boundary or without its end is malformed.")
@pytest.mark.parametrize(
    ("data", "template"),
    [
        (body(), "multipart/related; type=application/dicom; boundary={b}"),
        (body(b"x"), "multipart/related; type=application/dicom"),
        (body(b"x")[:-6], "multipart/related; type=application/dicom; boundary={b}"),
    ],
)
def test_what_is_no_whole_message_is_400(archive: Archive, data: bytes, template: str) -> None:
    answer = archive.post(data=data, content_type=content_type(template))
    assert answer.status_code == 400, answer.text


@rule("8.6.1.2", "An answer has a boundary of 128 random bits at least, no preamble, no epilogue.")
def test_an_answer_is_framed_strictly(archive: Archive) -> None:
    first, second = (archive.get(study(CHEST), AS_STORED) for _ in range(2))

    boundary = first.content_type.partition("boundary=")[2].strip('"')
    assert re.fullmatch(r"[0-9A-Za-z'()+_,./:=?-]{22,70}", boundary)
    assert boundary not in second.content_type
    assert first.data.startswith(b"--" + boundary.encode() + b"\r\n")
    assert first.data.endswith(b"\r\n--" + boundary.encode() + b"--\r\n")


@rule("8.7.9", "Each part names its media type with its transfer syntax outside of any quotes.")
def test_each_part_says_what_it_is(archive: Archive) -> None:
    answer = archive.get(study(CHEST), AS_STORED)

    assert 'type="application/dicom"' in answer.content_type
    assert [media for media, _content in parts(answer)] == [
        "application/dicom; transfer-syntax=1.2.840.10008.1.2.1"
    ] * 3
