"""What the digest says of an entry, and how entries add up; pure functions."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from medshare.kernel.audit import AuditAction, AuditEntry, AuditOutcome, AuditPhase, Subject
from medshare.kernel.identifiers import FacilityCode, PatientId, RecordId
from medshare.kernel.ports import RecordOwner
from medshare.kernel.principal import PurposeOfUse

RELEASED = frozenset({AuditOutcome.SUCCESS, AuditOutcome.PARTIAL})
TURNED_AWAY = frozenset({AuditOutcome.DENIED, AuditOutcome.UNAUTHENTICATED})
READS = frozenset({AuditAction.READ, AuditAction.SEARCH, AuditAction.EXPORT})
CHANGES = frozenset({AuditAction.CREATE, AuditAction.UPDATE, AuditAction.DELETE})


class AccessKind(StrEnum):
    """What an entry came to: data left, data changed, somebody was turned away."""

    READ = "read"
    CHANGE = "change"
    DENIED = "denied"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Access:
    """One person's data in one entry, or an entry that names nobody.

    Parameters
    ----------
    position
        Index of the entry's leaf in the tree.
    place
        From 0, among the persons whom the entry names.
    actor
        The person behind the request, else the principal.
    owner
        The facility whose record it is; ``None`` where no record is named, or it is gone.
    released
        The largest of the entry's counts.
    """

    position: int
    place: int
    entry_id: str
    recorded_at: datetime
    operation: str
    kind: AccessKind
    facility: FacilityCode | None
    actor: str
    basis: str
    phase: AuditPhase
    emergency: bool
    released: int
    patient_id: PatientId | None = None
    record_id: RecordId | None = None
    owner: FacilityCode | None = None
    same_surname: bool = False

    @property
    def foreign(self) -> bool:
        """Whether the record is another facility's."""
        return self.owner is not None and self.facility is not None and self.owner != self.facility

    @property
    def hour(self) -> datetime:
        """The hour (UTC) in which it was recorded."""
        return self.recorded_at.replace(minute=0, second=0, microsecond=0)


@dataclass(frozen=True, slots=True)
class Sums:
    """How often: reads of persons' data, changes, reads beyond the own facility, and so on."""

    reads: int = 0
    changes: int = 0
    foreign: int = 0
    emergencies: int = 0
    denied: int = 0

    def __add__(self, other: "Sums") -> "Sums":
        return Sums(
            self.reads + other.reads,
            self.changes + other.changes,
            self.foreign + other.foreign,
            self.emergencies + other.emergencies,
            self.denied + other.denied,
        )


def accesses_of(
    position: int, entry: AuditEntry, owners: Mapping[RecordId, RecordOwner]
) -> list[Access]:
    """Return what the digest keeps of an entry: a row for each person named, at least one."""
    return [
        _access(position, place, entry, subject, owners)
        for place, subject in enumerate(entry.subjects or (Subject(None),))
    ]


def _access(
    position: int,
    place: int,
    entry: AuditEntry,
    subject: Subject,
    owners: Mapping[RecordId, RecordOwner],
) -> Access:
    principal = entry.principal
    owner = owners.get(subject.record_id) if subject.record_id else None
    acting = principal.acting_user
    return Access(
        position=position,
        place=place,
        entry_id=entry.id,
        recorded_at=entry.recorded_at,
        operation=entry.operation,
        kind=kind_of(entry),
        facility=principal.facility,
        actor=acting.id if acting else principal.id,
        basis=entry.basis,
        phase=entry.phase,
        emergency=principal.purpose is PurposeOfUse.BTG,
        released=max(entry.counts.values(), default=0),
        patient_id=subject.patient_id,
        record_id=subject.record_id,
        owner=owner.facility if owner else None,
        same_surname=bool(owner and acting and shares_surname(acting.name, owner.family_name)),
    )


def kind_of(entry: AuditEntry) -> AccessKind:
    """Return what an entry came to."""
    if entry.outcome in TURNED_AWAY:
        return AccessKind.DENIED
    if entry.outcome not in RELEASED or not entry.subjects:
        return AccessKind.OTHER
    if entry.action in READS:
        return AccessKind.READ
    return AccessKind.CHANGE if entry.action in CHANGES else AccessKind.OTHER


def shares_surname(name: str, family_name: str) -> bool:
    """Tell whether a person's name begins (in Chinese) or ends (in Latin) in a family name."""
    name, family = name.strip().casefold(), family_name.strip().casefold()
    if not name or not family:
        return False
    if family.isascii():
        return family in (name.split()[-1], name.split("^")[0])
    return name.startswith(family)


def sums_of(accesses: Collection[Access]) -> Sums:
    """Add up the rows of one entry; the closing of a run was counted with its opening."""
    first = next(iter(accesses))
    if first.phase is AuditPhase.CLOSING:
        return Sums()
    read = first.kind is AccessKind.READ
    return Sums(
        reads=int(read),
        changes=int(first.kind is AccessKind.CHANGE),
        foreign=int(read and any(each.foreign for each in accesses)),
        emergencies=int(read and first.emergency),
        denied=int(first.kind is AccessKind.DENIED),
    )


HourKey = tuple[datetime, str, str]
"""Hour (UTC), facility (empty: none) and actor."""


def hours_of(entries: Sequence[Collection[Access]]) -> dict[HourKey, Sums]:
    """Add up entries by hour, facility and actor."""
    sums: dict[HourKey, Sums] = {}
    for accesses in entries:
        first = next(iter(accesses))
        key = (first.hour, first.facility or "", first.actor)
        sums[key] = sums.get(key, Sums()) + sums_of(accesses)
    return {key: each for key, each in sums.items() if each != Sums()}
