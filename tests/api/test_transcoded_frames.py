"""Frames in a transfer syntax other than the stored one (checklist sections 1 and 5)."""

import numpy as np
import pydicom
import pytest

from medshare.imaging.codecs.decode import decode
from medshare.imaging.codecs.shape import PixelShape
from tests.dicom import a_ct, multipart, parts_of
from tests.samples import SAMPLES
from tests.site import Caller, Site, problem_of

FRAME = "/dicom-web/studies/2.999.9.1/series/2.999.9.1.1/instances/2.999.9.1.1.1/frames/1"
RAMP = np.arange(64, dtype=np.uint16).reshape(8, 8)
EXPLICIT = "1.2.840.10008.1.2.1"
TYPES = {
    "image/dicom-rle": "1.2.840.10008.1.2.5",
    "image/jls": "1.2.840.10008.1.2.4.80",
    "image/jp2": "1.2.840.10008.1.2.4.90",
    "image/jphc": "1.2.840.10008.1.2.4.201",
}


def stored(site: Site, file: bytes) -> Caller:
    caller = site.facility_client()
    assert caller.post("/dicom-web/studies", **multipart(file)).status_code == 200
    return caller


@pytest.mark.parametrize(("media", "syntax"), TYPES.items())
def test_a_native_frame_is_sent_coded_without_loss(site: Site, media: str, syntax: str) -> None:
    caller = stored(site, a_ct(1, PixelData=RAMP.tobytes()))

    answer = caller.get(FRAME, headers={"Accept": f'multipart/related; type="{media}"'})

    ((part_type, frame),) = parts_of(answer.data, answer.content_type)
    assert part_type == f"{media}; transfer-syntax={syntax}"
    shape = PixelShape(8, 8, 1, 16, 16)
    assert np.array_equal(decode(frame, syntax, shape), RAMP)
    assert site.last_entry().counts == {"frames": 1}


@pytest.mark.parametrize(
    "accept",
    [
        "application/octet-stream",
        f"application/octet-stream; transfer-syntax={EXPLICIT}",
        "image/webp, application/octet-stream;q=0.2",
    ],
)
def test_a_coded_frame_is_sent_as_plain_pixels(site: Site, accept: str) -> None:
    path = SAMPLES / "test_files" / "MR_small_jp2klossless.dcm"
    caller = stored(site, path.read_bytes())
    plain = pydicom.dcmread(path)
    uri = (
        f"/dicom-web/studies/{plain.StudyInstanceUID}/series/{plain.SeriesInstanceUID}"
        f"/instances/{plain.SOPInstanceUID}/frames/1"
    )

    answer = caller.get(uri, headers={"Accept": accept})

    assert answer.content_type == f"application/octet-stream; transfer-syntax={EXPLICIT}"
    assert answer.data == plain.pixel_array.tobytes()


@pytest.mark.parametrize(
    "accept",
    [
        "image/jphc; transfer-syntax=1.2.840.10008.1.2.4.203",
        "application/octet-stream; transfer-syntax=1.2.840.10008.1.2",
        "image/jls;q=0",
    ],
)
def test_what_is_not_made_is_406(site: Site, accept: str) -> None:
    answer = stored(site, a_ct(1)).get(FRAME, headers={"Accept": accept})

    assert answer.status_code == 406
    assert problem_of(answer)["type"].endswith("not-acceptable")
