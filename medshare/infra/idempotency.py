"""Answers that were given under a caller's own key, kept so that a repetition gets the same."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import String, delete
from sqlalchemy.orm import Mapped, Session, mapped_column

from medshare.infra.db import Instant, Row

KEPT_FOR = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it was given.

    Parameters
    ----------
    digest
        Of the request: a key stands for one request only.
    concerns
        What the trail was told of it, to be told again with each repetition.
    """

    digest: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    concerns: Mapping[str, Any]


class IdempotencyRow(Row):
    """An answer under the name of its caller, operation and key."""

    __tablename__ = "idempotent_answers"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64))
    status: Mapped[int]
    headers: Mapped[bytes]
    body: Mapped[bytes]
    concerns: Mapped[bytes]
    kept_until: Mapped[datetime] = mapped_column(Instant, index=True)


def find(session: Session, name: str, now: datetime) -> Answer | None:
    """Return the answer that was given under a name in the last 24 hours."""
    row = session.get(IdempotencyRow, name)
    if row is None or row.kept_until <= now:
        return None
    return Answer(
        row.digest,
        row.status,
        orjson.loads(row.headers),
        row.body,
        orjson.loads(row.concerns),
    )


def keep(session: Session, name: str, answer: Answer, now: datetime) -> None:
    """Keep an answer for 24 hours, and drop those whose time is over."""
    session.execute(delete(IdempotencyRow).where(IdempotencyRow.kept_until <= now))
    session.add(
        IdempotencyRow(
            name=name,
            digest=answer.digest,
            status=answer.status,
            headers=orjson.dumps(answer.headers),
            body=answer.body,
            concerns=orjson.dumps(answer.concerns),
            kept_until=now + KEPT_FOR,
        )
    )
    session.flush()
