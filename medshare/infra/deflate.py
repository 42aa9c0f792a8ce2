"""Deflated text that can be continued, and gzip members made of such pieces.

Pieces are joined to *one* member, whose checksum is combined from theirs: several members one
after another are legal gzip, and common clients stop behind the first.

References
----------
RFC 1951 (deflate), RFC 1952 (gzip); zlib's ``crc32_combine``.
"""

import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

LEVEL = 3  # of data sets like each other it makes as little as 6 does, in a third of the time
WINDOW_BYTES = 1 << 15
_RAW = -zlib.MAX_WBITS
_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
_POLYNOMIAL = 0xEDB88320
_ONE = 1 << 31
_BITS_OF_A_BYTE = 3


@dataclass(frozen=True, slots=True)
class Piece:
    """Raw deflate that ends on a byte and is not the last of its stream.

    ``crc32`` and ``raw_bytes`` are of what it inflates to.
    """

    deflated: bytes
    crc32: int
    raw_bytes: int


def deflate(text: bytes, before: bytes = b"") -> Piece:
    """Deflate a text as the continuation of a stream that inflates to what ends in ``before``."""
    last = before[-WINDOW_BYTES:]
    compressor = zlib.compressobj(
        LEVEL, zlib.DEFLATED, _RAW, zlib.DEF_MEM_LEVEL, zlib.Z_DEFAULT_STRATEGY, last
    )
    deflated = compressor.compress(text) + compressor.flush(zlib.Z_SYNC_FLUSH)
    return Piece(deflated, zlib.crc32(text), len(text))


def continued(piece: Piece, following: Piece) -> Piece:
    """Join two pieces, the second of which was deflated as a continuation of the first."""
    return Piece(
        piece.deflated + following.deflated,
        combine(piece.crc32, following.crc32, following.raw_bytes),
        piece.raw_bytes + following.raw_bytes,
    )


def gzip_array(pieces: Iterable[Piece]) -> bytes:
    """Write pieces, each one or more JSON values with commas between, as a gzipped array."""
    crc32, raw_bytes = zlib.crc32(b"["), 1
    written = [_HEADER, _stored(b"[")]
    for number, piece in enumerate(pieces):
        if number:
            written.append(_stored(b","))
            crc32, raw_bytes = zlib.crc32(b",", crc32), raw_bytes + 1
        written.append(piece.deflated)
        crc32 = combine(crc32, piece.crc32, piece.raw_bytes)
        raw_bytes += piece.raw_bytes
    crc32, raw_bytes = zlib.crc32(b"]", crc32), raw_bytes + 1
    trailer = crc32.to_bytes(4, "little") + (raw_bytes & 0xFFFFFFFF).to_bytes(4, "little")
    return b"".join((*written, _stored(b"]", last=True), trailer))


def plain_array(pieces: Iterable[Piece]) -> bytes:
    """Write pieces as an array that is not compressed."""
    return b"[" + b",".join(inflate(each) for each in pieces) + b"]"


def inflate(piece: Piece) -> bytes:
    """Return the text of a piece that continues no other."""
    return zlib.decompressobj(_RAW).decompress(piece.deflated)


def combine(first: int, second: int, second_bytes: int) -> int:
    """Return the CRC-32 of two texts one after the other, from theirs and the second's length."""
    return _multiplied(_zeros(second_bytes), first) ^ second


def _stored(text: bytes, *, last: bool = False) -> bytes:
    """Write a short text as a block that is stored, not compressed."""
    size = len(text).to_bytes(2, "little")
    return bytes((last,)) + size + bytes(each ^ 0xFF for each in size) + text


def _multiplied(one: int, other: int) -> int:
    """Multiply two polynomials over GF(2) modulo that of CRC-32, bits reflected."""
    product = 0
    while one:
        if one & _ONE:
            product ^= other
        one = (one << 1) & 0xFFFFFFFF
        other = other >> 1 ^ (_POLYNOMIAL if other & 1 else 0)
    return product


def _powers() -> Iterator[int]:
    """Yield x to the power of 1, 2, 4 and so on."""
    power = _ONE >> 1
    for _ in range(32):
        yield power
        power = _multiplied(power, power)


_POWERS = tuple(_powers())


@lru_cache(maxsize=1 << 12)  # the same pieces are asked for again and again
def _zeros(count: int) -> int:
    """Return what a checksum is multiplied by when so many zero bytes follow."""
    factor, place = _ONE, _BITS_OF_A_BYTE
    while count:
        if count & 1:
            factor = _multiplied(_POWERS[place % len(_POWERS)], factor)
        count >>= 1
        place += 1
    return factor
