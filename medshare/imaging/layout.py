"""The stored form of where bulk values and frames stand in an instance's file."""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import orjson

from medshare.imaging.bulk import Bulk
from medshare.imaging.pixels import EncapsulatedFrames, NativeFrames
from medshare.imaging.scanner import ScannedInstance

LEVEL = 1
_PIXEL_DATA = ("7FE00010", "7FE00008", "7FE00009")


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the large values of an instance stand.

    Offsets count from the start of the file; from that of the inflated data set where
    ``is_deflated``.
    """

    bulk: tuple[Bulk, ...]
    frames: NativeFrames | EncapsulatedFrames | None
    is_deflated: bool

    @property
    def pixels(self) -> Bulk | None:
        """The instance's own pixel data; not an icon's."""
        return pixel_value(self.bulk)


def pixel_value(bulk: Sequence[Bulk]) -> Bulk | None:
    """Return the pixel data among an instance's large values; not an icon's."""
    return next((each for each in bulk if each.path in _PIXEL_DATA), None)


def pack_layout(scanned: ScannedInstance) -> bytes:
    """Write down an instance's layout."""
    frames = scanned.pixels.frames if scanned.pixels else None
    native = frames if isinstance(frames, NativeFrames) else None
    encapsulated = frames if isinstance(frames, EncapsulatedFrames) else None
    document = {
        "bulk": [_packed(each) for each in scanned.bulk],
        "native": native and [native.offset, native.frame_bits, native.count, native.word_bytes],
        "encapsulated": encapsulated and encapsulated.frames,
        "deflated": scanned.syntax.is_deflated,
    }
    return squeeze(orjson.dumps(document))


def unpack_layout(packed: bytes) -> Layout:
    """Read a layout back."""
    document = orjson.loads(inflate(packed))
    frames: NativeFrames | EncapsulatedFrames | None = None
    if document["native"]:
        frames = NativeFrames(*document["native"])
    elif document["encapsulated"] is not None:
        frames = EncapsulatedFrames(
            tuple(
                tuple((offset, length) for offset, length in segments)
                for segments in document["encapsulated"]
            )
        )
    bulk = tuple(_unpacked(*each) for each in document["bulk"])
    return Layout(bulk, frames, document["deflated"])


def _packed(bulk: Bulk) -> list[str | int]:
    packed: list[str | int] = [bulk.path, bulk.vr, bulk.offset, bulk.length, bulk.word_bytes]
    return packed if bulk.charset is None else [*packed, bulk.charset.decode("latin-1")]


def _unpacked(
    path: str, vr: str, offset: int, length: int, word_bytes: int, charset: str | None = None
) -> Bulk:
    raw = None if charset is None else charset.encode("latin-1")
    return Bulk(path, vr, offset, length, word_bytes, raw)


def squeeze(document: bytes) -> bytes:
    """Deflate a document, fast rather than small."""
    return zlib.compress(document, LEVEL)


def inflate(packed: bytes) -> bytes:
    """Return a document that was squeezed."""
    return zlib.decompress(packed)
