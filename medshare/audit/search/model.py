"""What a search of events is made of, and which event of an entry fits; pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from medshare.audit.balp import agent_systems
from medshare.kernel.audit import AuditAction, AuditEntry
from medshare.kernel.identifiers import FacilityCode, PatientId, RecordId
from medshare.kernel.principal import PrincipalKind


@dataclass(frozen=True, slots=True)
class Recorded:
    """It was recorded from ``since`` (included) to ``until`` (not included), aware instants."""

    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class About:
    """It is about one of these patients; ``record_id``: by this record."""

    patients: frozenset[PatientId]
    record_id: RecordId | None = None


@dataclass(frozen=True, slots=True)
class By:
    """A principal, or the person behind one, has this id; ``kind``: of principals of this kind."""

    id: str
    person: bool
    kind: PrincipalKind | None = None
    facility: FacilityCode | None = None


@dataclass(frozen=True, slots=True)
class Names:
    """It names this thing."""

    kind: str
    id: str


@dataclass(frozen=True, slots=True)
class Did:
    """It was one of these actions, each over the network or on the server itself."""

    actions: frozenset[tuple[AuditAction, bool]]


@dataclass(frozen=True, slots=True)
class Has:
    """One field of the entry has one of these values."""

    field: Literal["outcome", "operation", "request_id", "source_address"]
    values: frozenset[str]


@dataclass(frozen=True, slots=True)
class CameFrom:
    """The caller's address begins so."""

    address: str


@dataclass(frozen=True, slots=True)
class Is:
    """It is this event."""

    entry_id: str
    place: int


Alternative = Recorded | About | By | Names | Has | Did | CameFrom | Is
Criterion = tuple[Alternative, ...]
"""One of these must hold; where there is none, nothing fits."""
Search = tuple[Criterion, ...]
"""All of these must hold."""


@dataclass(frozen=True, slots=True)
class Event:
    """One event of an entry: the ``place``-th of its patients, from 0."""

    entry: AuditEntry
    place: int
    patient_id: PatientId | None


def agents_of(system: str | None, value: str) -> Criterion:
    """Return which agents an identifier names; without a system, principals and persons alike."""
    if system is None:
        return By(value, person=False), By(value, person=True)
    for kind in PrincipalKind:
        principals, persons = agent_systems(kind, None)
        if system == principals:
            return (By(value, person=False, kind=kind),)
        if kind is not PrincipalKind.CLIENT and system == persons:
            return (By(value, person=True, kind=PrincipalKind.PERSON),)
    prefix = agent_systems(PrincipalKind.CLIENT, "")[1]
    if system.startswith(prefix):
        facility = FacilityCode(system.removeprefix(prefix))
        return (By(value, person=True, kind=PrincipalKind.CLIENT, facility=facility),)
    return ()


def fits(event: Event, search: Search) -> bool:
    """Tell whether an event fits where its entry does; what all events of one share is passed."""
    return all(any(_holds(each, event) for each in criterion) for criterion in search)


def things_of(search: Search) -> Sequence[Names]:
    """Return the things of the first criterion that only things can fulfil, if there is one."""
    for criterion in search:
        things = [each for each in criterion if isinstance(each, Names)]
        if things and len(things) == len(criterion):
            return things
    return ()


def _holds(alternative: Alternative, event: Event) -> bool:
    match alternative:
        case About(patients, record_id):
            records = {
                each.record_id
                for each in event.entry.subjects
                if each.patient_id == event.patient_id
            }
            return event.patient_id in patients and (record_id is None or record_id in records)
        case Names(kind, id_):
            return any((each.kind, each.id) == (kind, id_) for each in event.entry.objects)
        case Has(field, values):
            return str(getattr(event.entry, field)) in values
        case Is(entry_id, place):
            return (event.entry.id, event.place) == (entry_id, place)
        case _:
            return True
