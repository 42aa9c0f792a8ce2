"""The queries behind the questions; the index that serves each is named with it.

All but the last two read the digest. Keys of entries sort by time (UUID version 7), so a period
is a range of keys, widened by ``SLACK`` and then held to the instants themselves.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime, timedelta

import orjson
from sqlalchemy import (
    CTE,
    JSON,
    ColumnElement,
    Select,
    Text,
    case,
    cast,
    func,
    select,
    type_coerce,
)
from sqlalchemy.orm import Session

from medshare.audit.digest.model import Access, AccessKind, Sums
from medshare.audit.digest.store import (
    MEASURES,
    AccessRow,
    ActorHourRow,
    FacilityHourRow,
    TouchedRow,
    access_of,
)
from medshare.audit.questions.model import (
    OPENING,
    REVIEW,
    ActorHour,
    FacilityDay,
    Period,
    Reader,
    Stretch,
)
from medshare.audit.store import AuditEntryRow
from medshare.audit.tree.store import LeafRow, PendingRow
from medshare.infra.db import Instant
from medshare.kernel.identifiers import FacilityCode, PatientId, new_key

SLACK = timedelta(seconds=2)
GLASS = "break-glass"


def about_patient(patients: Collection[PatientId], period: Period) -> Select[str]:
    """Select who saw this patient: ``ix_audit_accesses_patient``, a range an identity."""
    return _within(period).where(
        AccessRow.patient_id.in_(sorted(patients)),
        AccessRow.kind.in_((AccessKind.READ, AccessKind.CHANGE)),
    )


def by_actor(actor: str, facility: FacilityCode | None, period: Period) -> Select[str]:
    """Select what this user saw: ``ix_audit_accesses_actor``."""
    statement = _within(period).where(AccessRow.actor == actor)
    return statement if facility is None else statement.where(AccessRow.facility == facility)


def turned_away(facility: FacilityCode | None, period: Period) -> Select[str]:
    """Select who was refused: ``ix_audit_accesses_kind``."""
    statement = _within(period).where(AccessRow.kind == AccessKind.DENIED)
    return statement if facility is None else statement.where(AccessRow.facility == facility)


def across(facility: FacilityCode, owner: FacilityCode, period: Period) -> Select[str]:
    """Select which data of ``owner`` was met by ``facility``: ``ix_audit_accesses_across``."""
    return _within(period).where(AccessRow.facility == facility, AccessRow.owner == owner)


def newest(session: Session, question: Select[str], before: str | None, limit: int) -> list[str]:
    """Return the ids of the newest entries that answer a question, older than ``before``."""
    if before is not None:
        question = question.where(AccessRow.entry_id < before)
    return list(
        session.scalars(question.distinct().order_by(AccessRow.entry_id.desc()).limit(limit))
    )


def _within(period: Period) -> Select[str]:
    row = AccessRow
    return select(row.entry_id).where(
        row.entry_id >= new_key(period.since - SLACK, bytes(10)),
        row.entry_id < new_key(period.until + SLACK, bytes(10)),
        row.recorded_at >= period.since,
        row.recorded_at < period.until,
    )


def grants(session: Session, period: Period, before: str | None, limit: int) -> list[str]:
    """Return emergency accesses opened in a period, newest first: ``ix_audit_touched_object``.

    A grant's key sorts by time as an entry's does.
    """
    row = TouchedRow
    statement = (
        select(row.object_id)
        .where(
            row.kind == GLASS,
            row.operation == OPENING,
            row.object_id >= new_key(period.since, bytes(10)),
            row.object_id < new_key(period.until, bytes(10)),
        )
        .order_by(row.object_id.desc())
        .limit(limit)
    )
    if before is not None:
        statement = statement.where(row.object_id < before)
    return list(session.scalars(statement))


def told_of_grants(session: Session, grant_ids: Collection[str]) -> list[tuple[str, str]]:
    """Return grants with the entries that opened and reviewed each: ``ix_audit_touched_object``."""
    row = TouchedRow
    rows = session.execute(
        select(row.object_id, row.entry_id)
        .where(
            row.kind == GLASS,
            row.object_id.in_(sorted(grant_ids)),
            row.operation.in_((OPENING, REVIEW)),
        )
        .order_by(row.entry_id)
    )
    return [(each.object_id, each.entry_id) for each in rows]


def emergency_reads(
    session: Session, patients: Collection[str], since: datetime, until: datetime
) -> Sequence[Access]:
    """Return what was read of persons by emergency access: ``ix_audit_accesses_patient``."""
    row = AccessRow
    return [
        access_of(each)
        for each in session.scalars(
            select(row).where(
                row.patient_id.in_(sorted(patients)),
                row.entry_id >= new_key(since - SLACK, bytes(10)),
                row.entry_id < new_key(until + SLACK, bytes(10)),
                row.emergency,
                row.kind == AccessKind.READ,
            )
        )
    ]


def busy_hours(
    session: Session,
    period: Period,
    at_least: int,
    after: tuple[datetime, str, str] | None,
    limit: int,
) -> list[ActorHour]:
    """Return hours in which an actor met at least so many persons: the key of the hours."""
    row = ActorHourRow
    statement = (
        select(row)
        .where(row.hour >= period.since, row.hour < period.until, row.patients >= at_least)
        .order_by(row.hour, row.facility, row.actor)
        .limit(limit)
    )
    if after is not None:
        hour, facility, actor = after
        statement = statement.where(
            (row.hour > hour)
            | ((row.hour == hour) & (row.facility > facility))
            | ((row.hour == hour) & (row.facility == facility) & (row.actor > actor))
        )
        statement = statement.where(row.hour >= hour)
    return [
        ActorHour(
            each.hour,
            FacilityCode(each.facility) if each.facility else None,
            each.actor,
            each.patients,
            _sums(each),
        )
        for each in session.scalars(statement)
    ]


def facility_days(
    session: Session, stretches: Iterable[Stretch], facility: FacilityCode | None
) -> list[FacilityDay]:
    """Return the sums of every day and facility: the key of the facilities' hours."""
    row, each = FacilityHourRow, _as_rows(session, stretches)
    sums = [func.sum(getattr(row, name)) for name in MEASURES]
    out_of_hours = func.sum(case((each.c.working, 0), else_=row.reads))
    statement = (
        select(each.c.day, row.facility, *sums, out_of_hours)
        .join_from(each, row, (row.hour >= each.c.begin) & (row.hour < each.c.end))
        .group_by(each.c.day, row.facility)
        .order_by(each.c.day, row.facility)
    )
    if facility is not None:
        statement = statement.where(row.facility == facility)
    return [
        FacilityDay(day, FacilityCode(code) if code else None, Sums(*map(int, figures)), int(out))
        for day, code, *figures, out in session.execute(statement)
    ]


def _as_rows(session: Session, stretches: Iterable[Stretch]) -> CTE:
    """Give stretches to the database as one JSON text: a year has a thousand, too many to bind."""
    sqlite = session.get_bind().dialect.name == "sqlite"
    text = orjson.dumps([_values(each, sqlite=sqlite) for each in stretches]).decode()
    unpack = func.json_each if sqlite else func.json_array_elements
    given = cast(text, Text)
    item = unpack(given if sqlite else cast(given, JSON)).table_valued("value").c.value

    def part(place: int) -> ColumnElement[str]:
        return func.json_extract(item, f"$[{place}]") if sqlite else item.op("->>")(place)

    begin, end = (
        type_coerce(part(n), Instant) if sqlite else cast(part(n), Instant) for n in (0, 1)
    )
    return select(
        begin.label("begin"),
        end.label("end"),
        part(2).label("day"),
        (part(3) == "1").label("working"),
    ).cte("stretches")


def _values(stretch: Stretch, *, sqlite: bool) -> list[str]:
    """Return a stretch as texts, its instants as the database keeps or reads them."""
    form = "%Y-%m-%d %H:%M:%S.%f" if sqlite else "%Y-%m-%dT%H:%M:%S.%fZ"
    ends = [each.astimezone(UTC).strftime(form) for each in (stretch.begin, stretch.end)]
    return [*ends, stretch.day, "1" if stretch.working else "0"]


def top_readers(
    session: Session, period: Period, facility: FacilityCode | None, limit: int
) -> list[Reader]:
    """Return who read most: the key of the actors' hours."""
    row = ActorHourRow
    sums = [func.sum(getattr(row, name)) for name in MEASURES]
    statement = (
        select(row.facility, row.actor, func.max(row.patients), *sums)
        .where(row.hour >= period.since, row.hour < period.until)
        .group_by(row.facility, row.actor)
        .order_by(func.sum(row.reads).desc(), row.facility, row.actor)
        .limit(limit)
    )
    if facility is not None:
        statement = statement.where(row.facility == facility)
    return [
        Reader(FacilityCode(code) if code else None, actor, busiest, Sums(*map(int, figures)))
        for code, actor, busiest, *figures in session.execute(statement)
    ]


def _sums(row: ActorHourRow | FacilityHourRow) -> Sums:
    return Sums(*(getattr(row, name) for name in MEASURES))


def leaves_between(session: Session, begin: int, end: int) -> dict[int, str]:
    """Return which entries' leaves stand between two indices: the key of the leaves."""
    rows = session.execute(
        select(LeafRow.position, LeafRow.entry_id).where(
            LeafRow.position >= begin, LeafRow.position < end
        )
    )
    return {each.position: each.entry_id for each in rows}


def standing(session: Session, entry_ids: Sequence[str]) -> set[str]:
    """Return which entries a ledger holds: the key of the entries."""
    return set(session.scalars(select(AuditEntryRow.id).where(AuditEntryRow.id.in_(entry_ids))))


def count_of(session: Session) -> tuple[int, int]:
    """Return how many entries a ledger holds, and how many of them wait to be sealed."""
    entries = session.scalar(select(func.count()).select_from(AuditEntryRow)) or 0
    return entries, session.scalar(select(func.count()).select_from(PendingRow)) or 0


def leaf_count(session: Session) -> tuple[int, int]:
    """Return how many leaves stand, and the first of their indices."""
    # Apart: together they are read from the rows, alone each from an index.
    count = session.scalar(select(func.count()).select_from(LeafRow)) or 0
    return count, session.scalar(select(func.min(LeafRow.position))) or 0
