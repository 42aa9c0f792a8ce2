"""Figures and texts drawn into a picture; runs in workers.

References
----------
DICOM PS3.3 section C.10.5 (graphic annotation).
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from medshare.imaging.rendering.geometry import Geometry, Point
from medshare.imaging.rendering.presentation import Graphic

Pixels = NDArray[Any]
Ink = int | tuple[int, ...]
_LINES_SHOWN, _FONT_PIXELS_MIN = 36, 8
_FAR = 1e5  # beyond any image; figures are not followed farther
_SIDES, _STEPS = 72, 16
_ALIGNED = {"CENTER": "m", "RIGHT": "r"}


def drawn(
    pixels: Pixels, graphics: Sequence[Graphic], grey: int, geometry: Geometry, font_file: str
) -> Pixels:
    """Draw figures and texts into a picture of rows x columns (x 3), in one grey."""
    if not graphics:
        return pixels
    image = Image.fromarray(pixels)
    pen = ImageDraw.Draw(image)
    ink: Ink = grey if image.mode == "L" else (grey,) * 3
    for each in graphics:
        if each.kind == "TEXT":
            _write(pen, each, ink, geometry, font_file)
        else:
            _draw(pen, each, ink, geometry)
    return np.asarray(image)


def _draw(pen: ImageDraw.ImageDraw, graphic: Graphic, ink: Ink, geometry: Geometry) -> None:
    outline = _outline(graphic.kind, _pairs(graphic.points))
    places = [_pixel(each, geometry) for each in _placed(outline, graphic, geometry)]
    if graphic.kind == "POINT" and places:
        x, y = places[0]
        pen.ellipse((x - 1, y - 1, x + 1, y + 1), fill=ink)
    elif len(places) > 1:
        if graphic.is_filled:
            pen.polygon(places, fill=ink)
        pen.line(places, fill=ink)


def _outline(kind: str, points: list[Point]) -> list[Point]:
    """Return the points to be joined by lines, none for what is no figure."""
    match kind, points:
        case "POINT", [at, *_]:
            return [at]
        case "POLYLINE", [_, _, *_]:
            return points
        case "INTERPOLATED", [_, _, *_]:
            return _curve(points)
        case "CIRCLE", [(x, y), (edge_x, edge_y)]:
            radius = math.hypot(edge_x - x, edge_y - y)
            return _ellipse([(x - radius, y), (x + radius, y), (x, y - radius), (x, y + radius)])
        case "ELLIPSE", [_, _, _, _]:
            return _ellipse(points)
        case _:
            return []


def _curve(points: list[Point]) -> list[Point]:
    """Return a smooth curve through points, closed where the last is the first (Catmull-Rom)."""
    knots = np.asarray(points)
    is_closed = len(points) > 2 and points[0] == points[-1]  # noqa: PLR2004  # a line is not closed
    before, after = (knots[-2], knots[1]) if is_closed else (knots[0], knots[-1])
    around = np.vstack([before, knots, after])
    t = np.linspace(0, 1, _STEPS, endpoint=False)[:, None]
    pieces = [
        (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)
        / 2
        for a, b, c, d in zip(around, around[1:], around[2:], around[3:], strict=False)
    ]
    return [(float(x), float(y)) for x, y in np.vstack([*pieces, knots[-1:]])]


def _ellipse(axes: list[Point]) -> list[Point]:
    """Return points of the ellipse whose axes' ends are given, those of the major one first."""
    ends = np.asarray(axes)
    centre, major, minor = ends[:2].mean(axis=0), ends[1] - ends[0], ends[3] - ends[2]
    angle = np.linspace(0, 2 * np.pi, _SIDES + 1)[:, None]
    around = centre + np.cos(angle) * major / 2 + np.sin(angle) * minor / 2
    return [(float(x), float(y)) for x, y in around]


def _write(
    pen: ImageDraw.ImageDraw, graphic: Graphic, ink: Ink, geometry: Geometry, font_file: str
) -> None:
    """Write a text upright, however the image is turned: at a point, or justified in its box."""
    corners = _placed(_pairs(graphic.points), graphic, geometry)
    if not corners:
        return
    left, right = min(x for x, _ in corners), max(x for x, _ in corners)
    top = min(y for _, y in corners)
    size = max(geometry.size[1] // _LINES_SHOWN, _FONT_PIXELS_MIN)
    font = ImageFont.truetype(font_file, size) if font_file else ImageFont.load_default(size)
    words = graphic.words if font_file else graphic.words.encode("ascii", "ignore").decode()
    aligned = _ALIGNED.get(graphic.justification, "l") if right > left else "l"
    x = {"l": left, "m": (left + right) / 2, "r": right}[aligned]
    align = {"l": "left", "m": "center", "r": "right"}[aligned]
    pen.text((x, top), words, ink, font, anchor=f"{aligned}a", align=align)


def _placed(points: Sequence[Point], graphic: Graphic, geometry: Geometry) -> list[Point]:
    """Return where points of a graphic are in the picture."""
    width, height = geometry.size
    places = [
        (x * width, y * height) if graphic.is_of_display else geometry.place(x, y)
        for x, y in points
    ]
    return [(_near(x), _near(y)) for x, y in places]


def _pixel(place: Point, geometry: Geometry) -> tuple[int, int]:
    """Return the pixel around a place; the last one's outer edge is its own."""
    x, y = (
        side - 1 if at == side else math.floor(at)
        for at, side in zip(place, geometry.size, strict=True)
    )
    return x, y


def _pairs(points: tuple[float, ...]) -> list[Point]:
    near = [_near(each) for each in points]
    return list(zip(near[::2], near[1::2], strict=False))


def _near(value: float) -> float:
    return min(max(value, -_FAR), _FAR)
