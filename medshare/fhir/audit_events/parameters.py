"""From the parameters of ITI-81 to a search of the trail.

All parameters must hold, and of each one of the values that commas separate. What cannot be read is
refused, and what names nothing finds nothing: a search is never wider than it was asked.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from medshare.audit.balp import ACTIONS, OPERATION, OUTCOMES, subtype_of, type_of
from medshare.audit.search.model import (
    About,
    Alternative,
    CameFrom,
    Criterion,
    Did,
    Has,
    Names,
    Recorded,
    Search,
    agents_of,
)
from medshare.audit.search.service import read_event_id
from medshare.fhir.dates import spans_of
from medshare.fhir.values import alternatives, token
from medshare.kernel.audit import AuditAction
from medshare.kernel.errors import InvalidError, Issue
from medshare.kernel.identifiers import PatientId, RecordId

KIND = "urn:medshare:"
ACTION = "http://hl7.org/fhir/audit-event-action"
OUTCOME = "http://hl7.org/fhir/audit-event-outcome"
EVERYTHING: Criterion = (Recorded(),)
EVERY_DID = frozenset((action, rest) for action in AuditAction for rest in (True, False))
_REFERENCE = re.compile(r"(?:(?:https?://[^\s?#]+/)?Patient/)?([A-Za-z0-9.-]{1,64})")
# Why a value cannot be read, by parameter.
WRONG = {
    "date": (
        "Send a FHIR date with one of the prefixes eq ne gt lt ge le sa eb.",
        "请填写 FHIR 日期，前缀限 eq ne gt lt ge le sa eb。",
    ),
    "patient": ("Send Patient/[id].", "请填写 Patient/[id]。"),
    "entity": (
        "Send Patient/[id]; other things are found by entity.identifier.",
        "请填写 Patient/[id]；其他对象请用 entity.identifier。",
    ),
    "entity.identifier": ("Send system|value.", "请以 system|value 形式填写。"),
    "patient.identifier": ("Send system|value.", "请以 system|value 形式填写。"),
}


@dataclass(frozen=True, slots=True)
class Known:
    """What a search is read by.

    Parameters
    ----------
    zone
        By whose clock a date without offset is.
    server
        What names the server in its events.
    aliases
        Returns every id under which a patient has been recorded.
    holders
        Returns the patients of whom a record holds an identifier, by system and value.
    record_patient
        Returns whose a record is, ``None`` where there is none.
    """

    zone: ZoneInfo
    server: str
    aliases: Callable[[PatientId], frozenset[PatientId]]
    holders: Callable[[str, str], Sequence[PatientId]]
    record_patient: Callable[[RecordId], PatientId | None]


Reader = Callable[[str, Known], Criterion]


def search_of(values: Mapping[str, Sequence[str]], known: Known) -> Search:
    """Return the search of what was sent, by the names of the parameters.

    Raises
    ------
    InvalidError
        A value cannot be read.
    """
    issues: list[Issue] = []
    search = [
        tuple(_alternatives(name, each, known, issues)) for name in values for each in values[name]
    ]
    if issues:
        raise InvalidError(issues=issues)
    return tuple(search)


def _alternatives(name: str, text: str, known: Known, issues: list[Issue]) -> Iterator[Alternative]:
    for value in alternatives(text):
        try:
            yield from READERS[name](value, known)
        except ValueError:
            issues.append(Issue(f"/{name}", "search-value", *WRONG[name]))


def _event(value: str, _known: Known) -> Criterion:
    event = read_event_id(value)
    return (event,) if event else ()


def _date(value: str, known: Known) -> Criterion:
    return tuple(Recorded(*span) for span in spans_of(value, known.zone))


def _agent(value: str, _known: Known) -> Criterion:
    return agents_of(*token(value))


def _patient(value: str, known: Known) -> Criterion:
    reference = _REFERENCE.fullmatch(value)
    if reference is None:
        raise ValueError("not a reference to a patient")
    return (About(known.aliases(PatientId(reference[1]))),)


def _patient_identifier(value: str, known: Known) -> Criterion:
    system, code = token(value)
    if not system:
        raise ValueError("a bare value names nobody")
    return tuple(About(known.aliases(each)) for each in known.holders(system, code))


def _entity(value: str, known: Known) -> Criterion:
    if "Patient/" not in value:
        raise ValueError("not a reference to a patient")
    return _patient(value, known)


def _entity_identifier(value: str, known: Known) -> Criterion:
    system, code = token(value)
    if not system:
        raise ValueError("a bare value names nothing")
    kind = system.removeprefix(KIND)
    if kind == system:
        return ()
    if kind == "request":
        return (Has("request_id", frozenset({code})),)
    if kind == "record":
        patient = known.record_patient(RecordId(code))
        return (About(known.aliases(patient), RecordId(code)),) if patient else ()
    return (Names(kind, code),)


def _type(value: str, _known: Known) -> Criterion:
    return (_did(value, lambda action, rest: type_of(action, by_rest=rest)),)


def _subtype(value: str, _known: Known) -> Criterion:
    system, code = token(value)
    done = _did(value, lambda action, _rest: subtype_of(action))
    operated = Has("operation", frozenset({code}))
    return (done, operated) if system in (None, OPERATION) else (done,)


def _action(value: str, _known: Known) -> Criterion:
    return (_did(value, lambda action, _rest: {"system": ACTION, "code": ACTIONS[action][0]}),)


def _outcome(value: str, _known: Known) -> Criterion:
    system, code = token(value)
    ended = {str(each) for each, shown in OUTCOMES.items() if shown == code}
    return (Has("outcome", frozenset(ended)),) if system in (None, OUTCOME) else ()


def _address(value: str, known: Known) -> Criterion:
    serves = known.server.startswith(value.lower())
    return (CameFrom(value), *(EVERYTHING if serves else ()))


def _server(value: str, known: Known) -> Criterion:
    return EVERYTHING if token(value) == (None, known.server) else ()


def _did(value: str, coding: Callable[[AuditAction, bool], Mapping[str, str]]) -> Did:
    """Return the actions whose coding a token names."""
    system, code = token(value)
    return Did(
        frozenset(
            (action, rest)
            for action, rest in EVERY_DID
            for each in (coding(action, rest),)
            if each["code"] == code and system in (None, each["system"])
        )
    )


READERS: Mapping[str, Reader] = {
    "_id": _event,
    "date": _date,
    "agent.identifier": _agent,
    "patient": _patient,
    "patient.identifier": _patient_identifier,
    "entity": _entity,
    "entity.identifier": _entity_identifier,
    "type": _type,
    "subtype": _subtype,
    "action": _action,
    "outcome": _outcome,
    "address": _address,
    "site": _server,
    "source.identifier": _server,
}
