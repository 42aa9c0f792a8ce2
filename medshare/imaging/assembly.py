"""A DICOM file made from metadata in DICOM JSON and bulk data that came in the same message.

References
----------
DICOM PS3.18 section 10.5.2 and Annex F; PS3.5 Annex A.4 (encapsulation).
"""

import io
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.encaps import encapsulate

from medshare.imaging import refusals
from medshare.imaging.json_rules import is_sound
from medshare.imaging.part10 import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME
from medshare.imaging.refusals import Refusal, RefusedError
from medshare.imaging.transfer_syntaxes import EXPLICIT_VR_LITTLE_ENDIAN, TRANSFER_SYNTAXES
from medshare.kernel.identifiers import is_uid_as_sent

DEPTH_MAX = 64
_PIXEL_DATA = "7FE00010"
_UIDS = ("00080016", "00080018")


@dataclass(frozen=True, slots=True)
class BulkPart:
    """A part of the message that holds a value; ``transfer_syntax_uid`` is of coded pixels."""

    path: Path
    transfer_syntax_uid: str = EXPLICIT_VR_LITTLE_ENDIAN


def assemble(document: object, parts: Mapping[str, BulkPart]) -> bytes | Refusal:
    """Write one data set of DICOM JSON as a file in the transfer syntax of its pixels.

    Parameters
    ----------
    parts
        The bulk data of the message by Content-Location. A BulkDataURI that names none of them is
        refused, whatever it points at: nothing is ever fetched.
    """
    try:
        return _assemble(document, parts)
    except RefusedError as refused:
        return _identified(refused.refusal, document)


def _assemble(document: object, parts: Mapping[str, BulkPart]) -> bytes:
    if not isinstance(document, dict) or _is_too_deep(document):
        raise RefusedError(refusals.BROKEN_METADATA)
    if any(str(key).startswith("0002") for key in document) or not is_sound(document):
        raise RefusedError(refusals.BROKEN_METADATA)

    def value_of(_tag: str, _vr: str, uri: str) -> bytes:
        part = parts.get(uri)
        if part is None:
            raise RefusedError(refusals.BULK_DATA_ELSEWHERE)
        return part.path.read_bytes()

    syntax = _syntax_of(document, parts)
    buffer = io.BytesIO()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            dataset = Dataset.from_json(document, value_of)
            _write(dataset, syntax, buffer)
    except RefusedError:
        raise
    except Exception as broken:  # pydicom raises whatever a wrong value led to
        raise RefusedError(refusals.BROKEN_METADATA) from broken
    return buffer.getvalue()


def _write(dataset: Dataset, syntax: str, buffer: io.BytesIO) -> None:
    if TRANSFER_SYNTAXES[syntax].is_encapsulated:
        if int(dataset.get("NumberOfFrames") or 1) != 1:
            raise RefusedError(refusals.FRAMES_UNSEPARATED)
        dataset.PixelData = encapsulate([dataset.PixelData])
        dataset["PixelData"].VR = "OB"
        dataset["PixelData"].is_undefined_length = True
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.file_meta.ImplementationClassUID = IMPLEMENTATION_CLASS_UID
    dataset.file_meta.ImplementationVersionName = IMPLEMENTATION_VERSION_NAME
    dataset.save_as(buffer, enforce_file_format=True)


def _syntax_of(document: Mapping[str, object], parts: Mapping[str, BulkPart]) -> str:
    pixels = document.get(_PIXEL_DATA)
    uri = pixels.get("BulkDataURI") if isinstance(pixels, dict) else None
    part = parts.get(uri) if isinstance(uri, str) else None
    syntax = part.transfer_syntax_uid if part else EXPLICIT_VR_LITTLE_ENDIAN
    if syntax not in TRANSFER_SYNTAXES:
        raise RefusedError(refusals.UNKNOWN_TRANSFER_SYNTAX)
    if syntax != EXPLICIT_VR_LITTLE_ENDIAN and not TRANSFER_SYNTAXES[syntax].is_encapsulated:
        raise RefusedError(refusals.UNKNOWN_TRANSFER_SYNTAX)
    return syntax


def _is_too_deep(document: object) -> bool:
    """Tell whether JSON is nested deeper than a data set may be, without recursion."""
    level: list[object] = [document]
    for _ in range(3 * DEPTH_MAX):  # element, Value, item
        level = [
            child
            for each in level
            if isinstance(each, (dict, list))
            for child in (each.values() if isinstance(each, dict) else each)
        ]
        if not level:
            return False
    return True


def _identified(refusal: Refusal, document: object) -> Refusal:
    """Say which instance is refused, as far as the metadata tell."""
    sop_class, sop_instance = (_uid(document, key) for key in _UIDS)
    if not (sop_class and sop_instance):
        return refusal
    return replace(refusal, sop_class_uid=sop_class, sop_instance_uid=sop_instance)


def _uid(document: object, key: str) -> str:
    element = document.get(key) if isinstance(document, dict) else None
    values = element.get("Value") if isinstance(element, dict) else None
    value = values[0] if isinstance(values, list) and values else None
    return value if isinstance(value, str) and is_uid_as_sent(value) else ""
