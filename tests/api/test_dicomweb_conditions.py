"""Entity tags and ranges of what is retrieved (checklist section 5; RFC 9110, 13 and 14)."""

import pytest

from tests.dicom import SLICE, a_ct, store
from tests.site import Site, problem_of

PIXELS = f"{SLICE}/bulkdata/7FE00010"
BARE = {"Accept": "application/octet-stream"}
VALUE = bytes(range(128))


@pytest.mark.parametrize(
    ("path", "accept", "weak"),
    [
        ("/dicom-web/studies/2.999.9.1", "multipart/related; type=application/dicom", True),
        (SLICE, "application/dicom", False),
        (f"{SLICE}/frames/1", "application/octet-stream", False),
        (f"{SLICE}/frames/1", "multipart/related; type=image/jls", True),
        (PIXELS, "application/octet-stream", False),
        (PIXELS, "multipart/related; type=application/octet-stream", True),
    ],
)
def test_what_the_caller_holds_is_not_sent_again_and_is_audited_all_the_same(
    site: Site, path: str, accept: str, weak: bool
) -> None:
    pacs = site.facility_client()
    store(pacs, a_ct(1, PixelData=VALUE))
    first = pacs.get(path, headers={"Accept": accept})
    tag = first.headers["ETag"]

    again = pacs.get(path, headers={"Accept": accept, "If-None-Match": tag})
    other = pacs.get(path, headers={"Accept": accept, "If-None-Match": '"another"'})

    assert tag.startswith("W/") is weak
    assert [first.status_code, again.status_code, other.status_code] == [200, 304, 200]
    assert (again.data, again.headers["ETag"]) == (b"", tag)
    assert first.headers["Cache-Control"] == "no-store"
    assert site.last_entry().objects[0].id == "2.999.9.1"


def test_frames_in_another_form_or_number_have_another_tag(site: Site) -> None:
    pacs = site.facility_client()
    store(pacs, a_ct(1, NumberOfFrames=2, PixelData=VALUE * 2), a_ct(2, PixelData=VALUE))
    tags = {
        pacs.get(path, headers={"Accept": accept}).headers["ETag"].removeprefix("W/")
        for path, accept in (
            (f"{SLICE}/frames/1", "application/octet-stream"),
            (f"{SLICE}/frames/2", "application/octet-stream"),
            (f"{SLICE}/frames/1", "image/jls"),
            (f"{SLICE.removesuffix('1')}2/frames/1", "application/octet-stream"),
        )
    }
    assert len(tags) == 4


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("bytes=0-0", 0, 0),
        ("bytes=3-9", 3, 9),
        ("bytes=120-", 120, 127),
        ("bytes=100-5000", 100, 127),
        ("bytes=-8", 120, 127),
        ("bytes=-500", 0, 127),
    ],
)
def test_a_range_is_a_part_of_the_value(site: Site, asked: str, first: int, last: int) -> None:
    pacs = site.facility_client()
    store(pacs, a_ct(1, PixelData=VALUE))
    answer = pacs.get(PIXELS, headers=BARE | {"Range": asked})
    assert answer.status_code == 206
    assert answer.data == VALUE[first : last + 1]
    assert answer.headers["Content-Range"] == f"bytes {first}-{last}/128"


def test_a_long_text_is_utf_8_and_is_cut_after_it_was_decoded(site: Site) -> None:
    pacs = site.facility_client()
    text = "检查" * 20_000
    store(pacs, a_ct(1, SpecificCharacterSet="GB18030", TextValue=text))
    path = f"{SLICE}/bulkdata/0040A160"
    assert pacs.get(path, headers=BARE).data == text.encode()
    answer = pacs.get(path, headers=BARE | {"Range": "bytes=3-8"})
    assert (answer.status_code, answer.data.decode()) == (206, "查检")


@pytest.mark.parametrize(
    "headers",
    [
        {"Range": "bytes=5-2"},
        {"Range": "bytes=0-1,4-5"},
        {"Range": "pixels=0-1"},
        {"Range": "nonsense"},
        {"Range": "bytes=0-1", "If-Range": '"another"'},
        {"Range": "bytes=0-1", "Accept": "multipart/related; type=application/octet-stream"},
    ],
)
def test_a_range_that_does_not_count_is_as_if_not_sent(site: Site, headers: dict[str, str]) -> None:
    pacs = site.facility_client()
    store(pacs, a_ct(1, PixelData=VALUE))
    answer = pacs.get(PIXELS, headers=BARE | headers)
    assert answer.status_code == 200
    assert VALUE in answer.data


def test_a_range_behind_the_end_is_refused_with_the_size(site: Site) -> None:
    pacs = site.facility_client()
    store(pacs, a_ct(1, PixelData=VALUE))
    answer = pacs.get(PIXELS, headers=BARE | {"Range": "bytes=128-"})
    assert answer.status_code == 416
    problem = problem_of(answer)
    assert problem["type"] == "urn:medshare:problem:range-not-satisfiable"
    assert problem["params"] == {"size_bytes": 128}


def test_head_tells_what_get_would_send_and_is_audited(site: Site) -> None:
    pacs = site.facility_client()
    store(pacs, a_ct(1, PixelData=VALUE))
    answer = pacs.call("HEAD", PIXELS, headers=BARE)
    assert (answer.status_code, answer.data) == (200, b"")
    assert answer.headers["Content-Length"] == "128"
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert site.last_entry().operation == "dicomweb.retrieve-bulk-data"
