"""One frame as an array, whatever its transfer syntax.

References
----------
DICOM PS3.5 section 8.2 and Annexes A.4 and G.
"""

from collections.abc import Callable
from typing import Any

import imagecodecs
import numpy as np
from numpy.typing import NDArray

from medshare.imaging.codecs.repertory import (
    HTJ2K,
    JPEG_2000,
    JPEG_LOSSLESS,
    JPEG_LOSSY,
    JPEG_LS,
    JPEG_XL,
    PREFIX,
    RLE,
)
from medshare.imaging.codecs.shape import PixelShape

Pixels = NDArray[Any]
_BYTE, _WORD, _LONG = 8, 16, 32
_MARKERS_BYTES = 4096
# With its length: a shorter one does not say how colours are coded.
_ADOBE_MARKER = b"\xff\xee\x00\x0eAdobe"
_ADOBE_TRANSFORM = 15


class UndecodableFrameError(Exception):
    """The frame does not hold what its attributes say."""


def decode(codestream: bytes, syntax: str, shape: PixelShape) -> Pixels:
    """Return a frame as an array of rows x columns (x samples), colours interleaved.

    Colour that was coded as luminance and chrominance for compression's sake comes out as RGB;
    native YBR pixels stay what they are, at full resolution.

    Parameters
    ----------
    codestream
        The frame: a codestream, or little endian pixels of a native syntax.

    Raises
    ------
    UndecodableFrameError
        What comes out is not the size that the attributes declare.
    """
    decoder = _DECODERS.get(syntax)
    pixels = _native(codestream, shape) if decoder is None else decoder(codestream, shape)
    expected = (shape.rows, shape.columns) + ((shape.samples,) if shape.samples > 1 else ())
    if pixels.shape != expected:
        raise UndecodableFrameError
    return pixels


def _dtype(shape: PixelShape) -> np.dtype[Any]:
    if shape.is_float:
        return np.dtype("<f4" if shape.bits_allocated == _LONG else "<f8")
    size = max(shape.bits_allocated, _BYTE) // _BYTE
    return np.dtype(f"<{'i' if shape.is_signed else 'u'}{size}")


def _native(raw: bytes, shape: PixelShape) -> Pixels:
    if shape.bits_allocated == 1:
        bits = np.unpackbits(np.frombuffer(raw, np.uint8), bitorder="little")
        return bits[: shape.rows * shape.columns].reshape(shape.rows, shape.columns)
    values = np.frombuffer(raw, _dtype(shape))
    if shape.photometric in ("YBR_FULL_422", "YBR_PARTIAL_422"):
        return _spread(values, shape)
    values = values[: shape.rows * shape.columns * shape.samples]
    return _arranged(values, shape)


def _arranged(values: Pixels, shape: PixelShape) -> Pixels:
    if shape.samples == 1:
        return values.reshape(shape.rows, shape.columns)
    if shape.planar:
        return values.reshape(shape.samples, shape.rows, shape.columns).transpose(1, 2, 0)
    return values.reshape(shape.rows, shape.columns, shape.samples)


def _spread(values: Pixels, shape: PixelShape) -> Pixels:
    """Give each pixel of a 4:2:2 frame (Y Y Cb Cr for two) its own colour."""
    pairs = values[: shape.rows * shape.columns * 2].reshape(-1, 4)
    full = np.empty((len(pairs), 2, 3), values.dtype)
    full[:, 0, 0], full[:, 1, 0] = pairs[:, 0], pairs[:, 1]
    full[:, :, 1], full[:, :, 2] = pairs[:, 2:3], pairs[:, 3:4]
    return full.reshape(shape.rows, shape.columns, 3)


def _jpeg(codestream: bytes, shape: PixelShape) -> Pixels:
    if shape.samples == 1:
        return _as_stored(imagecodecs.jpeg8_decode(codestream), shape)
    return imagecodecs.jpeg8_decode(
        codestream, colorspace=_colours(codestream, shape), outcolorspace="rgb"
    )


def _colours(codestream: bytes, shape: PixelShape) -> str:
    """Tell how a JPEG's colours are coded: Adobe's marker knows, then JFIF, then the attributes."""
    head = codestream[:_MARKERS_BYTES]
    adobe = head.find(_ADOBE_MARKER)
    if adobe >= 0:
        return "ycbcr" if head[adobe + _ADOBE_TRANSFORM] else "rgb"
    return "rgb" if shape.photometric == "RGB" and b"JFIF\0" not in head else "ycbcr"


def _jpeg_lossless(codestream: bytes, shape: PixelShape) -> Pixels:
    if shape.samples == 1:
        return _as_stored(imagecodecs.ljpeg_decode(codestream), shape)
    # Lossless colour is not transformed: what stands in the file is what was coded.
    return imagecodecs.jpeg8_decode(codestream, colorspace="rgb", outcolorspace="rgb")


def _jpeg_ls(codestream: bytes, shape: PixelShape) -> Pixels:
    return _as_stored(imagecodecs.jpegls_decode(codestream), shape)


def _jpeg_2000(codestream: bytes, shape: PixelShape) -> Pixels:
    return _as_stored(imagecodecs.jpeg2k_decode(codestream), shape)


def _htj2k(codestream: bytes, shape: PixelShape) -> Pixels:
    return _as_stored(imagecodecs.htj2k_decode(codestream, planar=False), shape)


def _jpeg_xl(codestream: bytes, shape: PixelShape) -> Pixels:
    return _as_stored(imagecodecs.jpegxl_decode(codestream), shape)


def _rle(codestream: bytes, shape: PixelShape) -> Pixels:
    """Undo PS3.5 Annex G: a segment for each byte of each sample, the highest byte first."""
    header = np.frombuffer(codestream[:64], "<u4")
    count = int(header[0])
    width = shape.bits_allocated // _BYTE
    if count != width * shape.samples:
        raise UndecodableFrameError
    starts = [int(each) for each in header[1 : count + 1]] + [len(codestream)]
    size = shape.rows * shape.columns
    planes = np.empty((shape.samples, size, width), np.uint8)
    for index in range(count):
        sample, byte = divmod(index, width)
        segment = imagecodecs.packbits_decode(codestream[starts[index] : starts[index + 1]])
        planes[sample, :, width - 1 - byte] = np.frombuffer(segment, np.uint8, size)
    values = (
        planes.reshape(-1).view(_dtype(shape)).reshape(shape.samples, shape.rows, shape.columns)
    )
    return values[0] if shape.samples == 1 else values.transpose(1, 2, 0)


def _as_stored(pixels: Pixels, shape: PixelShape) -> Pixels:
    """Read the bits of decoded samples as the attributes say: width and sign.

    A codec knows neither: codestreams of signed pixels are often written as unsigned ones and
    the other way round.
    """
    if shape.bits_allocated not in (_BYTE, _WORD, _LONG):
        raise UndecodableFrameError
    wide = pixels.astype(np.dtype(f"<u{shape.bits_allocated // _BYTE}"), copy=False)
    if not shape.is_signed:
        return wide
    shift = shape.bits_allocated - shape.bits_stored
    return (wide << shift).view(_dtype(shape)) >> shift


_Decoder = Callable[[bytes, PixelShape], Pixels]
_DECODERS: dict[str, _Decoder] = {
    f"{PREFIX}{suffix}": decoder
    for suffixes, decoder in (
        (JPEG_LOSSY, _jpeg),
        (JPEG_LOSSLESS, _jpeg_lossless),
        (JPEG_LS, _jpeg_ls),
        (JPEG_2000, _jpeg_2000),
        (HTJ2K, _htj2k),
        (RLE, _rle),
        (JPEG_XL, _jpeg_xl),
    )
    for suffix in suffixes
}
