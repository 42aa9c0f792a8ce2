"""Rendered resources and thumbnails (checklist section 6; PS3.18 sections 8.3.5 and 10.4)."""

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.conftest import EMBEDDED
from tests.dicom import a_ct, multipart, parts_of
from tests.site import Caller, Site, problem_of

# A picture is the same from either pair of stores.
pytestmark = pytest.mark.parametrize("pair", [EMBEDDED], indirect=True)

STUDY = "/dicom-web/studies/2.999.9.1"
SERIES = f"{STUDY}/series/2.999.9.1.1"
SLICE = f"{SERIES}/instances/2.999.9.1.1.1"
RAMP = np.arange(64, dtype=np.uint16).reshape(8, 8)
SOME = {"PixelData": RAMP.tobytes(), "WindowCenter": 32, "WindowWidth": 64}
LEVELS = [STUDY, SERIES, SLICE, f"{SLICE}/frames/1"]


def stored(site: Site, *files: bytes) -> Caller:
    caller = site.facility_client()
    answer = caller.post("/dicom-web/studies", **multipart(*(files or (a_ct(1, **SOME),))))
    assert answer.status_code == 200, answer.text
    return caller


def pixels_of(body: bytes) -> Any:
    return np.asarray(Image.open(io.BytesIO(body)))


@pytest.mark.parametrize("path", LEVELS)
@pytest.mark.parametrize("kind", ["rendered", "thumbnail"])
def test_every_level_has_a_picture_and_an_entry_in_the_trail(
    site: Site, path: str, kind: str
) -> None:
    answer = stored(site).get(f"{path}/{kind}")

    assert answer.status_code == 200, answer.text
    assert answer.content_type == "image/jpeg"
    size = (8, 8) if kind == "rendered" else (200, 200)
    assert pixels_of(answer.data).shape == size
    entry = site.last_entry()
    assert entry.operation.endswith(kind)
    assert (entry.outcome, entry.counts) == ("success", {"rendered": 1})
    assert [each.id for each in entry.objects] == ["2.999.9.1"]


def test_parameters_shape_the_picture(site: Site) -> None:
    caller = stored(site)

    def png(query: str) -> Any:
        answer = caller.get(f"{SLICE}/rendered?accept=image/png&{query}")
        assert answer.status_code == 200, answer.text
        return pixels_of(answer.data)

    assert png("")[0, :3].tolist() == [0, 4, 8]
    assert png("window=10,2,linear-exact")[1].tolist() == [0, 0, 128, 255, 255, 255, 255, 255]
    assert png("window=10&window=2&window=linear-exact")[1, 2] == 128
    assert png("viewport=16,4").shape == (4, 4)
    assert png("viewport=8&viewport=8").shape == (8, 8)
    assert png("viewport=8,8,,,-8,-8").tolist() == png("")[::-1, ::-1].tolist()
    assert png("annotation=patient,technique&viewport=200,200").max() == 255
    assert png("nonsense=1&iccprofile=no").shape == (8, 8)
    assert png("iccprofile=srgb").shape == (8, 8, 3)


@pytest.mark.parametrize(
    "query",
    [
        "quality=0", "quality=101", "quality=x", "quality=1,2", "window=1,2", "window=1,0,linear",
        "window=a,2,linear", "window=1,2,square", "window=nan,2,linear", "viewport=1",
        "viewport=0,1", "viewport=,5", "viewport=1,2,3", "viewport=9999,1", "viewport=8,8,-1,0,8,8",
        "annotation=secrets", "iccprofile=mine",
    ],
)  # fmt: skip
def test_a_value_that_the_standard_does_not_know_is_400(site: Site, query: str) -> None:
    answer = stored(site).get(f"{SLICE}/rendered?{query}")

    assert answer.status_code == 400
    assert problem_of(answer)["errors"][0]["code"] == f"invalid-{query.partition('=')[0]}"
    assert site.last_entry().outcome == "malformed"


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        ("image/png", "image/png"),
        ("image/gif", "image/gif"),
        ("image/*;q=0.5, image/png", "image/png"),
        ("text/html, image/webp, */*;q=0.1", "image/jpeg"),
        ("image/jpeg;q=0, image/*", "image/png"),
        ("image/webp, image/gif;q=0.3", "image/gif"),
    ],
)
def test_the_format_is_negotiated(site: Site, accept: str, media: str) -> None:
    answer = stored(site).get(f"{SLICE}/rendered", headers={"Accept": accept})

    assert (answer.status_code, answer.content_type) == (200, media)


def test_what_cannot_be_made_is_406(site: Site) -> None:
    caller = stored(site)

    assert caller.get(f"{SLICE}/rendered", headers={"Accept": "image/webp"}).status_code == 406
    assert caller.get(f"{SLICE}/thumbnail", headers={"Accept": "image/gif"}).status_code == 406


def test_several_instances_come_as_parts(site: Site) -> None:
    caller = stored(site, a_ct(1, **SOME), a_ct(2, **SOME))

    answer = caller.get(f"{STUDY}/rendered", headers={"Accept": "image/png"})

    parts = parts_of(answer.data, answer.content_type)
    assert [media for media, _ in parts] == ["image/png", "image/png"]
    assert site.last_entry().counts == {"rendered": 2}


def test_a_cine_is_an_animated_gif(site: Site) -> None:
    cine = a_ct(1, NumberOfFrames=3, PixelData=np.stack([RAMP, RAMP[::-1], RAMP.T]).tobytes())
    answer = stored(site, cine).get(f"{SLICE}/rendered?accept=image/gif")

    assert getattr(Image.open(io.BytesIO(answer.data)), "n_frames", 1) == 3


def test_a_missing_frame_and_an_instance_without_pixels_are_404(site: Site) -> None:
    report = a_ct(2)
    without_pixels = report[: report.index(b"\xe0\x7f\x10\x00")]
    caller = stored(site, a_ct(1, **SOME), without_pixels)

    assert caller.get(f"{SLICE}/frames/2/rendered").status_code == 404
    assert caller.get(f"{SLICE[:-1]}2/rendered").status_code == 404


def test_another_hospital_sees_nothing(site: Site) -> None:
    stored(site)

    answer = site.facility_client("SZ-B").acting().get(f"{SLICE}/rendered")

    assert answer.status_code == 404
    assert site.last_entry().outcome == "missing"


def test_without_a_token_nothing_is_drawn(site: Site) -> None:
    stored(site)

    assert site.anonymous().get(f"{SLICE}/thumbnail").status_code == 401


def test_a_picture_is_made_once(site: Site) -> None:
    caller = stored(site)
    first = caller.get(f"{SLICE}/rendered").data
    site.application.pixel_workers.close()

    assert caller.get(f"{SLICE}/rendered").data == first
    assert len(list((site.settings.data_dir / "pixel-cache").glob("*/*"))) == 1


def test_pixels_that_no_decoder_takes_are_422_in_both_languages(site: Site) -> None:
    broken = a_ct(1, BitsAllocated=8, BitsStored=8, HighBit=7).replace(
        b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2.5\0"
    )
    at = broken.index(b"\xe0\x7f\x10\x00")
    item = b"\xfe\xff\x00\xe0"
    pixels = (
        b"\xe0\x7f\x10\x00OB\0\0\xff\xff\xff\xff" + item + bytes(4)
        + item + (64).to_bytes(4, "little") + b"\x07" * 64 + b"\xfe\xff\xdd\xe0" + bytes(4)
    )  # fmt: skip
    caller = stored(site, broken[:at] + pixels)

    answer = caller.get(f"{SLICE}/rendered", headers={"Accept-Language": "zh-CN"})

    assert answer.status_code == 422
    assert problem_of(answer)["type"].endswith("undecodable-pixels")
    assert "解码" in problem_of(answer)["title"]
    assert caller.get(SLICE).status_code == 200
