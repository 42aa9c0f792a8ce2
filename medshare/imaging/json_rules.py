"""What DICOM JSON may be that a file is made of: a value that would be lost or changed is refused.

References
----------
DICOM PS3.18 sections F.2.2 and F.2.3.
"""

import base64
import binascii
import re
from collections.abc import Mapping

from medshare.imaging.values import PN_GROUPS

_FORMS = ("Value", "BulkDataURI", "InlineBinary")
_TAG = re.compile(r"[0-9A-Fa-f]{8}")
_WHOLE = re.compile(r"[+-]?[0-9]+")
_WHOLE_VRS = frozenset(("SL", "SS", "SV", "UL", "US", "UV"))


def is_sound(document: Mapping[str, object]) -> bool:
    """Tell whether a data set, its sequences included, says what its value representations can."""
    waiting: list[object] = [document]
    while waiting:
        dataset = waiting.pop()
        if not isinstance(dataset, dict):
            return False
        for tag, element in dataset.items():
            if not (_TAG.fullmatch(tag) and isinstance(element, dict) and _is_element(element)):
                return False
            if element["vr"] == "SQ":
                waiting += element.get("Value") or ()
    return True


def _is_element(element: Mapping[str, object]) -> bool:
    vr, forms = element.get("vr"), [each for each in _FORMS if each in element]
    if not isinstance(vr, str) or len(forms) > 1:
        return False
    if "InlineBinary" in forms:
        return _is_base64(element["InlineBinary"])
    values = element.get("Value")
    if values is None:
        return True
    return isinstance(values, list) and all(_is_value(vr, each) for each in values)


def _is_value(vr: str, value: object) -> bool:
    if value is None:
        return vr != "SQ"
    if vr in ("SQ", "PN") and isinstance(value, dict):
        return vr == "SQ" or all(
            group in PN_GROUPS and isinstance(text, str) for group, text in value.items()
        )
    if vr == "AT":
        return isinstance(value, str) and _TAG.fullmatch(value) is not None
    if vr in _WHOLE_VRS:
        return _is_whole(value)
    return isinstance(value, (str, int, float)) and not isinstance(value, bool)


def _is_whole(value: object) -> bool:
    if isinstance(value, str):
        return _WHOLE.fullmatch(value) is not None
    return isinstance(value, int) and not isinstance(value, bool)


def _is_base64(text: object) -> bool:
    try:
        base64.b64decode(text if isinstance(text, str) else "?", validate=True)
    except (binascii.Error, ValueError):
        return False
    return True
