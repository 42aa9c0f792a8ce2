"""From pixels of an image to those of a picture: area, size, rotation, flip; runs in workers.

References
----------
DICOM PS3.3 sections C.10.4 (displayed area) and C.10.6 (spatial transformation).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from medshare.imaging.rendering.presentation import Presentation

Pixels = NDArray[Any]
_QUARTER = 90
_SIDE_MAX = 1 << 13


@dataclass(frozen=True, slots=True)
class Geometry:
    """The way of a place from an image into a picture.

    Parameters
    ----------
    left, top, columns, rows
        What is shown of the image; it may reach beyond it.
    width, height
        In which size, before it is turned.
    turns
        By 90 degrees clockwise, before it is flipped.
    """

    left: int
    top: int
    columns: int
    rows: int
    width: int
    height: int
    turns: int
    is_flipped: bool

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the picture."""
        sides = (self.width, self.height)
        return sides[::-1] if self.turns % 2 else sides

    def laid(self, pixels: Pixels, resampling: Image.Resampling) -> Pixels:
        """Bring pixels of the image into the picture; what is beside the image is 0."""
        shown = self._sized(self._cut(pixels), resampling)
        shown = np.rot90(shown, -self.turns)
        return np.ascontiguousarray(shown[:, ::-1] if self.is_flipped else shown)

    def places(self, points: Pixels) -> Pixels:
        """Return where places of the image are, columns and rows from the edge of the first."""
        x = (points[:, 0] - self.left) * self.width / self.columns
        y = (points[:, 1] - self.top) * self.height / self.rows
        width, height = self.width, self.height
        for _ in range(self.turns):
            x, y = height - y, x
            width, height = height, width
        return np.stack([width - x if self.is_flipped else x, y], axis=1)

    def _cut(self, pixels: Pixels) -> Pixels:
        rows, columns = pixels.shape[:2]
        right, bottom = self.left + self.columns, self.top + self.rows
        if (self.left, self.top, right, bottom) == (0, 0, columns, rows):
            return pixels
        canvas = np.zeros((self.rows, self.columns, *pixels.shape[2:]), pixels.dtype)
        inside = pixels[max(self.top, 0) : max(bottom, 0), max(self.left, 0) : max(right, 0)]
        at_row, at_column = max(-self.top, 0), max(-self.left, 0)
        canvas[at_row : at_row + inside.shape[0], at_column : at_column + inside.shape[1]] = inside
        return canvas

    def _sized(self, pixels: Pixels, resampling: Image.Resampling) -> Pixels:
        if (self.width, self.height) == (self.columns, self.rows):
            return pixels
        image = Image.fromarray(np.ascontiguousarray(pixels))
        return np.asarray(image.resize((self.width, self.height), resampling))


def geometry_of(pixels: Pixels, state: Presentation) -> Geometry:
    """Return how a state shows an image; no picture is wider or higher than 8192."""
    rows, columns = pixels.shape[:2]
    left, top, right, bottom = state.area or (0, 0, columns - 1, rows - 1)
    # Not more beside the image than the image itself measures.
    left, top = max(left, -columns), max(top, -rows)
    right, bottom = min(right, 2 * columns - 1), min(bottom, 2 * rows - 1)
    if right < left or bottom < top:
        left, top, right, bottom = 0, 0, columns - 1, rows - 1
    across, down = right - left + 1, bottom - top + 1
    wide, high = across * state.magnification[0], down * state.magnification[1]
    fitting = min(1.0, max(_SIDE_MAX, across, down) / max(wide, high))
    return Geometry(
        left,
        top,
        across,
        down,
        max(round(wide * fitting), 1),
        max(round(high * fitting), 1),
        state.rotation // _QUARTER,
        state.is_flipped,
    )
