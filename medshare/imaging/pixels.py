"""Where the frames of an instance are.

References
----------
DICOM PS3.3 section C.7.6.3 (image pixel), C.7.6.6 (multi-frame); PS3.5 section 8.2, Annex A.4
(fragments, basic offset table) and PS3.3 section C.7.6.3.1.8 (extended offset table).
"""

from array import array
from base64 import b64decode
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from struct import unpack

from medshare.imaging.buffers import Buffer
from medshare.imaging.bulk import Bulk
from medshare.imaging.dicom_json import DicomJson
from medshare.imaging.refusals import Remarks, WarningCode
from medshare.imaging.transfer_syntaxes import Codestream, TransferSyntax

_ATTRIBUTES_OF_PIXELS = {"7FE00010": 0, "7FE00008": 32, "7FE00009": 64}
"""Pixel data attributes, with the bits allocated where the attribute fixes them, else 0."""

_STARTS = {
    Codestream.JPEG: (b"\xff\xd8",),
    Codestream.JPEG_2000: (b"\xff\x4f\xff\x51", b"\x00\x00\x00\x0cjP  "),
    Codestream.JPEG_XL: (b"\xff\x0a", b"\x00\x00\x00\x0cJXL "),
}
_EXTENDED_OFFSETS = "7FE00001"
_ITEM_HEADER_BYTES = 8

Segment = tuple[int, int]
"""Offset and length in bytes."""


@dataclass(frozen=True, slots=True)
class NativeFrames:
    """Frames of one size in a row: frame n (from 1) starts ``(n - 1) * frame_bits`` bits in.

    Frames are not padded (PS3.5 section 8.1.1): those of one-bit pixels may start within a byte.
    ``word_bytes`` is more than 1 if the words are big endian.
    """

    offset: int
    frame_bits: int
    count: int
    word_bytes: int = 1


@dataclass(frozen=True, slots=True)
class EncapsulatedFrames:
    """Frames as fragments: for each frame the segments to be joined."""

    frames: tuple[tuple[Segment, ...], ...]

    @property
    def count(self) -> int:
        """Number of frames."""
        return len(self.frames)


def segments_of(frames: NativeFrames | EncapsulatedFrames, number: int) -> Sequence[Segment] | None:
    """Return where a frame (from 1 on) stands as it is used.

    ``None`` where its bits or bytes have to be moved first.
    """
    if isinstance(frames, EncapsulatedFrames):
        return frames.frames[number - 1]
    size, odd_bits = divmod(frames.frame_bits, 8)
    if odd_bits or frames.word_bytes > 1:
        return None
    return [(frames.offset + (number - 1) * size, size)]


@dataclass(frozen=True, slots=True)
class PixelData:
    """The pixel data of an instance.

    Parameters
    ----------
    attribute
        Which of the three: eight hex digits.
    offset, length
        The value's bytes, for encapsulated data from the offset table's item to the delimiter.
    frame_count
        Number of Frames as declared, 1 if absent.
    frames
        Where each is, ``None`` if that cannot be told (video, or a warning says why). Native
        frames may be fewer than declared: only whole ones count.
    """

    attribute: str
    offset: int
    length: int
    rows: int
    columns: int
    samples_per_pixel: int
    bits_allocated: int
    photometric_interpretation: str
    frame_count: int
    frames: NativeFrames | EncapsulatedFrames | None


def describe_pixels(
    data: Buffer,
    dataset: DicomJson,
    bulk: Sequence[Bulk],
    syntax: TransferSyntax,
    fragments: "array[int] | None",
    remarks: Remarks,
) -> PixelData | None:
    """Return where the pixel data and their frames are, ``None`` for an instance without any."""
    value = next((entry for entry in bulk if entry.path in _ATTRIBUTES_OF_PIXELS), None)
    if value is None:
        return None
    shape = _shape(dataset, _ATTRIBUTES_OF_PIXELS[value.path])
    frames: NativeFrames | EncapsulatedFrames | None = None
    if fragments is not None:
        table = _binary(data, dataset, bulk, _EXTENDED_OFFSETS)
        frames = _Fragments(data, fragments, table).frames(syntax, shape.count)
        if frames is None and syntax.codestream is not Codestream.VIDEO:
            remarks.add(WarningCode.FRAMES_UNKNOWN, value.path)
    elif syntax.is_encapsulated:
        remarks.add(WarningCode.PIXEL_NOT_ENCAPSULATED, value.path)
    else:
        frames = _native_frames(value, shape, remarks)
    return PixelData(
        attribute=value.path,
        offset=value.offset,
        length=value.length,
        rows=shape.rows,
        columns=shape.columns,
        samples_per_pixel=shape.samples,
        bits_allocated=shape.bits,
        photometric_interpretation=shape.photometric,
        frame_count=shape.count,
        frames=frames,
    )


@dataclass(frozen=True, slots=True)
class _Shape:
    rows: int
    columns: int
    samples: int
    bits: int
    photometric: str
    count: int

    @property
    def frame_bits(self) -> int:
        # Two pixels share their colour in YBR_FULL_422: two samples a pixel, not three.
        is_halved = self.photometric in ("YBR_FULL_422", "YBR_PARTIAL_422")
        samples = min(self.samples, 2) if is_halved else self.samples
        return self.rows * self.columns * samples * self.bits


def _shape(dataset: DicomJson, fixed_bits: int) -> _Shape:
    return _Shape(
        rows=_number(dataset, "00280010", 0),
        columns=_number(dataset, "00280011", 0),
        samples=_number(dataset, "00280002", 1),
        bits=fixed_bits or _number(dataset, "00280100", 0),
        photometric=_text(dataset, "00280004"),
        count=_number(dataset, "00280008", 1),
    )


def _native_frames(value: Bulk, shape: _Shape, remarks: Remarks) -> NativeFrames | None:
    frame_bits = shape.frame_bits
    if frame_bits <= 0 or shape.count < 1:
        remarks.add(WarningCode.PIXEL_GEOMETRY, value.path)
        return None
    expected = (frame_bits * shape.count + 7) // 8
    if value.length not in (expected, expected + expected % 2):
        remarks.add(WarningCode.PIXEL_LENGTH, value.path)
    whole = min(shape.count, value.length * 8 // frame_bits)
    # 8-bit pixels in OW are swapped by its two-byte words, wider ones by their own width.
    word = max(value.word_bytes, shape.bits // 8) if value.word_bytes > 1 else 1
    return NativeFrames(value.offset, frame_bits, whole, word)


class _Fragments:
    """Encapsulated pixel data: the first item is the basic offset table, the rest fragments."""

    def __init__(self, data: Buffer, items: "array[int]", extended_table: bytes) -> None:
        self._data = data
        self._extended_table = extended_table
        self._table = (items[0], items[1]) if items else (0, 0)
        self._starts = items[2::2]
        self._lengths = items[3::2]

    def frames(self, syntax: TransferSyntax, count: int) -> EncapsulatedFrames | None:
        """Divide the fragments among the frames by the first rule that gives the right number."""
        if not self._starts or count < 1 or syntax.codestream is Codestream.VIDEO:
            return None
        if count == 1:
            firsts: Sequence[int] | None = (0,)
        elif count == len(self._starts):
            firsts = range(count)
        else:
            firsts = (
                self._by_table(self._basic_offsets(), count)
                or self._by_table(self._extended_offsets(), count)
                or self._by_codestream(syntax.codestream, count)
            )
        return None if firsts is None else self._group(firsts)

    def _group(self, firsts: Sequence[int]) -> EncapsulatedFrames:
        pieces = list(zip(self._starts, self._lengths, strict=True))
        ends = (*firsts[1:], len(pieces))
        return EncapsulatedFrames(
            tuple(tuple(pieces[first:end]) for first, end in zip(firsts, ends, strict=True))
        )

    def _basic_offsets(self) -> tuple[int, ...]:
        start, length = self._table
        return unpack(f"<{length // 4}I", self._data[start : start + length // 4 * 4])

    def _extended_offsets(self) -> tuple[int, ...]:
        raw = self._extended_table
        return unpack(f"<{len(raw) // 8}Q", raw[: len(raw) // 8 * 8])

    def _by_table(self, offsets: Sequence[int], count: int) -> list[int] | None:
        """Find the fragment at each offset, counted from behind the table's item."""
        if len(offsets) != count or offsets[0] != 0:
            return None
        origin = self._starts[0]
        firsts = [bisect_left(self._starts, origin + offset) for offset in offsets]
        is_exact = all(
            first < len(self._starts) and self._starts[first] == origin + offset
            for first, offset in zip(firsts, offsets, strict=True)
        )
        is_ascending = all(a < b for a, b in pairwise(firsts))
        return firsts if is_exact and is_ascending else None

    def _by_codestream(self, codestream: Codestream | None, count: int) -> list[int] | None:
        """Take each fragment that begins like a codestream for the first of a frame."""
        starts = _STARTS.get(codestream) if codestream else None
        if starts is None:
            return None
        firsts = [
            index
            for index, start in enumerate(self._starts)
            if self._data[start : start + _ITEM_HEADER_BYTES].startswith(starts)
        ]
        return firsts if len(firsts) == count and firsts[0] == 0 else None


def _number(dataset: DicomJson, key: str, default: int) -> int:
    values = dataset.get(key, {}).get("Value")
    value = values[0] if isinstance(values, list) and values else default
    return value if isinstance(value, int) else 0


def _text(dataset: DicomJson, key: str) -> str:
    values = dataset.get(key, {}).get("Value")
    value = values[0] if isinstance(values, list) and values else ""
    return value if isinstance(value, str) else ""


def _binary(data: Buffer, dataset: DicomJson, bulk: Sequence[Bulk], key: str) -> bytes:
    for entry in bulk:
        if entry.path == key:
            return data[entry.offset : entry.offset + entry.length]
    inline = dataset.get(key, {}).get("InlineBinary")
    return b64decode(inline) if isinstance(inline, str) else b""
