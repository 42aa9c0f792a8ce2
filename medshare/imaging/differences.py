"""What differs between what stands in the index and what arrived under the same UID."""

from collections.abc import Sequence
from dataclasses import dataclass

from pydicom.datadict import keyword_for_tag

from medshare.imaging.attributes import DataSet, Element, name_groups

TEXT_MAX = 200
_NAMES, _SEQUENCE = "PN", "SQ"
_BULK = ("BulkDataURI", "InlineBinary")


@dataclass(frozen=True, slots=True)
class Difference:
    """An attribute that is not the same; a value is empty where it is missing.

    Parameters
    ----------
    name
        The keyword of DICOM's dictionary, the tag of what it does not know.
    """

    tag: str
    name: str
    stands: str
    arrived: str


def differences(stands: DataSet, arrived: DataSet) -> Sequence[Difference]:
    """Return the attributes that differ, in the order of their tags.

    Large values are compared by what stands for them, not by their bytes.
    """
    tags = sorted(stands.keys() | arrived.keys())
    return [
        Difference(tag, _name(tag), _written(stands, tag), _written(arrived, tag))
        for tag in tags
        if _comparable(stands.get(tag)) != _comparable(arrived.get(tag))
    ]


def _name(tag: str) -> str:
    return keyword_for_tag(int(tag, 16)) or f"({tag[:4]},{tag[4:]})"


def _comparable(element: Element | None) -> object:
    """Return what of an element tells it from another: its value, whatever its address."""
    if element is None:
        return None
    return next(("bulk" for each in _BULK if each in element), element.get("Value"))


def _written(dataset: DataSet, tag: str) -> str:
    element = dataset.get(tag)
    if element is None:
        return ""
    if element.get("vr") == _NAMES:
        return "=".join(name_groups(dataset, tag)).rstrip("=")
    found = element.get("Value")
    values = found if isinstance(found, list) else []
    if element.get("vr") == _SEQUENCE:
        return f"[{len(values)}]"
    text = "\\".join(str(each) for each in values)
    return text if len(text) <= TEXT_MAX else f"{text[:TEXT_MAX]}…"
