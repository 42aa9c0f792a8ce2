"""Rows and queries of cases."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from medshare.infra.db import Instant, Row
from medshare.recognition.defects.model import Declined, DefectCase, DefectKind, DefectOutcome


class DefectRow(Row):
    """A case."""

    __tablename__ = "recognition_defects"
    __table_args__ = (Index("ix_recognition_defects_facility_code_id", "facility_code", "id"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    decision: Mapped[str] = mapped_column(String(64), unique=True)
    kind: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(String(64))
    item: Mapped[str] = mapped_column(String(64))
    exam_id: Mapped[str] = mapped_column(ForeignKey("exams.id"), index=True)
    facility_code: Mapped[str] = mapped_column(ForeignKey("facilities.code"))
    reported_by: Mapped[str] = mapped_column(ForeignKey("facilities.code"))
    opened_at: Mapped[datetime] = mapped_column(Instant)
    claimed_by: Mapped[str | None] = mapped_column(String(64))
    claimed_at: Mapped[datetime | None] = mapped_column(Instant)
    outcome: Mapped[str | None] = mapped_column(String(16))
    note: Mapped[str] = mapped_column(Text)
    resolved_at: Mapped[datetime | None] = mapped_column(Instant)


def add(session: Session, case: DefectCase) -> None:
    """Insert a case."""
    declined = case.declined
    session.add(
        DefectRow(
            id=case.id,
            decision=declined.decision,
            kind=declined.kind,
            reason=declined.reason,
            item=declined.item,
            exam_id=declined.exam,
            facility_code=declined.facility,
            reported_by=declined.reported_by,
            opened_at=case.opened_at,
            claimed_by=None,
            claimed_at=None,
            outcome=None,
            note="",
            resolved_at=None,
        )
    )
    session.flush()


def change(session: Session, case: DefectCase) -> None:
    """Write down how far a case has come."""
    row = session.get_one(DefectRow, case.id)
    row.claimed_by, row.claimed_at = case.claimed_by, case.claimed_at
    row.outcome, row.note, row.resolved_at = case.outcome, case.note, case.resolved_at
    session.flush()


def find_to_change(session: Session, case_id: str) -> DefectCase | None:
    """Return a case and keep others from changing it until the commit."""
    session.execute(select(DefectRow.id).where(DefectRow.id == case_id).with_for_update())
    row = session.get(DefectRow, case_id)
    return None if row is None else _case(row)


def find_by_decision(session: Session, decision: str) -> DefectCase | None:
    """Return the case that a decision opened."""
    row = session.scalar(select(DefectRow).where(DefectRow.decision == decision))
    return None if row is None else _case(row)


def page(
    session: Session, *, facility: str | None, open_only: bool, after: str, limit: int
) -> list[DefectCase]:
    """Return at most ``limit`` cases whose id is greater than ``after``, the oldest first."""
    rows = select(DefectRow).where(DefectRow.id > after)
    if facility is not None:
        rows = rows.where(DefectRow.facility_code == facility)
    if open_only:
        rows = rows.where(DefectRow.outcome.is_(None))
    return [_case(row) for row in session.scalars(rows.order_by(DefectRow.id).limit(limit))]


def _case(row: DefectRow) -> DefectCase:
    declined = Declined(
        row.decision,
        row.reason,
        row.item,
        row.exam_id,
        row.facility_code,
        row.reported_by,
        DefectKind(row.kind),
    )
    return DefectCase(
        row.id,
        declined,
        row.opened_at,
        row.claimed_by,
        row.claimed_at,
        DefectOutcome(row.outcome) if row.outcome else None,
        row.note,
        row.resolved_at,
    )
