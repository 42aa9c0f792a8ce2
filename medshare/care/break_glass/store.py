"""Rows and queries of emergency access."""

from datetime import datetime

from sqlalchemy import ColumnElement, ForeignKey, Index, Select, String, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from medshare.care.break_glass.model import (
    LASTS,
    GlassOutcome,
    GlassReason,
    Grant,
    Review,
)
from medshare.infra.db import Instant, Row
from medshare.kernel.identifiers import FacilityCode, PatientId, RecordId
from medshare.patients.selectables import live_links


class GlassGrantRow(Row):
    """An emergency access, and its review once there is one."""

    __tablename__ = "glass_grants"
    __table_args__ = (
        Index("ix_glass_grants_user", "facility_code", "user_id", "expires_at"),
        Index("ix_glass_grants_queue", "reviewed_at", "id"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    facility_code: Mapped[str] = mapped_column(ForeignKey("facilities.code"))
    user_id: Mapped[str] = mapped_column(String(200))
    record_id: Mapped[str] = mapped_column(ForeignKey("patient_records.id"), index=True)
    reason: Mapped[str] = mapped_column(String(32))
    text: Mapped[str] = mapped_column(Text)
    granted_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    outcome: Mapped[str] = mapped_column(String(16))
    comment: Mapped[str] = mapped_column(Text)
    reviewed_by: Mapped[str] = mapped_column(String(200))
    reviewed_at: Mapped[datetime | None] = mapped_column(Instant)


def add(session: Session, grant: Grant) -> None:
    """Insert a grant."""
    session.add(
        GlassGrantRow(
            id=grant.id,
            facility_code=grant.facility,
            user_id=grant.user,
            record_id=grant.record_id,
            reason=grant.reason,
            text=grant.text,
            granted_at=grant.granted_at,
            expires_at=grant.granted_at + LASTS,
            outcome="",
            comment="",
            reviewed_by="",
        )
    )
    session.flush()


def review(session: Session, grant_id: str, found: Review) -> None:
    """Write down what a review found."""
    row = session.get_one(GlassGrantRow, grant_id)
    row.outcome, row.comment = found.outcome, found.comment
    row.reviewed_by, row.reviewed_at = found.reviewed_by, found.reviewed_at
    session.flush()


def find_to_change(session: Session, grant_id: str) -> Grant | None:
    """Return a grant and keep others from changing it until the commit."""
    session.execute(select(GlassGrantRow.id).where(GlassGrantRow.id == grant_id).with_for_update())
    return find(session, grant_id)


def find(session: Session, grant_id: str) -> Grant | None:
    """Return a grant."""
    found = _found(session, GlassGrantRow.id == grant_id, limit=1)
    return found[0] if found else None


def page(
    session: Session, *, facility: FacilityCode | None, reviewed: bool, after: str, limit: int
) -> list[Grant]:
    """Return grants by their ids, of one facility or of all."""
    at = GlassGrantRow.reviewed_at
    conditions = [GlassGrantRow.id > after, at.is_not(None) if reviewed else at.is_(None)]
    if facility is not None:
        conditions.append(GlassGrantRow.facility_code == facility)
    return _found(session, *conditions, limit=limit)


def persons_opened(facility: FacilityCode, user: str, now: datetime) -> Select[str]:
    """Select the ids of the persons whose data emergency access opens to a user now."""
    links = live_links()
    return (
        select(links.c.patient_id)
        .join(GlassGrantRow, GlassGrantRow.record_id == links.c.record_id)
        .where(
            GlassGrantRow.facility_code == facility,
            GlassGrantRow.user_id == user,
            GlassGrantRow.expires_at > now,
        )
    )


def _found(session: Session, *conditions: ColumnElement[bool], limit: int) -> list[Grant]:
    links = live_links()
    rows = session.execute(
        select(GlassGrantRow, links.c.patient_id)
        .join(links, links.c.record_id == GlassGrantRow.record_id)
        .where(*conditions)
        .order_by(GlassGrantRow.id)
        .limit(limit)
    )
    return [_grant(*each) for each in rows]


def _grant(row: GlassGrantRow, patient_id: str) -> Grant:
    found = None
    if row.reviewed_at is not None:
        found = Review(GlassOutcome(row.outcome), row.comment, row.reviewed_by, row.reviewed_at)
    return Grant(
        id=row.id,
        facility=FacilityCode(row.facility_code),
        user=row.user_id,
        record_id=RecordId(row.record_id),
        patient_id=PatientId(patient_id),
        reason=GlassReason(row.reason),
        text=row.text,
        granted_at=row.granted_at,
        review=found,
    )
