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

from medshare.imaging.codecs.repertory import (
    TO_EXPLICIT,
    TO_HTJ2K,
    TO_JPEG_2000,
    TO_JPEG_LS,
    TO_RLE,
)
from medshare.imaging.codecs.samples import without_other_bits

Pixels = NDArray[Any]
_RLE_HEADER_BYTES = 64


def encode(pixels: Pixels, syntax: str, bits_stored: int) -> bytes:
    """Return one frame; colours are interleaved where the syntax lets one choose.

    Codestreams carry the bits that are stored and no others; plain pixels and RLE all of them.
    """
    if syntax not in (TO_EXPLICIT, TO_RLE):
        pixels = without_other_bits(pixels, bits_stored)
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
    TO_EXPLICIT: _native,
    TO_HTJ2K: _htj2k,
    TO_JPEG_2000: _jpeg_2000,
    TO_JPEG_LS: _jpeg_ls,
    TO_RLE: _rle,
}
