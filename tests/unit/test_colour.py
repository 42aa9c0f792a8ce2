"""Pictures in the colour space that is asked for, against the spaces' own definitions."""

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms

from tests.dicom import a_ct
from tests.pictures import drawn_file
from tests.samples import SAMPLES

CRAYONS = (SAMPLES / "test_files" / "crayons.icc").read_bytes()
COLOURS = np.array(
    [[255, 255, 255], [255, 0, 0], [0, 255, 0], [0, 0, 255], [200, 150, 100], [20, 40, 60]], "u1"
)
# Linear RGB to XYZ under D50: sRGB (IEC 61966-2-1) adapted by Bradford's matrix; Adobe RGB; ROMM.
FROM_SRGB = np.array(
    [[0.43607, 0.38515, 0.14308], [0.22249, 0.71689, 0.06062], [0.01393, 0.09708, 0.71410]]
)
SPACES: dict[str, Any] = {
    "adobergb": (
        [[0.60974, 0.20528, 0.14919], [0.31111, 0.62567, 0.06322], [0.01947, 0.06087, 0.74457]],
        2.19921875,
    ),
    "rommrgb": (
        [[0.79767, 0.13519, 0.03134], [0.28804, 0.71188, 0.00009], [0.0, 0.0, 0.82491]],
        1.8,
    ),
}


def an_image(**attributes: Any) -> bytes:
    own = {
        "Rows": 2, "Columns": 3, "SamplesPerPixel": 3, "PlanarConfiguration": 0,
        "PhotometricInterpretation": "RGB", "BitsAllocated": 8, "BitsStored": 8, "HighBit": 7,
        "PixelData": COLOURS.tobytes(),
    }  # fmt: skip
    return a_ct(1, **(own | attributes))


def opened(image: bytes, **wishes: Any) -> Image.Image:
    return Image.open(io.BytesIO(drawn_file(image, **wishes)))


def name_of(profile: bytes) -> str:
    return ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(io.BytesIO(profile))).strip()


@pytest.mark.parametrize("space", SPACES)
def test_colours_are_brought_into_the_space(space: str) -> None:
    picture = opened(an_image(), profile=space)

    matrix, gamma = SPACES[space]
    encoded = COLOURS / 255
    linear = np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)
    mixed = np.linalg.inv(np.array(matrix)) @ FROM_SRGB @ linear.T
    expected = 255 * np.clip(mixed.T, 0, 1) ** (1 / gamma)
    shown = np.asarray(picture).reshape(-1, 3)
    # The engine is exact to a few steps near black, where the curves are steep.
    assert np.abs(shown - expected).max() <= 3
    described = name_of(picture.info["icc_profile"])
    assert described == {"adobergb": "Adobe RGB (1998)", "rommrgb": "ROMM RGB"}[space]


@pytest.mark.parametrize("media", ["image/png", "image/jpeg"])
def test_the_image_s_own_profile_comes_with_its_own_colours(media: str) -> None:
    picture = opened(an_image(ICCProfile=CRAYONS), media=media, profile="yes")

    assert picture.info["icc_profile"] == CRAYONS
    assert media == "image/jpeg" or np.asarray(picture).reshape(-1, 3).tolist() == COLOURS.tolist()


def test_colours_of_another_profile_become_srgb() -> None:
    stored = opened(an_image())
    picture = opened(an_image(ICCProfile=CRAYONS), profile="srgb")

    assert "icc_profile" not in stored.info
    assert name_of(picture.info["icc_profile"]).startswith("sRGB")
    source = ImageCms.ImageCmsProfile(io.BytesIO(CRAYONS))
    target = ImageCms.createProfile("sRGB")
    converted = ImageCms.profileToProfile(stored, source, target)
    assert np.asarray(picture).tolist() == np.asarray(converted).tolist()


def test_without_a_profile_of_its_own_an_image_is_srgb_and_grey_is_colour() -> None:
    colours = opened(an_image(), profile="yes")
    grey = opened(a_ct(1, WindowCenter=1, WindowWidth=2), profile="srgb")

    assert name_of(colours.info["icc_profile"]).startswith("sRGB")
    assert np.asarray(colours).reshape(-1, 3).tolist() == COLOURS.tolist()
    assert (grey.mode, grey.size) == ("RGB", (8, 8))
    assert opened(an_image(), media="image/gif", profile="yes").format == "GIF"
