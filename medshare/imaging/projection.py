"""Some attributes of a data set, by their paths: what a search shows besides the index.

References
----------
DICOM PS3.18 section 8.3.4.3; PS3.5 section 7.8.1 (private creators).
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

Path = tuple[str, ...]
"""Tags of sequences and, at the end, of an attribute in their items."""

_BLOCK = slice(4, 6)


def projected(dataset: Mapping[str, Any], paths: Sequence[Path]) -> dict[str, Any]:
    """Return of a data set what paths lead to; items of sequences stay, even empty.

    A private attribute brings its creator: without it nobody knows whose it is.
    """
    inner: defaultdict[str, list[Path]] = defaultdict(list)
    for head, *rest in paths:
        inner[head].append(tuple(rest))
    found: dict[str, Any] = {}
    for tag in inner.keys() & dataset.keys():
        found[tag] = _narrowed(dataset[tag], inner[tag])
        creator = _creator_of(tag)
        if creator in dataset:
            found[creator] = dataset[creator]
    return found


def _narrowed(element: Mapping[str, Any], paths: Sequence[Path]) -> Mapping[str, Any]:
    """Return a sequence with those attributes of its items, or all of an element."""
    if element["vr"] != "SQ" or () in paths or not element.get("Value"):
        return element
    items = [dict(sorted(projected(each, paths).items())) for each in element["Value"]]
    return {"vr": "SQ", "Value": items}


def _creator_of(tag: str) -> str:
    """Return the tag of the Private Creator of an attribute, empty for one of the standard."""
    is_private = int(tag[3], 16) % 2 == 1
    return f"{tag[:4]}00{tag[_BLOCK]}" if is_private and tag[_BLOCK] != "00" else ""
