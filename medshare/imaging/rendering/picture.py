"""Region, size, annotation and file format of a rendered frame; runs in workers.

References
----------
DICOM PS3.18 sections 8.3.5.1.1 (annotation), 8.3.5.1.2 (quality), 8.3.5.1.3 (viewport).
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import imagecodecs
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Pixels = NDArray[Any]
_FORMATS = {"image/jpeg": "JPEG", "image/png": "PNG"}
_PNG = {"level": 1, "strategy": 3, "filter": 16}
_FRAMES_SAMPLED, _PIXELS_SAMPLED = 8, 1 << 18
_LINES_SHOWN = 28  # a line of text takes this part of the picture's height
_FONT_PIXELS_MIN = 8


@dataclass(frozen=True, slots=True)
class Viewport:
    """The size to fit into, and the region to show; a negative extent mirrors.

    A region extent of 0 means up to the right, or lower, edge.
    """

    width: int
    height: int
    left: float = 0
    top: float = 0
    region_width: float = 0
    region_height: float = 0


def framed(pixels: Pixels, viewport: Viewport | None, *, is_magnified: bool = False) -> Pixels:
    """Cut the region out, mirror it, and scale it to fit, its proportions kept.

    Parameters
    ----------
    is_magnified
        Whether the size of the pixels is fixed: the middle that fits is cut out instead.
    """
    if viewport is None:
        return pixels
    region = _cut(pixels, viewport)
    if is_magnified:
        return _middle(region, viewport)
    image = Image.fromarray(region)
    scale = min(viewport.width / image.width, viewport.height / image.height)
    size = (max(round(image.width * scale), 1), max(round(image.height * scale), 1))
    return np.asarray(image.resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0))


def _cut(pixels: Pixels, viewport: Viewport) -> Pixels:
    rows, columns = pixels.shape[:2]
    left, top = min(int(viewport.left), columns - 1), min(int(viewport.top), rows - 1)
    width = int(abs(viewport.region_width)) or columns
    height = int(abs(viewport.region_height)) or rows
    region = pixels[top : top + height, left : left + width]
    if viewport.region_width < 0:
        region = region[:, ::-1]
    if viewport.region_height < 0:
        region = region[::-1]
    return np.ascontiguousarray(region)


def _middle(pixels: Pixels, viewport: Viewport) -> Pixels:
    rows, columns = pixels.shape[:2]
    top, left = max(rows - viewport.height, 0) // 2, max(columns - viewport.width, 0) // 2
    return pixels[top : top + viewport.height, left : left + viewport.width]


def annotated(pixels: Pixels, lines: Sequence[str], font_file: str) -> Pixels:
    """Burn lines of text in, from the upper left on; without a font of their own in Latin only."""
    if not lines:
        return pixels
    image = Image.fromarray(pixels)
    size = max(image.height // _LINES_SHOWN, _FONT_PIXELS_MIN)
    font = ImageFont.truetype(font_file, size) if font_file else ImageFont.load_default(size)
    pen = ImageDraw.Draw(image)
    white, black = (255, 0) if image.mode == "L" else ((255, 255, 255), (0, 0, 0))
    for number, line in enumerate(lines):
        shown = line if font_file else line.encode("ascii", "ignore").decode()
        pen.text(
            (4, 4 + number * size * 1.3), shown, white, font, stroke_width=1, stroke_fill=black
        )
    return np.asarray(image)


def written(frames: Sequence[Pixels], media: str, quality: int, profile: bytes = b"") -> bytes:
    """Write frames as one file; only GIF takes more than the first.

    Parameters
    ----------
    quality
        1 to 100, for JPEG.
    profile
        An ICC profile to be put into it; GIF has no place for one.
    """
    if profile and media in _FORMATS:
        buffer = io.BytesIO()
        image = Image.fromarray(frames[0])
        image.save(buffer, _FORMATS[media], quality=quality, icc_profile=profile)
        return buffer.getvalue()
    if media == "image/png":
        return bytes(imagecodecs.png_encode(np.ascontiguousarray(frames[0]), **_PNG))
    if media == "image/gif":
        return _gif(frames)
    return bytes(imagecodecs.jpeg8_encode(np.ascontiguousarray(frames[0]), level=quality))


def _gif(frames: Sequence[Pixels]) -> bytes:
    images = [Image.fromarray(each) for each in frames]
    if images[0].mode == "RGB":
        colours = _palette_of(frames)
        images = [each.quantize(palette=colours, dither=Image.Dither.NONE) for each in images]
    buffer = io.BytesIO()
    more = {"append_images": images[1:], "optimize": False}  # to look for unused colours costs more
    images[0].save(buffer, "GIF", save_all=True, duration=100, loop=0, **more)
    return buffer.getvalue()


def _palette_of(frames: Sequence[Pixels]) -> Image.Image:
    """Return an image whose palette suits all frames, from a sample of their pixels.

    Three quarters are the frequent colours, one the far ones, as of a mark in a grey image.
    """
    some = frames[:: -(-len(frames) // _FRAMES_SAMPLED)]
    pixels = np.concatenate([each.reshape(-1, 3) for each in some])
    sample = Image.fromarray(pixels[None, :: -(-len(pixels) // _PIXELS_SAMPLED)].copy())
    shares = ((192, Image.Quantize.MEDIANCUT), (64, Image.Quantize.MAXCOVERAGE))
    colours = [sample.quantize(count, method).getpalette() or [] for count, method in shares]
    image = Image.new("P", (1, 1))
    image.putpalette([*colours[0], *colours[1]])
    return image
