"""All pixel data of a study, a series or an instance (PS3.18 10.4.1.1.6 and 10.4.3.3.6)."""

import io

import numpy as np
import pydicom
import pytest
from pydicom.encaps import encapsulate
from werkzeug.test import TestResponse

from tests.dicom import PIXELS, SLICE, STUDIES, a_ct, store
from tests.samples import SAMPLES
from tests.site import Caller, Site, problem_of

STUDY = f"{STUDIES}/2.999.9.1"
RAMP = np.arange(64, dtype=np.uint16)
RLE, JPEG_LS, MP4 = "image/dicom-rle", "image/jls", "video/mp4"
MPEG_4 = "1.2.840.10008.1.2.4.102"
REPORT = {"SOPClassUID": "1.2.840.10008.5.1.4.1.1.88.11", "Modality": "SR"}


def many(media: str) -> str:
    return f'multipart/related; type="{media}"'


def get(caller: Caller, path: str, accept: str) -> TestResponse:
    return caller.get(f"{path}/pixeldata", headers={"Accept": accept})


def heads_and_bodies(answer: TestResponse) -> list[tuple[dict[str, str], bytes]]:
    assert answer.status_code == 200, answer.text
    boundary = answer.content_type.partition("boundary=")[2]
    body = answer.data.removesuffix(f"\r\n--{boundary}--\r\n".encode())
    found = []
    for piece in body.split(f"--{boundary}\r\n".encode())[1:]:
        head, _, content = piece.partition(b"\r\n\r\n")
        lines = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
        found.append((lines, content.removesuffix(b"\r\n")))
    return found


def sample(caller: Caller, name: str) -> str:
    answer = caller.post(
        STUDIES,
        data=(SAMPLES / "test_files" / name).read_bytes(),
        content_type="application/dicom",
    )
    stored = answer.get_json(force=True)["00081199"]["Value"][0]["00081190"]["Value"][0]
    return str(stored).removeprefix("https://medshare.test")


def without_pixels(**attributes: object) -> bytes:
    dataset = pydicom.dcmread(io.BytesIO(a_ct(**REPORT | attributes)))
    del dataset.PixelData, dataset.Rows, dataset.Columns
    buffer = io.BytesIO()
    dataset.save_as(buffer)
    return buffer.getvalue()


def a_video() -> bytes:
    dataset = pydicom.dcmread(io.BytesIO(a_ct(1, NumberOfFrames=25)))
    dataset.file_meta.TransferSyntaxUID = MPEG_4
    dataset.PixelData = encapsulate([b"first fragment", b"second"], has_bot=False)
    dataset["PixelData"].VR = "OB"
    buffer = io.BytesIO()
    dataset.save_as(buffer)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("path", "count"), [(STUDY, 3), (f"{STUDY}/series/2.999.9.1.1", 2), (SLICE, 1)]
)
def test_plain_pixels_are_a_part_for_each_instance(site: Site, path: str, count: int) -> None:
    pacs = site.facility_client()
    other = a_ct(3, SeriesInstanceUID="2.999.9.1.2", SeriesNumber=2)
    store(pacs, a_ct(1), a_ct(2), other, without_pixels(number=4, SeriesInstanceUID="2.999.9.1.9"))

    found = heads_and_bodies(get(pacs, path, PIXELS))

    assert [body for _head, body in found] == [
        np.full(64, number, np.uint16).tobytes() for number in (1, 2, 3)[:count]
    ]
    metadata = pacs.get(f"{path}/metadata").get_json(force=True)
    uris = {each["7FE00010"]["BulkDataURI"] for each in metadata if "7FE00010" in each}
    assert {head["Content-Location"] for head, _body in found} == uris
    assert site.entries()[-2].counts == {"pixel_data": count + (path == STUDY) * 1}


def test_the_frames_of_one_instance_are_one_value(site: Site) -> None:
    pacs = site.facility_client()
    pixels = b"".join((RAMP + frame).tobytes() for frame in range(3))
    store(pacs, a_ct(1, NumberOfFrames=3, PixelData=pixels))

    ((head, body),) = heads_and_bodies(get(pacs, SLICE, "*/*"))
    bare = get(pacs, SLICE, "application/octet-stream")

    assert body == bare.data == pixels
    assert head["Content-Length"] == str(len(pixels))
    assert bare.content_length == len(pixels)
    assert bare.headers["Content-Location"] == head["Content-Location"]


def test_coded_pixels_are_a_part_for_each_frame(site: Site) -> None:
    pacs = site.facility_client()
    path = sample(pacs, "SC_rgb_rle_2frame.dcm")
    frames = pacs.get(f"{path}/frames/1,2", headers={"Accept": many(RLE)})

    found = heads_and_bodies(get(pacs, path, many(RLE)))

    assert [body for _head, body in found] == [body for _, body in heads_and_bodies(frames)]
    assert len(found) == 2
    assert found[0][0]["Content-Type"] == f"{RLE}; transfer-syntax=1.2.840.10008.1.2.5"
    assert get(pacs, path, RLE).status_code == 406


def test_coded_pixels_are_one_plain_value_where_that_is_asked_for(site: Site) -> None:
    pacs = site.facility_client()
    path = sample(pacs, "SC_rgb_rle_2frame.dcm")
    expected = pydicom.dcmread(SAMPLES / "test_files" / "SC_rgb_rle_2frame.dcm").pixel_array

    ((_head, body),) = heads_and_bodies(get(pacs, path, PIXELS))

    assert body == expected.tobytes()
    assert get(pacs, path, "application/octet-stream").data == body


def test_pixels_are_made_anew_as_frames_are(site: Site) -> None:
    pacs = site.facility_client()
    pixels = b"".join((RAMP + frame).tobytes() for frame in range(2))
    store(pacs, a_ct(1, NumberOfFrames=2, PixelData=pixels))
    frames = pacs.get(f"{SLICE}/frames/1,2", headers={"Accept": many(JPEG_LS)})

    found = heads_and_bodies(get(pacs, SLICE, many(JPEG_LS)))

    assert [body for _head, body in found] == [body for _, body in heads_and_bodies(frames)]


def test_big_endian_words_are_turned(site: Site) -> None:
    pacs = site.facility_client()
    path = sample(pacs, "MR_small_bigendian.dcm")
    expected = pydicom.dcmread(SAMPLES / "test_files" / "MR_small.dcm").PixelData

    assert get(pacs, path, "application/octet-stream").data == expected


def test_a_video_is_one_part(site: Site) -> None:
    pacs = site.facility_client()
    store(pacs, a_video())

    ((head, body),) = heads_and_bodies(get(pacs, SLICE, many(MP4)))

    assert body == b"first fragmentsecond"
    assert head["Content-Type"] == f"{MP4}; transfer-syntax={MPEG_4}"
    assert get(pacs, SLICE, MP4).data == body
    assert get(pacs, SLICE, PIXELS).status_code == 406


def test_without_any_pixels_nothing_is_found(site: Site) -> None:
    pacs = site.facility_client()
    store(pacs, without_pixels(number=1))

    for path in (STUDY, SLICE):
        for accept in (PIXELS, "application/octet-stream", many("image/jxl")):
            if path == STUDY and "multipart" not in accept:
                continue
            answer = get(pacs, path, accept)
            assert (answer.status_code, problem_of(answer)["type"]) == (
                404,
                "urn:medshare:problem:no-such-frame",
            ), (path, accept)


def test_what_cannot_be_had_and_what_is_held(site: Site) -> None:
    pacs = site.facility_client()
    store(pacs, a_ct(1), a_ct(2))
    tag = get(pacs, STUDY, PIXELS).headers["ETag"]

    assert get(pacs, STUDY, many("image/jxl")).status_code == 406
    assert get(pacs, STUDY, "application/octet-stream").status_code == 406
    again = pacs.get(f"{STUDY}/pixeldata", headers={"Accept": PIXELS, "If-None-Match": tag})
    assert again.status_code == 304
    assert tag.startswith("W/")
