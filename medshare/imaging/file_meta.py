"""The preamble and the file meta information of a DICOM file.

References
----------
DICOM PS3.10 section 7.1.
"""

from dataclasses import dataclass
from struct import Struct, error

from medshare.imaging.buffers import Buffer
from medshare.imaging.refusals import (
    BROKEN_META,
    NOT_PART_10,
    RefusedError,
    Remarks,
    WarningCode,
)

PREAMBLE_BYTES = 128
MAGIC = b"DICM"
_GROUP = b"\x02\x00"
_SHORT_HEADER = Struct("<HH2sH")
_LONG_LENGTH = Struct("<I")
_LONG_VRS = frozenset((b"OB", b"UN", b"UT", b"OW"))
_GROUP_LENGTH = 0x0000
# Longer values (private information of hundreds of bytes is usual) are stepped over, not kept.
_VALUE_BYTES_MAX = 256
_ELEMENTS_MAX = 100


@dataclass(frozen=True, slots=True)
class FileMeta:
    """What the file says about itself; an absent attribute is the empty text.

    ``data_set_offset`` is where the data set starts in the file.
    """

    transfer_syntax_uid: str
    media_storage_sop_class_uid: str
    media_storage_sop_instance_uid: str
    implementation_class_uid: str
    implementation_version_name: str
    data_set_offset: int


def read_file_meta(data: Buffer, remarks: Remarks) -> FileMeta:
    """Read the file meta information, which is always explicit VR little endian.

    A missing preamble is forgiven when the file starts with ``DICM`` or with group 0002. The
    group length is not relied on: it is the most often wrong number of all.

    Raises
    ------
    RefusedError
        Not a DICOM file, or its file meta information cannot be read.
    """
    start = _start_of_meta(data, remarks)
    values: dict[int, bytes] = {}
    try:
        end = _read_group(data, start, values)
    except error as broken:
        raise RefusedError(BROKEN_META) from broken
    _check_group_length(values, start, end, remarks)
    return FileMeta(
        transfer_syntax_uid=_text(values, 0x0010),
        media_storage_sop_class_uid=_text(values, 0x0002),
        media_storage_sop_instance_uid=_text(values, 0x0003),
        implementation_class_uid=_text(values, 0x0012),
        implementation_version_name=_text(values, 0x0013),
        data_set_offset=end,
    )


def _start_of_meta(data: Buffer, remarks: Remarks) -> int:
    if data[PREAMBLE_BYTES : PREAMBLE_BYTES + len(MAGIC)] == MAGIC:
        return PREAMBLE_BYTES + len(MAGIC)
    remarks.add(WarningCode.MISSING_PREAMBLE)
    if data[: len(MAGIC)] == MAGIC:
        return len(MAGIC)
    if data[:6] == _GROUP + b"\x00\x00UL":
        return 0
    raise RefusedError(NOT_PART_10)


def _read_group(data: Buffer, position: int, values: dict[int, bytes]) -> int:
    for _ in range(_ELEMENTS_MAX):
        if data[position : position + 2] != _GROUP:
            return position
        _, element, vr, length = _SHORT_HEADER.unpack_from(data, position)
        position += 8
        if vr in _LONG_VRS:
            (length,) = _LONG_LENGTH.unpack_from(data, position)
            position += 4
        if not vr.isalpha() or position + length > len(data):
            raise RefusedError(BROKEN_META)
        if length <= _VALUE_BYTES_MAX:
            values[element] = data[position : position + length]
        position += length
    raise RefusedError(BROKEN_META)


def _check_group_length(values: dict[int, bytes], start: int, end: int, remarks: Remarks) -> None:
    # 12 bytes: the group length element itself, which does not count.
    declared = int.from_bytes(values.get(_GROUP_LENGTH, b""), "little")
    if declared != end - start - 12:
        remarks.add(WarningCode.META_GROUP_LENGTH)


def _text(values: dict[int, bytes], element: int) -> str:
    return values.get(element, b"").decode("latin-1").strip("\0 ")
