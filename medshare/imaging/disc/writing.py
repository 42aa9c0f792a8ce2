"""Data sets of DICOM JSON as bytes in explicit VR little endian, texts in UTF-8.

References
----------
DICOM PS3.5 sections 6.2 and 7.5; PS3.18 Annex F.
"""

from collections.abc import Mapping, Sequence
from struct import pack
from typing import Any

from medshare.imaging.part10 import element_header
from medshare.imaging.values import BINARY_VRS, NUMBERS, PN_GROUPS

UTF_8 = "ISO_IR 192"
_ITEM = b"\xfe\xff\x00\xe0"

Element = Mapping[str, Any]


def write_dataset(dataset: Mapping[str, Element]) -> bytes:
    """Write a data set; what is bulk data or binary is left out."""
    return b"".join(write_element(key, dataset[key]) for key in sorted(dataset))


def write_element(key: str, element: Element) -> bytes:
    """Write one element, nothing where its value is not at hand."""
    vr, values = element["vr"], element.get("Value", ())
    if "BulkDataURI" in element or "InlineBinary" in element:
        return b""
    if vr == "SQ":
        raw = b"".join(write_item(write_dataset(each)) for each in values)
    elif vr in NUMBERS:
        read = float if vr in ("FD", "FL") else int  # JSON may hold a number as text (F.2.3)
        raw = pack(f"<{len(values)}{NUMBERS[vr]}", *map(read, values))
    elif vr == "AT":
        raw = b"".join(pack("<HH", int(each[:4], 16), int(each[4:], 16)) for each in values)
    elif vr in BINARY_VRS:
        return b""
    else:
        raw = _text(vr, values)
    return element_header(key, vr, len(raw)) + raw


def write_item(content: bytes) -> bytes:
    """Write an item of a sequence around its data set."""
    return _ITEM + pack("<I", len(content)) + content


def _text(vr: str, values: Sequence[Any]) -> bytes:
    raw = "\\".join(_name(each) if vr == "PN" else _plain(each) for each in values).encode()
    return raw + (b"\0" if vr == "UI" else b" ") * (len(raw) % 2)


def _plain(value: object) -> str:
    return "" if value is None else str(value)


def _name(value: Mapping[str, str] | None) -> str:
    """Write a person's name with its groups, as far as there are any."""
    return "=".join((value or {}).get(each, "") for each in PN_GROUPS).rstrip("=")
