"""Figures and texts drawn into a picture; runs in workers.

References
----------
DICOM PS3.3 section C.10.5 (graphic annotation).
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from medshare.imaging.rendering.geometry import Geometry
from medshare.imaging.rendering.presentation import Graphic

Pixels = NDArray[Any]
Ink = int | tuple[int, ...]
_LINES_SHOWN, _FONT_PIXELS_MIN, _FONT_PIXELS_MAX = 36, 8, 96
_FAR = 1e5  # beyond any image; figures are not followed farther
_SIDES, _STEPS, _CURVE_MAX = 72, 16, 4_000
_AXES = np.array([(-1, 0), (1, 0), (0, -1), (0, 1)])
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
    if not len(outline):
        return
    places = [(x, y) for x, y in _pixels(_placed(outline, graphic, geometry), geometry).tolist()]
    if graphic.kind == "POINT":
        x, y = places[0]
        pen.ellipse((x - 1, y - 1, x + 1, y + 1), fill=ink)
        return
    if graphic.is_filled:
        pen.polygon(places, fill=ink)
    pen.line(places, fill=ink)


def _outline(kind: str, points: Pixels) -> Pixels:
    """Return the points to be joined by lines, none for what is no figure."""
    match kind, len(points):
        case "POINT", count if count:
            return points[:1]
        case "POLYLINE", count if count > 1:
            return points
        case "INTERPOLATED", count if count > 1:
            return _curve(points)
        case "CIRCLE", 2:
            radius = float(np.hypot(*(points[1] - points[0])))
            return _ellipse(points[0] + radius * _AXES)
        case "ELLIPSE", 4:
            return _ellipse(points)
        case _:
            return points[:0]


def _curve(points: Pixels) -> Pixels:
    """Return a smooth curve through points, closed where the last is the first (Catmull-Rom)."""
    is_closed = len(points) > 2 and bool((points[0] == points[-1]).all())  # noqa: PLR2004  # a line
    before, after = (points[-2], points[1]) if is_closed else (points[0], points[-1])
    around = np.vstack([before, points, after])[:, None]
    a, b, c, d = around[:-3], around[1:-2], around[2:-1], around[3:]
    t = np.linspace(0, 1, min(max(_CURVE_MAX // len(points), 2), _STEPS), endpoint=False)[:, None]
    pieces = (
        2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3
    ) / 2
    return np.vstack([pieces.reshape(-1, 2), points[-1:]])


def _ellipse(axes: Pixels) -> Pixels:
    """Return points of the ellipse whose axes' ends are given, those of the major one first."""
    centre, major, minor = axes[:2].mean(axis=0), axes[1] - axes[0], axes[3] - axes[2]
    angle = np.linspace(0, 2 * np.pi, _SIDES + 1)[:, None]
    return np.asarray(centre + np.cos(angle) * major / 2 + np.sin(angle) * minor / 2)


def _write(
    pen: ImageDraw.ImageDraw, graphic: Graphic, ink: Ink, geometry: Geometry, font_file: str
) -> None:
    """Write a text upright, however the image is turned: at a point, or justified in its box."""
    corners = _placed(_pairs(graphic.points), graphic, geometry)
    if not len(corners):
        return
    left, top = corners.min(axis=0).tolist()
    right = float(corners[:, 0].max())
    size = min(max(geometry.size[1] // _LINES_SHOWN, _FONT_PIXELS_MIN), _FONT_PIXELS_MAX)
    font = ImageFont.truetype(font_file, size) if font_file else ImageFont.load_default(size)
    words = graphic.words if font_file else graphic.words.encode("ascii", "ignore").decode()
    aligned = _ALIGNED.get(graphic.justification, "l") if right > left else "l"
    x = {"l": left, "m": (left + right) / 2, "r": right}[aligned]
    align = {"l": "left", "m": "center", "r": "right"}[aligned]
    pen.text((x, top), words, ink, font, anchor=f"{aligned}a", align=align)


def _placed(points: Pixels, graphic: Graphic, geometry: Geometry) -> Pixels:
    """Return where points of a graphic are in the picture."""
    places = points * geometry.size if graphic.is_of_display else geometry.places(points)
    return np.clip(places, -_FAR, _FAR)


def _pixels(places: Pixels, geometry: Geometry) -> Pixels:
    """Return the pixels around places; the last one's outer edge is its own."""
    around = np.floor(places).astype(np.int64)
    return np.where(places == geometry.size, around - 1, around)


def _pairs(points: tuple[float, ...]) -> Pixels:
    """Return columns and rows, those beyond all bounds brought nearer."""
    whole = points[: len(points) // 2 * 2]
    return np.clip(np.asarray(whole, dtype=np.float64).reshape(-1, 2), -_FAR, _FAR)
