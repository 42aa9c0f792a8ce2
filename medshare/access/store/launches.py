"""Rows and queries of what other systems asked to be shown; no ticket is stored."""

from datetime import datetime

from sqlalchemy import String, delete
from sqlalchemy.orm import Mapped, Session, mapped_column

from medshare.infra.db import Instant, Row


class LaunchRow(Row):
    """What was asked for, until somebody takes it."""

    __tablename__ = "launches"

    ticket_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    asked: Mapped[str] = mapped_column(String(4000))
    expires_at: Mapped[datetime] = mapped_column(Instant, index=True)


def add(session: Session, ticket_hash: str, asked: str, expires_at: datetime) -> None:
    """Insert what was asked for."""
    session.add(LaunchRow(ticket_hash=ticket_hash, asked=asked, expires_at=expires_at))
    session.flush()


def take(session: Session, ticket_hash: str, now: datetime) -> str | None:
    """Delete what was asked for and return it, unless it has expired."""
    taken = session.execute(
        delete(LaunchRow)
        .where(LaunchRow.ticket_hash == ticket_hash, LaunchRow.expires_at > now)
        .returning(LaunchRow.asked)
    )
    return taken.scalar_one_or_none()


def drop_expired(session: Session, now: datetime) -> None:
    """Delete what nobody has taken in time."""
    session.execute(delete(LaunchRow).where(LaunchRow.expires_at <= now))
