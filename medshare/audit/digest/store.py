"""Rows and queries of the digest; they stand in the ledger that holds the tree."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any, cast

from sqlalchemy import (
    Index,
    String,
    Table,
    delete,
    func,
    insert,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import insert as insert_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_sqlite
from sqlalchemy.engine import CursorResult
from sqlalchemy.orm import Mapped, Session, mapped_column

from medshare.audit.digest.model import Access, AccessKind, HourKey, Sums
from medshare.audit.tree.store import POSITION, LeafRow
from medshare.infra.db import Instant, Row
from medshare.kernel.audit import AuditEntry, AuditPhase
from medshare.kernel.identifiers import FacilityCode, PatientId, RecordId

KEYS_MAX = 400


class AccessRow(Row):
    """One person's data in one entry, or an entry that names nobody."""

    __tablename__ = "audit_accesses"
    __table_args__ = (
        Index("ix_audit_accesses_patient", "patient_id", "entry_id"),
        Index("ix_audit_accesses_actor", "actor", "entry_id"),
        Index("ix_audit_accesses_across", "facility", "owner", "entry_id"),
        Index("ix_audit_accesses_kind", "kind", "entry_id"),
        Index("ix_audit_accesses_hour", "actor", "hour", "facility", "patient_id"),
    )

    position: Mapped[int] = mapped_column(POSITION, primary_key=True, autoincrement=False)
    place: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    entry_id: Mapped[str] = mapped_column(String(36))
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    hour: Mapped[datetime] = mapped_column(Instant)
    operation: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(16))
    facility: Mapped[str | None] = mapped_column(String(64))
    actor: Mapped[str] = mapped_column(String(200))
    basis: Mapped[str] = mapped_column(String(100))
    phase: Mapped[str] = mapped_column(String(16))
    emergency: Mapped[bool]
    released: Mapped[int] = mapped_column(POSITION)
    patient_id: Mapped[str | None] = mapped_column(String(36))
    record_id: Mapped[str | None] = mapped_column(String(36))
    owner: Mapped[str | None] = mapped_column(String(64))
    same_surname: Mapped[bool]


class TouchedRow(Row):
    """A thing that an entry names."""

    __tablename__ = "audit_touched"
    __table_args__ = (Index("ix_audit_touched_object", "kind", "object_id", "entry_id"),)

    position: Mapped[int] = mapped_column(POSITION, primary_key=True, autoincrement=False)
    place: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    entry_id: Mapped[str] = mapped_column(String(36))
    operation: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(64))
    object_id: Mapped[str] = mapped_column(String(200))


class _Sums:
    reads: Mapped[int]
    changes: Mapped[int]
    foreign: Mapped[int]
    emergencies: Mapped[int]
    denied: Mapped[int]


class ActorHourRow(_Sums, Row):
    """How much one actor did in one hour, and the data of how many persons it met."""

    __tablename__ = "audit_actor_hours"

    hour: Mapped[datetime] = mapped_column(Instant, primary_key=True)
    facility: Mapped[str] = mapped_column(String(64), primary_key=True)
    actor: Mapped[str] = mapped_column(String(200), primary_key=True)
    patients: Mapped[int]


class FacilityHourRow(_Sums, Row):
    """How much one facility did in one hour."""

    __tablename__ = "audit_facility_hours"

    hour: Mapped[datetime] = mapped_column(Instant, primary_key=True)
    facility: Mapped[str] = mapped_column(String(64), primary_key=True)


class FollowerRow(Row):
    """How far somebody has followed the tree: the position that comes next."""

    __tablename__ = "audit_followers"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    position: Mapped[int] = mapped_column(POSITION)


ACCESSES = cast("Table", AccessRow.__table__)
TOUCHED = cast("Table", TouchedRow.__table__)
MEASURES = tuple(each.name for each in fields(Sums))


def followed_to(session: Session, name: str) -> int:
    """Return the position that comes next for a follower."""
    row = session.get(FollowerRow, name)
    return row.position if row else 0


def advance(session: Session, name: str, *, old: int, new: int) -> bool:
    """Move a follower on; ``False`` where somebody else moved it meanwhile."""
    insert_ = _insert(session)
    session.execute(insert_(FollowerRow).values(name=name, position=0).on_conflict_do_nothing())
    moved = session.execute(
        update(FollowerRow)
        .where(FollowerRow.name == name, FollowerRow.position == old)
        .values(position=new)
    )
    return isinstance(moved, CursorResult) and moved.rowcount == 1


def leaves_from(session: Session, position: int, limit: int) -> list[tuple[int, str]]:
    """Return positions and entries of leaves, in the order of the tree."""
    rows = session.execute(
        select(LeafRow.position, LeafRow.entry_id)
        .where(LeafRow.position >= position)
        .order_by(LeafRow.position)
        .limit(limit)
    )
    return [(each.position, each.entry_id) for each in rows]


def add_accesses(session: Session, accesses: Sequence[Access]) -> None:
    """Insert accesses."""
    if accesses:
        session.execute(insert(ACCESSES), [_values(each) for each in accesses])


def drop(session: Session, *, before: int) -> None:
    """Delete what is said of entries before a position, and of the hours before the next one."""
    session.execute(delete(AccessRow).where(AccessRow.position < before))
    session.execute(delete(TouchedRow).where(TouchedRow.position < before))
    begin = session.scalar(
        select(AccessRow.hour).order_by(AccessRow.position, AccessRow.place).limit(1)
    )
    if begin is not None:
        session.execute(delete(ActorHourRow).where(ActorHourRow.hour < begin))
        session.execute(delete(FacilityHourRow).where(FacilityHourRow.hour < begin))


def forget_surnames(session: Session, patients: Collection[PatientId]) -> None:
    """Forget of persons whether those who met their data have their surname."""
    named = AccessRow.patient_id.in_(sorted(patients))
    session.execute(update(AccessRow).where(named).values(same_surname=False))


def add_touched(session: Session, entries: Iterable[tuple[int, AuditEntry]]) -> None:
    """Insert the things that entries name, by the position of each."""
    rows = [
        {
            "position": position,
            "place": place,
            "entry_id": entry.id,
            "operation": entry.operation,
            "kind": each.kind,
            "object_id": each.id,
        }
        for position, entry in entries
        for place, each in enumerate(entry.objects)
    ]
    if rows:
        session.execute(insert(TOUCHED), rows)


def add_hours(session: Session, hours: Mapping[HourKey, Sums]) -> None:
    """Add to the hours of actors and facilities; their accesses stand already."""
    if not hours:
        return
    met = _persons_met(session, list(hours))
    _add_sums(
        session,
        ActorHourRow,
        [
            {
                "hour": hour,
                "facility": facility,
                "actor": actor,
                "patients": met.get((hour, facility, actor), 0),
                **asdict(sums),
            }
            for (hour, facility, actor), sums in hours.items()
        ],
    )
    by_facility: dict[tuple[datetime, str], Sums] = {}
    for (hour, facility, _actor), sums in hours.items():
        by_facility[hour, facility] = by_facility.get((hour, facility), Sums()) + sums
    _add_sums(
        session,
        FacilityHourRow,
        [
            {"hour": hour, "facility": facility, **asdict(sums)}
            for (hour, facility), sums in by_facility.items()
        ],
    )


def _add_sums(
    session: Session,
    table: type[ActorHourRow | FacilityHourRow],
    rows: Sequence[Mapping[str, Any]],
) -> None:
    statement = _insert(session)(table)
    added = {name: getattr(table, name) + statement.excluded[name] for name in MEASURES}
    keys = ["hour", "facility"]
    if table is ActorHourRow:
        added["patients"] = statement.excluded.patients
        keys.append("actor")
    session.execute(
        statement.on_conflict_do_update(index_elements=keys, set_=added), [dict(r) for r in rows]
    )


def _persons_met(session: Session, keys: Sequence[HourKey]) -> dict[HourKey, int]:
    """Return the data of how many persons an actor met in an hour."""
    found: dict[HourKey, int] = {}
    row = AccessRow
    for at in range(0, len(keys), KEYS_MAX):
        wanted = [(actor, hour) for hour, _facility, actor in keys[at : at + KEYS_MAX]]
        counted = session.execute(
            select(row.hour, row.facility, row.actor, func.count(row.patient_id.distinct()))
            .where(tuple_(row.actor, row.hour).in_(wanted))
            .group_by(row.hour, row.facility, row.actor)
        )
        found |= {(hour, facility or "", actor): n for hour, facility, actor, n in counted}
    return found


def accesses_from(session: Session, position: int, limit: int) -> list[Access]:
    """Return accesses of at most ``limit`` entries from a position on, in the tree's order."""
    row = AccessRow
    wanted = (
        select(row.position).where(row.position >= position).distinct().order_by(row.position)
    ).limit(limit)
    rows = session.scalars(
        select(row).where(row.position.in_(wanted)).order_by(row.position, row.place)
    )
    return [access_of(each) for each in rows]


def _insert(session: Session) -> Any:  # noqa: ANN401  # either dialect's own insert
    return insert_sqlite if session.get_bind().dialect.name == "sqlite" else insert_postgresql


def _values(access: Access) -> dict[str, object]:
    values = {each.name: getattr(access, each.name) for each in fields(Access)}
    return values | {
        "hour": access.hour,
        "kind": str(access.kind),
        "phase": str(access.phase),
    }


def access_of(row: AccessRow) -> Access:
    """Return what a row tells of."""
    return Access(
        position=row.position,
        place=row.place,
        entry_id=row.entry_id,
        recorded_at=row.recorded_at,
        operation=row.operation,
        kind=AccessKind(row.kind),
        facility=FacilityCode(row.facility) if row.facility else None,
        actor=row.actor,
        basis=row.basis,
        phase=AuditPhase(row.phase),
        emergency=row.emergency,
        released=row.released,
        patient_id=PatientId(row.patient_id) if row.patient_id else None,
        record_id=RecordId(row.record_id) if row.record_id else None,
        owner=FacilityCode(row.owner) if row.owner else None,
        same_surname=row.same_surname,
    )
