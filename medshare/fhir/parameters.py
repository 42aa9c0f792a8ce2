"""From the parameters of ITI-78 to a search of the index.

All parameters must hold, and of each one of the values that commas separate. What cannot be read is
refused, and what the index does not hold finds nobody: a search is never wider than it was asked.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC
from zoneinfo import ZoneInfo

from medshare.fhir.dates import spans_of
from medshare.fhir.values import alternatives, token
from medshare.kernel.errors import InvalidError, Issue
from medshare.kernel.identifiers import PatientId
from medshare.patients.demographics import (
    Born,
    Called,
    Criterion,
    Fit,
    Is,
    OfSex,
    Part,
    Says,
    Search,
    States,
)
from medshare.patients.model import PatientIdentifier, Sex

GENDER = "http://hl7.org/fhir/administrative-gender"
DAY_LENGTH = len("ge1962-05-17")
PASSED_OVER = frozenset({"mothersMaidenName", "mothersMaidenName:exact"})
"""What ITI-78 has and no record here holds; the link ``self`` leaves it out."""
# Why a value cannot be read, by parameter.
WRONG = {
    "identifier": (
        "Send system|value, or system| for any of a domain; a bare value names nobody.",
        "请以 system|value 形式填写标识符，或以 system| 限定分配机构。",
    ),
    "birthdate": (
        "Send a year, month or day, with one of the prefixes eq ne gt lt ge le sa eb.",
        "请填写年、月或日，前缀限 eq ne gt lt ge le sa eb。",
    ),
    "gender": ("Send male, female, other or unknown.", "请填写 male、female、other 或 unknown。"),
    "active": ("Send true or false.", "请填写 true 或 false。"),
}

Reader = Callable[[str], Criterion | None]
"""Reads a value; ``None``: it fits everybody."""


def search_of(values: Mapping[str, Sequence[str]]) -> Search:
    """Return the search of what was sent, by the names of the parameters.

    Raises
    ------
    InvalidError
        A value cannot be read.
    """
    issues: list[Issue] = []
    criteria = [
        _criterion(name, each, issues)
        for name in values
        if name not in PASSED_OVER
        for each in values[name]
    ]
    if issues:
        raise InvalidError(issues=issues)
    return tuple(each for each in criteria if each is not None)


def domains_of(values: Mapping[str, Sequence[str]]) -> frozenset[str]:
    """Return of which domains alone identifiers are wanted, empty where of all (3.78.4.1.2.3)."""
    asked = (token(one) for each in values.get("identifier", ()) for one in alternatives(each))
    return frozenset(system for system, value in asked if system and not value)


def _criterion(name: str, text: str, issues: list[Issue]) -> Criterion | None:
    found: Criterion = ()
    for value in alternatives(text):
        try:
            read = READERS[name](value)
        except ValueError:
            code = "token" if name == "identifier" else "search-value"
            issues.append(Issue(f"/{name}", code, *WRONG[name]))
            continue
        if read is None:
            return None
        found += read
    return found


def _id(value: str) -> Criterion:
    return (Is(PatientId(value.strip())),)


def _identifier(value: str) -> Criterion:
    system, code = token(value)
    if not system:
        raise ValueError("a bare value names nobody")
    return (States(PatientIdentifier(system.strip(), code.strip(), "").normalised),)


def _birthdate(value: str) -> Criterion:
    if len(value) > DAY_LENGTH:
        raise ValueError("a birth date has no time")
    spans = spans_of(value, ZoneInfo("UTC"))
    return tuple(Born(*(each and each.astimezone(UTC).date() for each in span)) for span in spans)


def _gender(value: str) -> Criterion:
    system, code = token(value)
    if system not in {None, "", GENDER}:
        return ()
    return (OfSex(Sex(code)),)


def _telecom(value: str) -> Criterion:
    system, number = token(value)
    digits = "".join(each for each in number if each in "+0123456789")
    return (Called(digits),) if digits and system in {None, "", "phone"} else ()


def _active(value: str) -> Criterion | None:
    _system, code = token(value)
    if code not in {"true", "false"}:
        raise ValueError("neither true nor false")
    # Nobody who was retired is found by what a record says: the records went with the person.
    return None if code == "true" else ()


def _text(part: Part, fit: Fit) -> Reader:
    return lambda value: (Says(part, value.strip(), fit),) if value.strip() else ()


READERS: Mapping[str, Reader] = {
    "_id": _id,
    "identifier": _identifier,
    "birthdate": _birthdate,
    "gender": _gender,
    "telecom": _telecom,
    "active": _active,
    **{
        f"{part}{modifier}": _text(part, fit)
        for part in Part
        for modifier, fit in (("", Fit.BEGINS), (":exact", Fit.EXACT))
    },
    # An address is kept as one text: its parts are words of it.
    **{
        f"address-{part}{modifier}": _text(Part.ADDRESS, Fit.HOLDS)
        for part in ("city", "state", "postalcode", "country")
        for modifier in ("", ":exact")
    },
}
