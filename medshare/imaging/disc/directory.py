"""The DICOMDIR of a file-set, written in one go from its records.

References
----------
DICOM PS3.3 section F.3 (the Basic Directory IOD); PS3.10 section 8.6.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from struct import pack
from typing import Any

from medshare.imaging.disc.writing import UTF_8, write_dataset, write_element, write_item
from medshare.imaging.part10 import IMPLEMENTATION_CLASS_UID, element_header, file_head
from medshare.imaging.scanner import InstanceUids
from medshare.imaging.transfer_syntaxes import EXPLICIT_VR_LITTLE_ENDIAN
from medshare.kernel.identifiers import SeriesInstanceUid, SopInstanceUid, StudyInstanceUid

MEDIA_STORAGE_DIRECTORY = "1.2.840.10008.1.3.10"
FILE_SET_ID = "MEDSHARE"
_IN_USE = 0xFFFF
_ITEM_HEADER_BYTES = 8
_RECORDS, _CHARACTER_SET = "00041220", "00080005"


@dataclass(frozen=True, slots=True)
class FileReference:
    """The file that a record is of: the components of its File ID, and what is in it."""

    file_id: Sequence[str]
    sop_class_uid: str
    sop_instance_uid: str
    transfer_syntax_uid: str


@dataclass(frozen=True, slots=True)
class Record:
    """A directory record, its keys in DICOM JSON, and the records below it."""

    type: str
    keys: Mapping[str, Mapping[str, Any]]
    file: FileReference | None = None
    below: list["Record"] = field(default_factory=list)


def write_directory(patient: Record, sop_instance_uid: str) -> bytes:
    """Write the DICOMDIR of one patient; texts are in UTF-8, as each record says that needs to."""
    uids = InstanceUids(
        StudyInstanceUid(""),
        SeriesInstanceUid(""),
        SopInstanceUid(sop_instance_uid),
        MEDIA_STORAGE_DIRECTORY,
    )
    head = file_head(uids, EXPLICIT_VR_LITTLE_ENDIAN)
    start = len(head) + len(_root(0)) + len(element_header(_RECORDS, "SQ", 0))
    records = _entity([patient], start)
    return head + _root(start) + element_header(_RECORDS, "SQ", len(records)) + records


def _entity(records: Sequence[Record], start: int) -> bytes:
    """Write records of one level that begin at a place of the file, each before those below it."""
    written = []
    for number, record in enumerate(records, start=1):
        content = _content(record)
        inner = start + _ITEM_HEADER_BYTES + len(_links(0, 0)) + len(content)
        below = _entity(record.below, inner)
        end = inner + len(below)
        links = _links(end if number < len(records) else 0, inner if below else 0)
        written += [write_item(links + content), below]
        start = end
    return b"".join(written)


def _root(patient: int) -> bytes:
    """Write what stands before the records: the file-set, and where its top level is."""
    return b"".join(
        (
            write_element("00041130", _one("CS", FILE_SET_ID)),
            _offset("00041200", patient),
            _offset("00041202", patient),
            element_header("00041212", "US", 2) + pack("<H", 0),
        )
    )


def _links(following: int, below: int) -> bytes:
    """Write where the next record of the level and the first one below stand, 0 for none."""
    in_use = element_header("00041410", "US", 2) + pack("<H", _IN_USE)
    return _offset("00041400", following) + in_use + _offset("00041420", below)


def _offset(key: str, place: int) -> bytes:
    return element_header(key, "UL", 4) + pack("<I", place)


def _content(record: Record) -> bytes:
    """Write what a record says besides its place among the others."""
    dataset: dict[str, Mapping[str, Any]] = {"00041430": _one("CS", record.type)}
    if record.type == "PRIVATE":
        dataset["00041432"] = _one("UI", IMPLEMENTATION_CLASS_UID)
    if record.file is not None:
        dataset |= {
            "00041500": {"vr": "CS", "Value": list(record.file.file_id)},
            "00041510": _one("UI", record.file.sop_class_uid),
            "00041511": _one("UI", record.file.sop_instance_uid),
            "00041512": _one("UI", record.file.transfer_syntax_uid),
        }
    keys = write_dataset(record.keys)
    charset = b"" if keys.isascii() else write_element(_CHARACTER_SET, _one("CS", UTF_8))
    return write_dataset(dataset) + charset + keys


def _one(vr: str, value: str) -> Mapping[str, Any]:
    return {"vr": vr, "Value": [value]}
