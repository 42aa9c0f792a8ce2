"""An array as one frame of a transfer syntax, without loss.

References
----------
DICOM PS3.5 section 8.2 and Annexes A.4 and G.
"""

from collections.abc import Callable
from struct import pack
from typing import Any

import imagecodecs
import numpy as np
from numpy.typing import NDArray

from medshare.imaging.codecs.shape import PixelShape

Pixels = NDArray[Any]
EXPLICIT = "1.2.840.10008.1.2.1"
RLE = "1.2.840.10008.1.2.5"
JPEG_LS = "1.2.840.10008.1.2.4.80"
JPEG_2000 = "1.2.840.10008.1.2.4.90"
HTJ2K = "1.2.840.10008.1.2.4.201"
_RLE_HEADER_BYTES = 64
_BYTE, _WORD = 8, 16


def encodings_of(shape: PixelShape) -> tuple[str, ...]:
    """Return the transfer syntaxes in which pixels of a shape can be written.

    One-bit pixels and floating point values leave as they are only, long integers also in RLE;
    signed 8-bit ones are not in the repertory of JPEG-LS and JPEG 2000 writers.
    """
    if shape.is_float or shape.bits_allocated < _BYTE:
        return (EXPLICIT,)
    if shape.bits_allocated > _WORD or shape.bits_allocated % _BYTE:
        return (EXPLICIT, RLE) if shape.bits_allocated % _BYTE == 0 else (EXPLICIT,)
    return tuple(_ENCODERS)


def encode(pixels: Pixels, syntax: str, bits_stored: int) -> bytes:
    """Return one frame; colours are interleaved where the syntax lets one choose."""
    return _ENCODERS[syntax](np.ascontiguousarray(pixels), bits_stored)


def _native(pixels: Pixels, bits_stored: int) -> bytes:
    if bits_stored == 1:
        return np.packbits(pixels, bitorder="little").tobytes()
    return pixels.astype(pixels.dtype.newbyteorder("<"), copy=False).tobytes()


def _rle(pixels: Pixels, _bits_stored: int) -> bytes:
    rows, columns = pixels.shape[:2]
    width = pixels.dtype.itemsize
    planes = pixels.reshape(rows, columns, -1).view(np.uint8).reshape(rows, columns, -1, width)
    segments = [
        _rle_segment(planes[:, :, sample, byte])
        for sample in range(planes.shape[2])
        for byte in reversed(range(width))
    ]
    starts, position = [], _RLE_HEADER_BYTES
    for segment in segments:
        starts.append(position)
        position += len(segment)
    header = pack("<I", len(segments)) + pack(f"<{len(starts)}I", *starts)
    return header.ljust(_RLE_HEADER_BYTES, b"\0") + b"".join(segments)


def _rle_segment(plane: Pixels) -> bytes:
    """Pack each row on its own, as Annex G asks."""
    packed = b"".join(imagecodecs.packbits_encode(row.tobytes()) for row in plane)
    return packed + b"\0" * (len(packed) % 2)


def _jpeg_ls(pixels: Pixels, bits_stored: int) -> bytes:
    return bytes(imagecodecs.jpegls_encode(_unsigned(pixels, bits_stored)))


def _jpeg_2000(pixels: Pixels, bits_stored: int) -> bytes:
    # The interpretation of colours stays: a component transform would change what the data set
    # has to say about them.
    return bytes(
        imagecodecs.jpeg2k_encode(
            pixels,
            level=0,
            codecformat="j2k",
            reversible=True,
            mct=False,
            bitspersample=bits_stored,
            numthreads=1,
        )
    )


def _htj2k(pixels: Pixels, _bits_stored: int) -> bytes:
    return bytes(imagecodecs.htj2k_encode(pixels, reversible=True, rgb=False, planar=False))


def _unsigned(pixels: Pixels, bits_stored: int) -> Pixels:
    """Return the bits of signed samples without what only repeats the sign."""
    if pixels.dtype.kind == "u":
        return pixels
    unsigned: Pixels = pixels.view(f"u{pixels.dtype.itemsize}")
    return np.bitwise_and(unsigned, (1 << bits_stored) - 1)


_Encoder = Callable[[Pixels, int], bytes]
_ENCODERS: dict[str, _Encoder] = {
    EXPLICIT: _native,
    HTJ2K: _htj2k,
    JPEG_2000: _jpeg_2000,
    JPEG_LS: _jpeg_ls,
    RLE: _rle,
}
