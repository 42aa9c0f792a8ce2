"""The tones of an image under a presentation state: masks, palettes, maps of numbers."""

from typing import Any

import numpy as np
import pytest

from tests.documents import an_item
from tests.overlays import a_plane
from tests.pictures import picture
from tests.presented import (
    COLUMNS,
    GREY,
    GREY_SHOWN,
    RAMP,
    ROWS,
    activated,
    an_image,
    layers,
    state_of,
)

FRAMES = np.stack([np.full((ROWS, COLUMNS), 10), RAMP + 20, RAMP + 30, RAMP[::-1] + 60]).astype(
    "u2"
)


@pytest.mark.parametrize(
    ("mask", "frame", "difference"),
    [
        ({"MaskOperation": "AVG_SUB", "MaskFrameNumbers": 1}, 3, FRAMES[2] - 10.0),
        (
            {"MaskOperation": "AVG_SUB", "MaskFrameNumbers": [2, 3], "ContrastFrameAveraging": 2},
            3,
            FRAMES[2:].mean(axis=0) - FRAMES[1:3].mean(axis=0),
        ),
        ({"MaskOperation": "TID", "TIDOffset": 2}, 4, FRAMES[3] - 1.0 * FRAMES[1]),
        ({"MaskOperation": "TID", "TIDOffset": None}, 3, FRAMES[2] - 1.0 * FRAMES[1]),
        (
            {"MaskOperation": "AVG_SUB", "MaskFrameNumbers": 2, "MaskSubPixelShift": [1.0, 0.0]},
            3,
            FRAMES[2] - 1.0 * FRAMES[1][[0, 0, 1, 2, 3, 4]],
        ),
        (
            {"MaskOperation": "AVG_SUB", "MaskFrameNumbers": 2, "MaskSubPixelShift": [0.0, -0.5]},
            3,
            FRAMES[2] - (FRAMES[1] + FRAMES[1][:, [1, 2, 3, 4, 5, 6, 7, 7]]) / 2,
        ),
        ({"MaskOperation": "AVG_SUB", "MaskFrameNumbers": 9}, 3, FRAMES[2] * 1.0),
    ],
)
def test_a_mask_is_taken_off_before_the_window(
    mask: dict[str, Any], frame: int, difference: Any
) -> None:
    image = an_image(NumberOfFrames=4, PixelData=FRAMES.tobytes())
    window = an_item(WindowCenter=0, WindowWidth=200, VOILUTFunction="LINEAR_EXACT")
    state = {"MaskSubtractionSequence": an_item(**mask), "SoftcopyVOILUTSequence": window}

    shown = picture(image, state_of(RecommendedViewingMode="SUB", **state), frame)

    expected = 255 * (np.clip(difference / 200, -0.5, 0.5) + 0.5)
    assert np.abs(shown - expected).max() <= 0.5
    unmasked = 255 * (np.clip(FRAMES[frame - 1] / 200, -0.5, 0.5) + 0.5)
    natural = picture(image, state_of(RecommendedViewingMode="NAT", **state), frame)
    assert np.abs(natural - unmasked).max() <= 0.5


def test_a_pseudo_colour_state_paints_what_is_grey() -> None:
    entries = {"Red": [0, 100, 200, 250], "Green": [9, 8, 7, 6], "Blue": [255, 0, 0, 255]}
    palette = {
        f"{name}PaletteColorLookupTable{part}": value
        for name, values in entries.items()
        for part, value in (("Descriptor", [4, 0, 8]), ("Data", bytes(values)))
    }
    state = state_of(sop_class="1.2.840.10008.5.1.4.1.1.11.3", **palette)

    shown = picture(an_image(), state)

    places = np.rint(RAMP / 64 * 3).astype(int)
    expected = np.stack([np.array(values)[places] for values in entries.values()], axis=-1)
    assert shown.tolist() == expected.tolist()


def test_a_colour_state_leaves_its_image_s_colours() -> None:
    colours = np.random.default_rng(7).integers(0, 256, (ROWS, COLUMNS, 3)).astype(np.uint8)
    image = an_image(
        PhotometricInterpretation="RGB", SamplesPerPixel=3, PlanarConfiguration=0, BitsAllocated=8,
        BitsStored=8, HighBit=7, PixelData=colours.tobytes(),
    )  # fmt: skip
    bits = np.ones((1, 3), np.uint8)
    state = state_of(
        a_plane(bits) | activated("A"),
        sop_class="1.2.840.10008.5.1.4.1.1.11.2",
        ImageRotation=90,
        **layers(("A", 1, GREY)),
    )
    expected = colours.copy()
    expected[0, :3] = GREY_SHOWN

    assert picture(image, state).tolist() == np.rot90(expected, -1).tolist()


@pytest.mark.parametrize(
    ("keyword", "dtype"), [("FloatPixelData", "f4"), ("DoubleFloatPixelData", "f8")]
)
def test_a_map_of_numbers_is_shown_although_some_are_none(keyword: str, dtype: str) -> None:
    values = np.linspace(-0.5, 0.5, ROWS * COLUMNS).astype(dtype).reshape(ROWS, COLUMNS)
    values[1, :3] = np.nan, np.inf, -np.inf
    none = dict.fromkeys(("PixelData", "BitsStored", "HighBit", "PixelRepresentation"))
    size = {"BitsAllocated": values.itemsize * 8, keyword: values.tobytes()}
    known = np.where(np.isfinite(values), values, np.array([[-0.5, 0.5, -0.5] + [0.0] * 5]))

    stretched = picture(an_image(**none, **size, WindowCenter=None, WindowWidth=None))
    fine = picture(an_image(**none, **size, WindowCenter=0, WindowWidth=0.5, VOILUTFunction=None))

    assert np.abs(stretched - 255 * (known + 0.5)).max() <= 0.5
    assert np.abs(fine - 255 * np.clip(known / 0.5 + 0.5, 0, 1)).max() <= 0.5
