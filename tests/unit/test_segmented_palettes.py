"""Palettes written as segments, against pydicom's and against the section's rules."""

import io
from struct import pack
from typing import Any

import numpy as np
import pydicom
import pytest
from pydicom.pixels import apply_color_lut

from medshare.imaging.rendering.segments import ENTRIES_MAX, expanded
from tests.dicom import a_ct
from tests.pictures import picture

RED = [0, 4, 10, 20, 30, 40, 1, 60, 100]  # four values, then 60 on the way to 100
GREEN = [0, 1, 0, 1, 63, 250]
BLUE = [0, 1, 9, 1, 31, 255, 2, 1, 3, 0, 0, 0, 0, 1, 77]  # the second segment once more
# What comes of them: 64 entries of each.
LENGTH = 64


def test_segments_are_expanded_as_pydicom_does() -> None:
    ramp = np.arange(LENGTH, dtype=np.uint8).reshape(8, 8)
    own: dict[str, Any] = {}
    for name, segments in {"Red": RED, "Green": GREEN, "Blue": BLUE}.items():
        own[f"{name}PaletteColorLookupTableDescriptor"] = [LENGTH, 0, 8]
        padded = bytes(segments) + b"\0" * (len(segments) % 2)
        own[f"Segmented{name}PaletteColorLookupTableData"] = padded
    eight = {"BitsAllocated": 8, "BitsStored": 8, "HighBit": 7, "PixelData": ramp.tobytes()}

    image = a_ct(1, PhotometricInterpretation="PALETTE COLOR", **(eight | own))

    shown = picture(image)

    assert shown.tolist() == apply_color_lut(ramp, pydicom.dcmread(io.BytesIO(image))).tolist()


def test_words_of_16_bits_and_segments_repeated_at_an_offset_in_bytes() -> None:
    discrete, linear = [0, 2, 5, 1000], [1, 4, 2000]
    again = [2, 2, 0, 0]  # both of them, from the first byte on
    from_linear = [2, 1, 8, 0]
    words = [*discrete, *linear, *again, *from_linear]

    once = [5, 1000, 1250, 1500, 1750, 2000]
    assert expanded(words, 2) == [*once, *once, 2000, 2000, 2000, 2000]


@pytest.mark.parametrize(
    "words",
    [
        [1, 4, 9],  # a way from nowhere
        [7, 1, 1],
        [0, 9, 1, 2],
        [0, 1, 5, 1, 3],
        [0, 1, 5, 2, 1, 6, 0],  # a repetition of itself
        [0, 1, 5, *[1, 65535, 9] * 2],
        [0, 1, 5, 0, 0],
        [0, 1, 5, 1, 0, 9, 2, 65535, 0, 0],
    ],
)
def test_broken_segments_are_no_table(words: list[int]) -> None:
    assert expanded(words, 2) == []
    assert len(expanded(np.frombuffer(pack("<8H", *range(8)), "<u2").tolist(), 2)) <= ENTRIES_MAX
