"""Metadata under another address than they were written under.

The pieces of a series hold the BulkDataURIs of the address under which its instances were stored. A
caller may use another: that of a proxy, or the one that the service has had since. To write such
pieces costs some ten times what it costs to send them, so that they are kept.
"""

from functools import partial

from medshare.imaging.metadata import PieceMark
from medshare.infra.deflate import Piece, deflate, inflate
from medshare.infra.shelf import Shelf

LIMIT_BYTES = 16 << 20


class Readdressed:
    """Pieces under the addresses that callers used last."""

    def __init__(self) -> None:
        self._pieces: Shelf[tuple[int, int, int, str], Piece] = Shelf(_size_of, LIMIT_BYTES)

    def under(self, base: str, mark: PieceMark, piece: Piece) -> Piece:
        """Return a piece with its BulkDataURIs below an address of the DICOMweb root."""
        if mark.base == base:
            return piece
        key = (mark.id, mark.crc32, mark.raw_bytes, base)
        return self._pieces.get_or_make(key, partial(_readdressed, piece, mark.base, base))


def _size_of(piece: Piece) -> int:
    return len(piece.deflated)


def _readdressed(piece: Piece, before: str, now: str) -> Piece:
    return deflate(inflate(piece).replace(_beginning(before), _beginning(now)))


def _beginning(base: str) -> bytes:
    """Write the beginning of a BulkDataURI; no value holds it, whose quotes would be escaped."""
    return f'"BulkDataURI":"{base}/studies/'.encode()
