"""A frame as a presentation state shows it: shutter, figures, area, rotation; runs in workers.

References
----------
DICOM PS3.4 section N.2 (the order of transformations).
"""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from medshare.imaging.rendering.presentation import Graphic, Presentation, Shutter

Pixels = NDArray[Any]
Ink = int | tuple[int, ...]
_WHITE = 255
_LINES_SHOWN, _FONT_PIXELS_MIN = 36, 8
_QUARTER = 90
_FAR = 1e5  # beyond any image; figures are not followed farther


def presented(pixels: Pixels, state: Presentation, font_file: str) -> Pixels:
    """Show rows x columns (x 3) of unsigned bytes as a state wants it."""
    shown = _shuttered(pixels, state)
    shown = _drawn(shown, [each for each in state.graphics if not each.is_of_display], font_file)
    shown = _cut(shown, state.area)
    shown = np.rot90(shown, -(state.rotation // _QUARTER))
    if state.is_flipped:
        shown = shown[:, ::-1]
    rows, columns = shown.shape[:2]
    on_display = [_scaled(each, columns, rows) for each in state.graphics if each.is_of_display]
    return _drawn(np.ascontiguousarray(shown), on_display, font_file)


def _cut(pixels: Pixels, area: tuple[int, ...] | None) -> Pixels:
    """Cut the displayed area out; what of it lies beside the image is black."""
    if area is None:
        return pixels
    rows, columns = pixels.shape[:2]
    left, top, right, bottom = area
    # Not more beside the image than the image itself measures.
    left, top = max(left, -columns), max(top, -rows)
    right, bottom = min(right, 2 * columns - 1), min(bottom, 2 * rows - 1)
    if right < left or bottom < top:
        return pixels
    canvas = np.zeros((bottom - top + 1, right - left + 1, *pixels.shape[2:]), pixels.dtype)
    inside = pixels[max(top, 0) : bottom + 1, max(left, 0) : right + 1]
    at_row, at_column = max(-top, 0), max(-left, 0)
    canvas[at_row : at_row + inside.shape[0], at_column : at_column + inside.shape[1]] = inside
    return canvas


def _shuttered(pixels: Pixels, state: Presentation) -> Pixels:
    if not state.shutters:
        return pixels
    visible = np.ones(pixels.shape[:2], dtype=bool)
    for each in state.shutters:
        visible &= _left_open(each, pixels.shape[0], pixels.shape[1])
    grey = round(min(max(state.shutter_grey, 0.0), 1.0) * _WHITE)
    covered = pixels.copy()
    covered[~visible] = grey
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
    ImageDraw.Draw(mask).polygon(_pairs(shutter.numbers), fill=1, outline=1)
    return np.asarray(mask)


def _scaled(graphic: Graphic, columns: int, rows: int) -> Graphic:
    sizes = (columns - 1, rows - 1)
    points = tuple(each * sizes[at % 2] for at, each in enumerate(graphic.points))
    return replace(graphic, points=points)


def _drawn(pixels: Pixels, graphics: list[Graphic], font_file: str) -> Pixels:
    if not graphics:
        return pixels
    image = Image.fromarray(pixels)
    pen = ImageDraw.Draw(image)
    ink: Ink = _WHITE if image.mode == "L" else (_WHITE,) * 3
    for each in graphics:
        _draw(pen, each, ink, image.height, font_file)
    return np.asarray(image)


def _draw(
    pen: ImageDraw.ImageDraw, graphic: Graphic, ink: Ink, height: int, font_file: str
) -> None:
    points = _pairs(graphic.points)
    fill = ink if graphic.is_filled else None
    match graphic.kind, points:
        case "TEXT", [at, *_]:
            size = max(height // _LINES_SHOWN, _FONT_PIXELS_MIN)
            font = (
                ImageFont.truetype(font_file, size) if font_file else ImageFont.load_default(size)
            )
            words = graphic.words if font_file else graphic.words.encode("ascii", "ignore").decode()
            pen.text(at, words, ink, font)
        case "POINT", [(x, y), *_]:
            pen.ellipse((x - 1, y - 1, x + 1, y + 1), fill=ink)
        case "POLYLINE" | "INTERPOLATED", [_, _, *_]:
            if fill is not None:
                pen.polygon(points, fill=fill)
            pen.line(points, fill=ink)
        case "CIRCLE", [(x, y), (edge_x, edge_y)]:
            radius = float(np.hypot(edge_x - x, edge_y - y))
            pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill, ink)
        case "ELLIPSE", [_, _, _, _]:
            pen.polygon(_ellipse(points), fill, ink)
        case _:
            pass


def _ellipse(axes: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return points of the ellipse whose axes' ends are given, those of the major one first."""
    ends = np.asarray(axes)
    centre, major, minor = ends[:2].mean(axis=0), ends[1] - ends[0], ends[3] - ends[2]
    angle = np.linspace(0, 2 * np.pi, 73)[:, None]
    around = centre + np.cos(angle) * major / 2 + np.sin(angle) * minor / 2
    return [(float(x), float(y)) for x, y in around]


def _pairs(numbers: tuple[float, ...]) -> list[tuple[float, float]]:
    near = [min(max(each, -_FAR), _FAR) for each in numbers]
    return list(zip(near[::2], near[1::2], strict=False))
