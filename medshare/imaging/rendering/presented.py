"""A frame as it wants to be presented: shutters, overlays, figures, area; runs in workers.

References
----------
DICOM PS3.4 section N.2 (the order of transformations).
"""

from base64 import b64decode
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from medshare.imaging.rendering.drawing import drawn
from medshare.imaging.rendering.geometry import geometry_of
from medshare.imaging.rendering.overlays import Plane
from medshare.imaging.rendering.presentation import AS_IT_IS, WHITE, Presentation, Shutter

Pixels = NDArray[Any]


def presented(pixels: Pixels, state: Presentation, font_file: str) -> Pixels:
    """Show rows x columns (x 3) of unsigned bytes as a state wants it."""
    if state == AS_IT_IS:
        return pixels
    rows, columns = pixels.shape[:2]
    geometry = geometry_of(pixels, state)
    shown = geometry.laid(_shuttered(pixels, state), Image.Resampling.BILINEAR)
    for layer in state.layers:
        for plane in layer.planes:
            marked = geometry.laid(_bits(plane, rows, columns), Image.Resampling.NEAREST)
            shown = _covered(shown, marked > 0, layer.grey)
        shown = drawn(shown, layer.graphics, layer.grey, geometry, font_file)
    return shown


def _shuttered(pixels: Pixels, state: Presentation) -> Pixels:
    rows, columns = pixels.shape[:2]
    hidden = np.zeros((rows, columns), dtype=bool)
    for each in state.shutters:
        hidden |= ~_left_open(each, rows, columns)
    if state.bitmap is not None:
        hidden |= _bits(state.bitmap, rows, columns) > 0
    return _covered(pixels, hidden, round(state.shutter_grey * WHITE))


def _covered(pixels: Pixels, hidden: Pixels, grey: int) -> Pixels:
    if not hidden.any():
        return pixels
    covered = pixels.copy()
    covered[hidden] = grey
    return covered


def _left_open(shutter: Shutter, rows: int, columns: int) -> Pixels:
    row, column = np.ogrid[:rows, :columns]
    if shutter.shape == "RECTANGULAR":
        left, top, right, bottom = shutter.numbers
        # The edges themselves are seen.
        return (column >= left) & (column <= right) & (row >= top) & (row <= bottom)
    if shutter.shape == "CIRCULAR":
        centre_column, centre_row, radius = shutter.numbers
        distance: Pixels = (column - centre_column) ** 2 + (row - centre_row) ** 2
        return distance <= radius**2
    mask = Image.new("1", (columns, rows))
    corners = list(zip(shutter.numbers[::2], shutter.numbers[1::2], strict=False))
    ImageDraw.Draw(mask).polygon(corners, fill=1, outline=1)
    return np.asarray(mask)


def _bits(plane: Plane, rows: int, columns: int) -> Pixels:
    """Return a plane's bits as they lie over an image of so many rows and columns."""
    count = plane.rows * plane.columns
    packed = np.frombuffer(b64decode(plane.packed), np.uint8)
    bits = np.unpackbits(packed, bitorder="little")[plane.skipped : plane.skipped + count]
    bits = bits.reshape(plane.rows, plane.columns)
    over = np.zeros((rows, columns), np.uint8)
    top, left = max(plane.top, 0), max(plane.left, 0)
    inside = bits[top - plane.top :, left - plane.left :]
    inside = inside[: max(rows - top, 0), : max(columns - left, 0)]
    over[top : top + inside.shape[0], left : left + inside.shape[1]] = inside
    return over
