"""DICOM files on their way out: preamble, conversion to explicit little endian, frames, bulk data.

References
----------
DICOM PS3.10 section 7.1; PS3.18 section 8.7.3 (implicit VR and big endian never leave).
"""

from collections.abc import Callable, Iterable, Iterator
from struct import pack, unpack

from medshare.imaging.buffers import Buffer, swap_words
from medshare.imaging.bulk import Bulk
from medshare.imaging.charsets import charset_of
from medshare.imaging.elements import (
    END_OF_ITEM,
    END_OF_SEQUENCE,
    FRAGMENTS,
    ITEM,
    SEQUENCE,
    UNDEFINED,
    ElementReader,
    Token,
    is_short_vr,
)
from medshare.imaging.file_meta import MAGIC, PREAMBLE_BYTES
from medshare.imaging.limits import ScanLimits
from medshare.imaging.pixels import EncapsulatedFrames, NativeFrames
from medshare.imaging.refusals import Remarks
from medshare.imaging.scanner import InstanceUids, ScannedInstance, read_inflated
from medshare.imaging.transfer_syntaxes import EXPLICIT_VR_LITTLE_ENDIAN
from medshare.imaging.values import BINARY_VRS, WORD_BYTES
from medshare.kernel.errors import NotFoundError

IMPLEMENTATION_CLASS_UID = "2.25.299096924918717001210504028726867948795"
IMPLEMENTATION_VERSION_NAME = "MEDSHARE"

_TIFF_MAGICS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_CHUNK = 1 << 20
_SHORT_LENGTH_MAX = 0xFFFE
_NUL_PADDED = BINARY_VRS | {"UI"}
_BEGIN_ITEM = b"\xfe\xff\x00\xe0\xff\xff\xff\xff"
SEQUENCE_DELIMITER = b"\xfe\xff\xdd\xe0\0\0\0\0"
_CLOSERS = {
    END_OF_ITEM: b"\xfe\xff\x0d\xe0\0\0\0\0",
    END_OF_SEQUENCE: SEQUENCE_DELIMITER,
}

HEAD_BYTES = PREAMBLE_BYTES + len(MAGIC)

ReadRange = Callable[[int, int], bytes]
"""Returns the bytes of an instance at an offset, with a length."""


class NoSuchFrameError(NotFoundError):
    """The instance has no such frame, or its frames cannot be told apart."""

    slug = "no-such-frame"
    title = "The instance has no such frame"
    title_zh = "该实例没有此帧"


def with_zeroed_preamble(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Pass a stored file on with its preamble blanked, or with one if it has none.

    The 128 bytes are free for a second file type: a sender can make the file a program as well.
    Only a TIFF header stays, the one use that PS3.10 section 7.1 names.
    """
    source = iter(chunks)
    head = b""
    for chunk in source:
        head += chunk
        if len(head) >= HEAD_BYTES:
            break
    if leaves_as_it_stands(head):
        yield head
    elif head[PREAMBLE_BYTES:HEAD_BYTES] == MAGIC:
        yield bytes(PREAMBLE_BYTES)
        yield head[PREAMBLE_BYTES:]
    else:
        yield bytes(PREAMBLE_BYTES) + MAGIC
        yield head.removeprefix(MAGIC)
    yield from source


def leaves_as_it_stands(head: bytes) -> bool:
    """Tell from its first ``HEAD_BYTES`` whether ``with_zeroed_preamble`` leaves a file alone."""
    is_kept = head.startswith((*_TIFF_MAGICS, bytes(PREAMBLE_BYTES)))
    return is_kept and head[PREAMBLE_BYTES:HEAD_BYTES] == MAGIC


def size_as_sent(head: bytes, size_bytes: int) -> int:
    """Return the size in which ``with_zeroed_preamble`` passes a file of this head on."""
    if head[PREAMBLE_BYTES:HEAD_BYTES] == MAGIC:
        return size_bytes
    return HEAD_BYTES + size_bytes - (len(MAGIC) if head.startswith(MAGIC) else 0)


def as_explicit_little_endian(data: Buffer, scanned: ScannedInstance) -> Iterator[bytes]:
    """Write a native instance as an explicit VR little endian file, without changing its values.

    Sequences get undefined lengths, group lengths and what is behind the last element go, odd
    values are padded.
    A value too long for its VR's 16-bit length field becomes UN (PS3.5 section 6.2.2).

    Parameters
    ----------
    data
        The whole file.
    scanned
        What ``scan`` said of it; its transfer syntax is not an encapsulated one.
    """
    yield file_head(scanned.uids, EXPLICIT_VR_LITTLE_ENDIAN)
    source, start = data, scanned.meta.data_set_offset
    if scanned.syntax.is_deflated:
        source, start = read_inflated(data, scanned.meta), 0
    reader = ElementReader(source, start, len(source), scanned.encoding, ScanLimits(), Remarks())
    pixels_at = scanned.pixels.offset if scanned.pixels else None
    for token in reader:
        word = _pixel_word(scanned) if token[2] == pixels_at else None
        yield from explicit_token(source, reader, token, word)


def explicit_token(
    source: Buffer, reader: ElementReader, token: Token, word_bytes: int | None = None
) -> Iterator[bytes]:
    """Write a token that a reader has just given in explicit VR little endian.

    Parameters
    ----------
    word_bytes
        Of a big endian value, where its VR does not tell.
    """
    key, vr, begin, end = token
    if vr == ITEM:
        yield _BEGIN_ITEM
    elif vr in _CLOSERS:
        yield _CLOSERS[vr]
    elif vr == SEQUENCE:
        yield element_header(key, SEQUENCE, UNDEFINED)
    elif vr == FRAGMENTS:
        yield element_header(key, "OB", UNDEFINED) + source[begin:end] + SEQUENCE_DELIMITER
    else:
        word = WORD_BYTES.get(vr, 1) if reader.is_big_endian else 1
        if word > 1 and word_bytes is not None:
            word = word_bytes
        yield from _element(source, key, vr, (begin, end), word)


def file_head(uids: InstanceUids, transfer_syntax_uid: str) -> bytes:
    """Write preamble and file meta information of an instance in a transfer syntax."""
    return bytes(PREAMBLE_BYTES) + MAGIC + _file_meta(uids, transfer_syntax_uid)


def read_frame(
    read: ReadRange, frames: NativeFrames | EncapsulatedFrames | None, number: int
) -> bytes:
    """Return one frame: little endian pixels, or the codestream as stored.

    Parameters
    ----------
    read
        Reads what the frame table's offsets refer to.
    frames
        The instance's frame table.
    number
        From 1 on.

    Raises
    ------
    NoSuchFrameError
        Beyond the last, or no table.
    """
    if frames is None or not 1 <= number <= frames.count:
        raise NoSuchFrameError
    if isinstance(frames, EncapsulatedFrames):
        return b"".join(read(offset, length) for offset, length in frames.frames[number - 1])
    first_bit = (number - 1) * frames.frame_bits
    begin, shift = divmod(first_bit, 8)
    end = (first_bit + frames.frame_bits + 7) // 8
    raw = _read_words(read, frames, begin, end)
    size = (frames.frame_bits + 7) // 8
    if shift == 0 and frames.frame_bits % 8 == 0:
        return raw
    # The first pixel of a byte is its lowest bit (PS3.5 section 8.2).
    bits = int.from_bytes(raw, "little") >> shift
    return (bits & ((1 << frames.frame_bits) - 1)).to_bytes(size, "little")


def read_bulk(read: ReadRange, bulk: Bulk) -> bytes:
    """Return a bulk value in little endian; texts in UTF-8 (PS3.18 section F.2.2, note 4)."""
    if bulk.charset is not None:
        text = charset_of(bulk.charset).decode_text(read(bulk.offset, bulk.length), [])
        return text.rstrip(" \0").encode()
    return swap_words(read(bulk.offset, bulk.length), bulk.word_bytes)


def bulk_chunks(read: ReadRange, bulk: Bulk, word_bytes: int) -> Iterator[bytes]:
    """Yield a binary value in little endian, a piece at a time."""
    for at in range(0, bulk.length, _CHUNK):
        size = min(_CHUNK, bulk.length - at)
        yield swap_words(read(bulk.offset + at, size), word_bytes)


def fragments_of(read: ReadRange, bulk: Bulk) -> Iterator[range]:
    """Yield where the fragments of encapsulated pixel data stand; not the table before them."""
    at, end = bulk.offset, bulk.offset + bulk.length
    while at < end:
        _tag, size = unpack("<II", read(at, 8))
        if at > bulk.offset:
            yield range(at + 8, at + 8 + size)
        at += 8 + size


def read_fragments(read: ReadRange, fragments: Iterable[range], part: range) -> Iterator[bytes]:
    """Yield a part of what fragments hold one behind the other, a piece at a time."""
    before = 0
    for fragment in fragments:
        wanted = fragment[max(part.start - before, 0) : max(part.stop - before, 0)]
        for at in wanted[::_CHUNK]:
            yield read(at, min(_CHUNK, wanted.stop - at))
        before += len(fragment)


def _read_words(read: ReadRange, frames: NativeFrames, begin: int, end: int) -> bytes:
    """Read bytes ``begin .. end`` of the value, as they would be in little endian."""
    word = frames.word_bytes
    first = begin - begin % word
    last = end + -end % word
    raw = swap_words(read(frames.offset + first, last - first), word)
    return raw[begin - first : end - first]


def _pixel_word(scanned: ScannedInstance) -> int:
    frames = scanned.pixels.frames if scanned.pixels else None
    return frames.word_bytes if isinstance(frames, NativeFrames) else 2


def _element(
    source: Buffer, key: str, vr: str, extent: tuple[int, int], word_bytes: int
) -> Iterator[bytes]:
    begin, end = extent
    length = end - begin
    is_odd = length % 2
    yield element_header(key, vr, length + is_odd)
    for at in range(begin, end, _CHUNK):
        yield swap_words(source[at : min(at + _CHUNK, end)], word_bytes)
    if is_odd:
        yield b"\0" if vr in _NUL_PADDED else b" "


def element_header(key: str, vr: str, length: int) -> bytes:
    """Write the header of an element in explicit VR little endian."""
    tag = pack("<HH", int(key[:4], 16), int(key[4:], 16))
    if is_short_vr(vr):
        if length <= _SHORT_LENGTH_MAX:
            return tag + vr.encode("ascii") + pack("<H", length)
        vr = "UN"
    return tag + vr.encode("ascii") + pack("<HI", 0, length)


def _file_meta(uids: InstanceUids, transfer_syntax_uid: str) -> bytes:
    elements = b"".join(
        (
            element_header("00020001", "OB", 2) + b"\0\x01",
            _meta_element("00020002", "UI", uids.sop_class_uid),
            _meta_element("00020003", "UI", uids.sop_instance_uid),
            _meta_element("00020010", "UI", transfer_syntax_uid),
            _meta_element("00020012", "UI", IMPLEMENTATION_CLASS_UID),
            _meta_element("00020013", "SH", IMPLEMENTATION_VERSION_NAME),
        )
    )
    return element_header("00020000", "UL", 4) + pack("<I", len(elements)) + elements


def _meta_element(key: str, vr: str, text: str) -> bytes:
    padding = b"\0" if vr in _NUL_PADDED else b" "
    value = text.encode("ascii") + padding * (len(text) % 2)
    return element_header(key, vr, len(value)) + value
