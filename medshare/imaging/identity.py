"""Whose number a Patient ID is, and which others its person has: what is told across facilities.

References
----------
DICOM PS3.3 sections 10.14 (issuer of a Patient ID) and C.7.1.1 (Other Patient IDs).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import BindParameter, bindparam
from sqlalchemy.orm import Session

from medshare.infra.begun import wire_of
from medshare.infra.compiled import Fixed
from medshare.kernel.identifiers import FacilityCode
from medshare.patients.selectables import numbers_at

QUALIFIERS, OTHER_IDS = "00100024", "00101002"
IDENTITY = frozenset({QUALIFIERS, OTHER_IDS})
_OID = "urn:oid:"
_AT_ONCE = 200

Number = tuple[str, str]
"""The system under which a number was given, and the number."""


def _numbers(count: int) -> Fixed:
    persons: list[BindParameter[str]] = [bindparam(f"person{n}") for n in range(count)]
    return Fixed(numbers_at(bindparam("facility"), persons))


_NUMBERS = _numbers(_AT_ONCE)


def own_numbers(
    session: Session, facility: FacilityCode, persons: Iterable[str]
) -> Mapping[str, Sequence[Number]]:
    """Return under which numbers a facility knows persons."""
    found: defaultdict[str, list[Number]] = defaultdict(list)
    wanted = sorted(set(persons))
    for start in range(0, len(wanted), _AT_ONCE):
        chunk = wanted[start : start + _AT_ONCE]
        named = {f"person{n}": chunk[min(n, len(chunk) - 1)] for n in range(_AT_ONCE)}
        for person, system, value in _NUMBERS.rows(wire_of(session), facility=facility, **named):
            found[person].append((system, value))
    return found


def qualifiers_of(system: str) -> Mapping[str, Any]:
    """Return the Issuer of Patient ID Qualifiers Sequence of an identifier system."""
    is_oid = system.startswith(_OID)
    authority = {
        "00400032": {"vr": "UT", "Value": [system.removeprefix(_OID)]},
        "00400033": {"vr": "CS", "Value": ["ISO" if is_oid else "URI"]},
    }
    return {"vr": "SQ", "Value": [authority]}


def with_identity(dataset: bytes, elements: Mapping[str, Mapping[str, Any]]) -> bytes:
    """Add what is known of its patient's numbers to a data set; what it says itself stays."""
    found: dict[str, Any] = orjson.loads(dataset)
    for tag, element in elements.items():
        values = [*found.get(tag, {}).get("Value", ()), *element.get("Value", ())]
        found[tag] = {"vr": "SQ", "Value": values} if values else {"vr": "SQ"}
    return orjson.dumps(dict(sorted(found.items())))


def other_ids(numbers: Iterable[Number], own: Number) -> Mapping[str, Any]:
    """Return the Other Patient IDs Sequence: numbers besides the one that is a data set's own."""
    items = [
        {
            "00100020": {"vr": "LO", "Value": [value]},
            "00100022": {"vr": "CS", "Value": ["TEXT"]},
            QUALIFIERS: qualifiers_of(system),
        }
        for system, value in numbers
        if (system, value) != own
    ]
    return {"vr": "SQ", "Value": items} if items else {"vr": "SQ"}
