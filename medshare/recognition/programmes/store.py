"""Rows and queries of enacted programmes."""

import zlib
from datetime import datetime
from functools import lru_cache

import orjson
from sqlalchemy import String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from medshare.infra.db import Instant, Row
from medshare.recognition.programmes.model import Enacted, read_enacted

VERSIONS_KEPT = 8


class ProgrammeRow(Row):
    """A version of a programme, never changed."""

    __tablename__ = "recognition_programmes"

    policy_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    content_hash: Mapped[str] = mapped_column(String(64))
    effective_at: Mapped[datetime] = mapped_column(Instant, index=True)
    enacted_at: Mapped[datetime] = mapped_column(Instant)
    document: Mapped[bytes]


def add(session: Session, enacted: Enacted, document: object, now: datetime) -> None:
    """Insert a version."""
    session.add(
        ProgrammeRow(
            policy_id=enacted.programme.policy.id,
            content_hash=enacted.content_hash,
            effective_at=enacted.effective_at,
            enacted_at=now,
            document=zlib.compress(orjson.dumps(document)),
        )
    )
    session.flush()


def find_hash(session: Session, policy_id: str) -> str | None:
    """Return the content hash of a version."""
    return session.scalar(
        select(ProgrammeRow.content_hash).where(ProgrammeRow.policy_id == policy_id)
    )


def find_in_force(session: Session, at: datetime) -> Enacted | None:
    """Return the version with the latest effective date that has come by an instant."""
    packed = session.scalar(
        select(ProgrammeRow.document)
        .where(ProgrammeRow.effective_at <= at)
        .order_by(ProgrammeRow.effective_at.desc(), ProgrammeRow.enacted_at.desc())
        .limit(1)
    )
    return None if packed is None else _read(packed)


@lru_cache(maxsize=VERSIONS_KEPT)  # reading one takes longer than judging by it
def _read(packed: bytes) -> Enacted:
    return read_enacted(orjson.loads(zlib.decompress(packed)))
