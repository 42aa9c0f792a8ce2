"""Rows and queries of policy versions."""

from datetime import datetime

from sqlalchemy import String, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from medshare.infra.db import Instant, Row
from medshare.recognition.policies.model import Version


class PolicyRow(Row):
    """A policy version; its document never changes."""

    __tablename__ = "recognition_policies"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    text: Mapped[str] = mapped_column(Text)
    content_hash: Mapped[str] = mapped_column(String(64), unique=True)
    effective_from: Mapped[datetime] = mapped_column(Instant)
    drafted_by: Mapped[str] = mapped_column(String(64))
    drafted_at: Mapped[datetime] = mapped_column(Instant)
    enacted_by: Mapped[str | None] = mapped_column(String(64))
    enacted_at: Mapped[datetime | None] = mapped_column(Instant)


def add(session: Session, version: Version) -> None:
    """Insert a draft."""
    session.add(
        PolicyRow(
            id=version.id,
            text=version.text,
            content_hash=version.content_hash,
            effective_from=version.effective_from,
            drafted_by=version.drafted_by,
            drafted_at=version.drafted_at,
            enacted_by=None,
            enacted_at=None,
        )
    )
    session.flush()


def enact(session: Session, version_id: str, by: str, at: datetime) -> None:
    """Write down who put a version into force, and when."""
    row = session.get_one(PolicyRow, version_id)
    row.enacted_by, row.enacted_at = by, at
    session.flush()


def find(session: Session, version_id: str) -> Version | None:
    """Return a version."""
    row = session.get(PolicyRow, version_id)
    return None if row is None else _version(row)


def find_to_change(session: Session, version_id: str) -> Version | None:
    """Return a version and keep others from changing it until the commit."""
    session.execute(select(PolicyRow.id).where(PolicyRow.id == version_id).with_for_update())
    return find(session, version_id)


def find_by_hash(session: Session, content_hash: str) -> Version | None:
    """Return the version of a content."""
    row = session.scalar(select(PolicyRow).where(PolicyRow.content_hash == content_hash))
    return None if row is None else _version(row)


def id_in_force(session: Session, at: datetime) -> str | None:
    """Return the id of the enacted version that is effective at an instant."""
    return session.scalar(
        select(PolicyRow.id)
        .where(PolicyRow.enacted_at.is_not(None), PolicyRow.effective_from <= at)
        .order_by(PolicyRow.effective_from.desc(), PolicyRow.enacted_at.desc(), PolicyRow.id.desc())
        .limit(1)
    )


def latest_effective(session: Session) -> datetime | None:
    """Return the latest effective date of the enacted versions."""
    enacted = select(PolicyRow.effective_from).where(PolicyRow.enacted_at.is_not(None))
    return session.scalar(enacted.order_by(PolicyRow.effective_from.desc()).limit(1))


def page(session: Session, *, after: str, limit: int | None) -> list[Version]:
    """Return at most ``limit`` versions whose id is greater than ``after``, in order."""
    rows = select(PolicyRow).where(PolicyRow.id > after).order_by(PolicyRow.id).limit(limit)
    return [_version(row) for row in session.scalars(rows)]


def _version(row: PolicyRow) -> Version:
    return Version(
        row.id,
        row.text,
        row.content_hash,
        row.effective_from,
        row.drafted_by,
        row.drafted_at,
        row.enacted_by,
        row.enacted_at,
    )
