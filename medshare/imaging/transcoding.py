"""Whole instances in another transfer syntax: the data set rewritten, the frames made anew.

References
----------
DICOM PS3.5 section 8.2 and Annex A.4 (encapsulation); PS3.3 section C.7.6.3 (image pixel).
"""

from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from struct import pack

from medshare.imaging.bulk import Bulk
from medshare.imaging.codecs.repertory import (
    MADE_SYNTAXES,
    TO_EXPLICIT,
    TO_RLE,
    can_decode,
    encodings_of,
    photometric_after,
)
from medshare.imaging.codecs.shape import PixelShape, number, shape_of
from medshare.imaging.elements import (
    END_OF_SEQUENCE,
    PIXEL_DATA,
    SEQUENCE,
    UNDEFINED,
    ElementReader,
)
from medshare.imaging.file_meta import read_file_meta
from medshare.imaging.limits import ScanLimits
from medshare.imaging.part10 import (
    SEQUENCE_DELIMITER,
    element_header,
    explicit_token,
    file_head,
)
from medshare.imaging.pictures import Source
from medshare.imaging.refusals import Remarks
from medshare.imaging.scanner import InstanceUids, real_encoding
from medshare.imaging.transfer_syntaxes import TRANSFER_SYNTAXES
from medshare.kernel.identifiers import SeriesInstanceUid, SopInstanceUid, StudyInstanceUid

_PHOTOMETRIC, _PLANAR, _FRAME_COUNT = "00280004", "00280006", "00280008"
# They tell of the fragments that were (PS3.3 section C.7.6.3.1.8).
_OF_FRAGMENTS = ("7FE00001", "7FE00002", "7FE00003")
_PIXEL_TAGS = (b"\xe0\x7f\x10\x00", b"\x7f\xe0\x00\x10")
_EXPLICIT_HEADER_BYTES, _IMPLICIT_HEADER_BYTES = 12, 8
_ITEM = b"\xfe\xff\x00\xe0"
_VALUE_BYTES_MAX = 0xFFFFFFFE
_BYTE = 8
_SAMPLE_BITS = (8, 16, 32)

Made = Callable[[int], bytes]
"""Returns a frame, from 1 on, in the transfer syntax that is wanted."""


def targets_of(source: Source) -> frozenset[str]:
    """Return the transfer syntaxes into which an instance can be rewritten without loss.

    Without pixel data these are all: the rest of a data set is the same under each. Pixels need a
    decoder, every frame that is declared, and the room of the syntax.
    """
    pixels = source.layout.pixels
    if pixels is None:
        return frozenset(MADE_SYNTAXES)
    stored = source.instance.transfer_syntax_uid
    shape, frames = shape_of(source.dataset), source.layout.frames
    declared = number(source.dataset, _FRAME_COUNT) or 1
    if shape is None or frames is None or frames.count != declared or not can_decode(stored):
        return frozenset()
    targets, as_they_are = frozenset(encodings_of(shape)), not shape.may_be_made(declared)
    if not TRANSFER_SYNTAXES[stored].is_encapsulated:
        return targets & {TO_EXPLICIT} if as_they_are else targets
    if as_they_are or shape.bits_allocated not in _SAMPLE_BITS:
        return frozenset()
    is_long = shape.frame_bytes * frames.count > _VALUE_BYTES_MAX
    return targets - {TO_EXPLICIT} if is_long or _has_coded_icon(source) else targets


def transcoded(source: Source, target: str, make: Made) -> Iterator[bytes]:
    """Write an instance as a file in a transfer syntax that ``targets_of`` names.

    One frame at a time is in memory, the first before anything is given out: what cannot be
    decoded is an error of the first step. The values of the data set stay, but for how samples are
    interpreted and arranged.
    """
    pixels = source.layout.pixels
    if pixels is None:
        yield file_head(_uids(source), target)
        yield from _rewritten(source, 0, _end(source), {})
        return
    shape, frames = shape_of(source.dataset), source.layout.frames
    if shape is None or frames is None:
        raise ValueError("Pixels that cannot be transcoded.")
    made = chain([make(1)], (make(number) for number in range(2, frames.count + 1)))
    yield file_head(_uids(source), target)
    patches = _patches(shape, source.instance.transfer_syntax_uid, target)
    yield from _rewritten(source, 0, _start_of_element(source, pixels), patches)
    if target == TO_EXPLICIT:
        yield from _native(made, shape, frames.count)
    else:
        yield from _encapsulated(made)
    behind = pixels.offset + pixels.length
    is_coded = TRANSFER_SYNTAXES[source.instance.transfer_syntax_uid].is_encapsulated
    delimiter_bytes = len(SEQUENCE_DELIMITER) if is_coded else 0
    yield from _rewritten(source, behind + delimiter_bytes, _end(source), {})


def _rewritten(
    source: Source, start: int, stop: int, patches: Mapping[str, bytes]
) -> Iterator[bytes]:
    """Write elements of the root in explicit VR little endian.

    Parameters
    ----------
    start
        0 for the first element of the data set, wherever it stands in the file.
    patches
        By ascending key, what stands in an element's place, or is put in where there is none.
    """
    data, syntax = source.read(start, stop - start), source.instance.transfer_syntax_uid
    begin = 0
    if start == 0 and not source.layout.is_deflated:
        begin = read_file_meta(data, Remarks()).data_set_offset
    encoding = real_encoding(data, begin, TRANSFER_SYNTAXES[syntax], Remarks())
    reader = ElementReader(data, begin, len(data), encoding, ScanLimits(), Remarks())
    waiting, depth = list(patches.items()), 0
    for token in reader:
        key, vr, _begin, _end = token
        if depth == 0:
            while waiting and waiting[0][0] <= key:
                yield waiting.pop(0)[1]
        if depth or key not in patches:
            yield from explicit_token(data, reader, token)
        depth += (vr == SEQUENCE) - (vr == END_OF_SEQUENCE)
    yield from (patch for _key, patch in waiting)


def _patches(shape: PixelShape, stored: str, target: str) -> Mapping[str, bytes]:
    """Return the attributes of the root that tell how samples are written."""
    patches = dict.fromkeys(_OF_FRAGMENTS, b"")
    if shape.samples > 1:
        text = photometric_after(stored, shape).encode()
        text += b" " * (len(text) % 2)
        is_planar = target == TO_RLE  # by its nature: a segment for each sample
        patches[_PHOTOMETRIC] = element_header(_PHOTOMETRIC, "CS", len(text)) + text
        patches[_PLANAR] = element_header(_PLANAR, "US", 2) + pack("<H", is_planar)
    return dict(sorted(patches.items()))


def _native(frames: Iterator[bytes], shape: PixelShape, count: int) -> Iterator[bytes]:
    size = shape.frame_bytes * count
    vr = "OB" if shape.bits_allocated <= _BYTE else "OW"
    yield element_header(PIXEL_DATA, vr, size + size % 2)
    yield from frames
    yield b"\0" * (size % 2)


def _encapsulated(frames: Iterator[bytes]) -> Iterator[bytes]:
    """Write each frame as one fragment behind an empty offset table."""
    yield element_header(PIXEL_DATA, "OB", UNDEFINED) + _ITEM + pack("<I", 0)
    for frame in frames:
        padding = b"\0" * (len(frame) % 2)
        yield _ITEM + pack("<I", len(frame) + len(padding))
        yield frame
        yield padding
    yield SEQUENCE_DELIMITER


def _start_of_element(source: Source, pixels: Bulk) -> int:
    """Return where the header of the pixel data is: implicit VR has a shorter one."""
    start = pixels.offset - _EXPLICIT_HEADER_BYTES
    is_explicit = source.read(start, len(_PIXEL_TAGS[0])) in _PIXEL_TAGS
    return start if is_explicit else pixels.offset - _IMPLICIT_HEADER_BYTES


def _has_coded_icon(source: Source) -> bool:
    """Whether pixel data in an item are encapsulated, which a native syntax does not allow."""
    return any(
        each.path.endswith(f"/{PIXEL_DATA}") and source.read(each.offset, len(_ITEM)) == _ITEM
        for each in source.layout.bulk
    )


def _end(source: Source) -> int:
    return ScanLimits().inflated_bytes if source.layout.is_deflated else source.instance.size_bytes


def _uids(source: Source) -> InstanceUids:
    instance = source.instance
    return InstanceUids(
        StudyInstanceUid(instance.study_instance_uid),
        SeriesInstanceUid(instance.series_instance_uid),
        SopInstanceUid(instance.sop_instance_uid),
        instance.sop_class_uid,
    )
