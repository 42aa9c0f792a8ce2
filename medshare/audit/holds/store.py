"""Rows of holds, kept in the index, and the condition on the entries that they keep."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, String, and_, exists, false, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from medshare.audit.holds.model import Hold
from medshare.audit.store import AuditEntryRow, AuditSubjectRow
from medshare.audit.vault.store import AuditKeyRow
from medshare.infra.db import Instant, Row
from medshare.kernel.identifiers import PatientId
from medshare.kernel.ports import PatientAliases


class HoldRow(Row):
    """A hold, in force until it is lifted; it is never deleted."""

    __tablename__ = "legal_holds"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    reason: Mapped[str] = mapped_column(String(500))
    placed_by: Mapped[str] = mapped_column(String(200))
    placed_at: Mapped[datetime] = mapped_column(Instant)
    entry_id: Mapped[str | None] = mapped_column(String(36))
    patient_id: Mapped[str | None] = mapped_column(String(36))
    since: Mapped[datetime | None] = mapped_column(Instant)
    until: Mapped[datetime | None] = mapped_column(Instant)
    lifted_by: Mapped[str] = mapped_column(String(200))
    lifted_at: Mapped[datetime | None] = mapped_column(Instant)


def add(session: Session, hold: Hold) -> None:
    """Insert a hold."""
    session.add(
        HoldRow(
            id=hold.id,
            reason=hold.reason,
            placed_by=hold.placed_by,
            placed_at=hold.placed_at,
            entry_id=hold.entry_id,
            patient_id=hold.patient_id,
            since=hold.since,
            until=hold.until,
            lifted_by="",
        )
    )
    session.flush()


def lift(session: Session, hold_id: str, by: str, at: datetime) -> bool:
    """Write down that a hold counts no more; ``False`` where none of the id is in force."""
    row = session.get(HoldRow, hold_id, with_for_update=True)
    if row is None or row.lifted_at is not None:
        return False
    row.lifted_by, row.lifted_at = by, at
    session.flush()
    return True


def all_holds(session: Session) -> list[Hold]:
    """Return every hold there ever was, by its key."""
    return [_hold(row) for row in session.scalars(select(HoldRow).order_by(HoldRow.id))]


def page(session: Session, after: str, limit: int) -> list[Hold]:
    """Return at most ``limit`` of them, behind the key ``after``."""
    statement = select(HoldRow).where(HoldRow.id > after).order_by(HoldRow.id).limit(limit)
    return [_hold(row) for row in session.scalars(statement)]


def in_force(session: Session) -> list[Hold]:
    """Return the holds that count."""
    rows = session.scalars(select(HoldRow).where(HoldRow.lifted_at.is_(None)))
    return [_hold(row) for row in rows]


def keeps_entry(
    session: Session, holds: Sequence[Hold], aliases: PatientAliases, entry_ids: Collection[str]
) -> bool:
    """Tell whether one of these entries is held."""
    mine = AuditEntryRow.id.in_(sorted(entry_ids))
    return _some(session, mine, _held(holds, aliases))


def keeps_words(
    session: Session, holds: Sequence[Hold], aliases: PatientAliases, holders: Collection[str]
) -> bool:
    """Tell whether an entry is held whose words are under the key of one of these holders."""
    keys = select(AuditKeyRow.id).where(AuditKeyRow.holder.in_(sorted(holders)))
    return _some(session, AuditEntryRow.key_id.in_(keys), _held(holds, aliases))


def _some(session: Session, *conditions: ColumnElement[bool]) -> bool:
    found = session.scalar(select(AuditEntryRow.id).where(*conditions).limit(1))
    return found is not None


def _held(holds: Sequence[Hold], aliases: PatientAliases) -> ColumnElement[bool]:
    row = AuditEntryRow
    ways: list[ColumnElement[bool]] = [false()]
    for each in holds:
        if each.entry_id is not None:
            ways.append(row.id == each.entry_id)
        elif each.patient_id is not None:
            ids = sorted(aliases.aliases(each.patient_id))
            named = AuditSubjectRow.patient_id.in_(ids)
            ways.append(exists().where(AuditSubjectRow.entry_id == row.id, named))
        else:
            ways.append(and_(row.recorded_at >= each.since, row.recorded_at < each.until))
    return or_(*ways)


def _hold(row: HoldRow) -> Hold:
    return Hold(
        row.id,
        row.reason,
        row.placed_by,
        row.placed_at,
        row.entry_id,
        PatientId(row.patient_id) if row.patient_id else None,
        row.since,
        row.until,
        row.lifted_by,
        row.lifted_at,
    )
