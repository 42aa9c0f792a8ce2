"""The data dictionary as the scanner asks it: by the four bytes of a little endian tag.

References
----------
DICOM PS3.6 chapters 6 to 8; PS3.5 section 7.6 (repeating groups), 7.8 (private elements).
"""

import re
from collections.abc import Mapping
from functools import lru_cache

from pydicom.datadict import DicomDictionary, RepeatersDictionary, tag_for_keyword

_PRIVATE_CREATOR_FIRST = 0x10
_PRIVATE_CREATOR_LAST = 0xFF
_TAG = re.compile(r"[0-9A-Fa-f]{8}")
_NOT_OF_THE_DATA_SET = ("0000", "0002", "FFFE")


def _tables() -> Mapping[int, Mapping[int, str]]:
    """Return the VRs of the dictionary by tag, in a table for each mask over the tag."""
    tables = {0xFFFFFFFF: {tag: entry[0] for tag, entry in DicomDictionary.items()}}
    for pattern, entry in RepeatersDictionary.items():
        mask = int("".join("0" if digit == "x" else "F" for digit in pattern), 16)
        tables.setdefault(mask, {})[int(pattern.replace("x", "0"), 16)] = entry[0]
    return tables


# pydicom's own look-up compares an unknown tag with every repeating group: 40 us, and a hostile
# file has a hundred thousand of them.
_VRS = _tables()


@lru_cache(maxsize=1 << 14)
def describe_tag(tag: bytes) -> tuple[str, str]:
    """Return a tag's DICOM JSON key and its VR by the dictionary.

    Parameters
    ----------
    tag
        Group and element, both little endian.

    Returns
    -------
    tuple
        Eight upper-case hex digits, *empty* for what has no place in DICOM JSON: group lengths,
        groups 0000 and 0002 (PS3.18 section F.2.2), delimiters. Then
        the VR: ``UN`` if the dictionary does not know the tag, several as in ``US or SS`` if it
        takes other attributes to tell.
    """
    group = int.from_bytes(tag[:2], "little")
    element = int.from_bytes(tag[2:], "little")
    key = f"{group:04X}{element:04X}"
    if element == 0 or key.startswith(_NOT_OF_THE_DATA_SET):
        return "", "UL"
    if group % 2:
        is_creator = _PRIVATE_CREATOR_FIRST <= element <= _PRIVATE_CREATOR_LAST
        return key, "LO" if is_creator else "UN"
    tag_number = group << 16 | element
    for mask, vrs in _VRS.items():
        vr = vrs.get(tag_number & mask)
        if vr is not None:
            return key, vr
    return key, "UN"


def tag_of(name: str) -> str:
    """Return the eight hex digits, capitals, of an attribute named by tag or keyword.

    Raises
    ------
    LookupError
        No attribute has the name.
    """
    if _TAG.fullmatch(name):
        return name.upper()
    tag = tag_for_keyword(name)
    if tag is None:
        raise LookupError(name)
    return f"{tag:08X}"


def is_attribute_name(name: str) -> bool:
    """Tell whether a name is a path of tags or keywords, separated by dots (PS3.18 8.3.4.1)."""
    return all(
        _TAG.fullmatch(step) is not None or (step != "" and tag_for_keyword(step) is not None)
        for step in name.split(".")
    )
