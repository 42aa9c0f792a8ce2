"""Stored values to eight bits of grey or colour; runs in workers.

References
----------
DICOM PS3.3 sections C.11.1, C.11.2.1.2 and C.7.6.3.1.2 (YBR).
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from medshare.imaging.codecs.samples import without_other_bits
from medshare.imaging.codecs.shape import PixelShape
from medshare.imaging.rendering.look import Look, LookUp, Window

Pixels = NDArray[Any]
_TABLE_BITS = 16
_WHITE = 255.0
_BYTE = 8


def displayed(pixels: Pixels, photometric: str, shape: PixelShape, look: Look) -> Pixels:
    """Return a frame as rows x columns (x 3) of unsigned bytes.

    Parameters
    ----------
    photometric
        Of the decoded pixels; the shape's is that of the stored ones.
    """
    pixels = without_other_bits(pixels, shape.bits_stored)
    if shape.samples > 1:
        colours = _to_bytes(pixels, shape.bits_stored)
        return _rgb_from_ybr(colours) if photometric.startswith("YBR") else colours
    if photometric == "PALETTE COLOR" and look.palette:
        return _through_palette(pixels, look.palette)
    return _grey(pixels, look)


def subtracted(
    contrast: Sequence[Pixels],
    mask: Sequence[Pixels],
    shift: Sequence[float],
    shape: PixelShape,
    look: Look,
) -> Pixels:
    """Return the grey of averaged frames less the average of others, moved by rows and columns.

    The difference is taken between the modality LUT and the VOI LUT (PS3.4 section N.2.1).

    Raises
    ------
    ValueError
        They are coloured.
    """
    if shape.samples > 1:
        raise ValueError

    def average(frames: Sequence[Pixels]) -> Pixels:
        stored = (without_other_bits(each, shape.bits_stored) for each in frames)
        return np.asarray(sum(_modality(each, look) for each in stored) / len(frames))

    difference = average(contrast) - _moved(average(mask), shift)
    return _shades(difference, difference, look)


def _moved(values: Pixels, shift: Sequence[float]) -> Pixels:
    """Move an image, between pixels linearly; what comes in is what stands at the edge."""
    for axis, by in enumerate(shift):
        size = values.shape[axis]
        places = np.clip(np.arange(size) - by, 0, size - 1)
        before = np.floor(places).astype(np.int64)
        part = (places - before).reshape((-1, 1) if axis == 0 else (1, -1))
        after = np.minimum(before + 1, size - 1)
        values = np.take(values, before, axis) * (1 - part) + np.take(values, after, axis) * part
    return values


def windowed(values: Pixels, window: Window) -> Pixels:
    """Map values to 0 .. 1 by a window (PS3.3 sections C.11.2.1.2.1 to C.11.2.1.3.2)."""
    if window.shape == "sigmoid":
        exponent = np.clip(-4.0 * (values - window.centre) / window.width, -700, 700)
        return np.asarray(1.0 / (1.0 + np.exp(exponent)))
    centre, width = window.centre, window.width
    if window.shape == "linear":
        centre, width = centre - 0.5, width - 1.0
    if width <= 0:
        return np.asarray(values > centre, dtype=np.float64)
    return np.clip((values - centre) / width + 0.5, 0.0, 1.0)


def _grey(pixels: Pixels, look: Look) -> Pixels:
    """Grey values: by a table of the stored values that there are where these are few enough."""
    if pixels.dtype.kind == "f":
        pixels = _finite(pixels)
    lowest, highest = pixels.min(), pixels.max()
    extremes = _modality(np.asarray([lowest, highest]), look)
    if pixels.dtype.kind == "f" or pixels.dtype.itemsize * _BYTE > _TABLE_BITS:
        return _shades(_modality(pixels, look), extremes, look)
    every = np.arange(int(lowest), int(highest) + 1).astype(pixels.dtype)
    unsigned = np.dtype(f"u{pixels.dtype.itemsize}")
    tones = _shades(_modality(every, look), extremes, look)
    table = np.zeros((1 << (pixels.dtype.itemsize * _BYTE), *tones.shape[1:]), np.uint8)
    table[every.view(unsigned)] = tones
    return np.take(table, pixels.view(unsigned), axis=0)


def _finite(pixels: Pixels) -> Pixels:
    """Put the least in the place of what is no number, as maps have around the patient."""
    is_finite = np.isfinite(pixels)
    if is_finite.all():
        return pixels
    seen = pixels[is_finite] if is_finite.any() else np.zeros(1, pixels.dtype)
    least, greatest = float(seen.min()), float(seen.max())
    return np.nan_to_num(pixels, nan=least, posinf=greatest, neginf=least)


def _shades(values: Pixels, extremes: Pixels, look: Look) -> Pixels:
    """Map values to grey or paint; where no window is stated, between ``extremes``."""
    if look.window is not None:
        shown = windowed(values, look.window)
    elif look.voi is not None:
        shown = _through(values, look.voi)
    else:
        shown = _stretched(values, extremes)
    if look.presentation is not None:
        shown = _presented(shown, look.presentation)
    if look.is_inverse:
        shown = 1.0 - shown
    if look.paint:
        return _painted(shown, look.paint)
    return (shown * _WHITE + 0.5).astype(np.uint8)


def _painted(shown: Pixels, paint: tuple[LookUp, ...]) -> Pixels:
    """Send 0 .. 1 through a palette, over all of its entries."""
    places = np.rint(shown * (len(paint[0].entries) - 1)) + paint[0].first
    return _through_palette(places, paint)


def _modality(stored: Pixels, look: Look) -> Pixels:
    if look.modality is not None:
        return _entries(stored, look.modality)
    return stored * look.slope + look.intercept


def _stretched(values: Pixels, extremes: Pixels) -> Pixels:
    low, high = float(extremes.min()), float(extremes.max())
    return np.clip((values - low) / ((high - low) or 1.0), 0.0, 1.0)


def _through(values: Pixels, table: LookUp) -> Pixels:
    return _entries(values, table) / float((1 << table.bits) - 1)


def _presented(shown: Pixels, table: LookUp) -> Pixels:
    """Send 0 .. 1 through a presentation LUT, whose input is stretched over its entries."""
    places = table.first + shown * (len(table.entries) - 1)
    return _through(places, table)


def _entries(values: Pixels, table: LookUp) -> Pixels:
    """Look values up; those beyond an end get the entry there."""
    index = np.clip(np.rint(values).astype(np.int64) - table.first, 0, len(table.entries) - 1)
    return np.asarray(table.entries, dtype=np.float64)[index]


def _through_palette(pixels: Pixels, palette: tuple[LookUp, ...]) -> Pixels:
    planes = [_entries(pixels, table) / ((1 << table.bits) - 1) * _WHITE for table in palette]
    return (np.stack(planes, axis=-1) + 0.5).clip(0, _WHITE).astype(np.uint8)


def _to_bytes(pixels: Pixels, bits_stored: int) -> Pixels:
    if bits_stored <= _BYTE:
        return pixels.astype(np.uint8, copy=False)
    return (pixels >> (bits_stored - _BYTE)).astype(np.uint8)


def _rgb_from_ybr(pixels: Pixels) -> Pixels:
    """Convert by the equations of PS3.3 section C.7.6.3.1.2, which are JFIF's."""
    return np.asarray(Image.fromarray(np.ascontiguousarray(pixels), "YCbCr").convert("RGB"))
