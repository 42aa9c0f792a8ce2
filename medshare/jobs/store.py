"""Rows and queries of jobs. A worker holds a job by a lease; whatever it keeps asks for it."""

from datetime import datetime

import orjson
from sqlalchemy import ColumnElement, Index, String, Update, and_, or_, select, update
from sqlalchemy.engine import CursorResult
from sqlalchemy.orm import Mapped, Session, mapped_column

from medshare.infra.db import Instant, Row
from medshare.jobs.model import Job, JobState, Step


class JobRow(Row):
    """A job, and who works on it until when."""

    __tablename__ = "jobs"
    __table_args__ = (
        Index("ix_jobs_state_id", "state", "id"),
        Index("ix_jobs_owner_id", "owner", "id"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    kind: Mapped[str] = mapped_column(String(64))
    owner: Mapped[str] = mapped_column(String(64))
    parameters: Mapped[bytes]
    created_at: Mapped[datetime] = mapped_column(Instant)
    state: Mapped[str] = mapped_column(String(16))
    done: Mapped[int]
    total: Mapped[int | None]
    document: Mapped[bytes]
    error: Mapped[str] = mapped_column(String(64))
    attempts: Mapped[int]
    finished_at: Mapped[datetime | None] = mapped_column(Instant)
    holder: Mapped[str | None] = mapped_column(String(36))
    held_until: Mapped[datetime | None] = mapped_column(Instant)


def add(session: Session, job: Job) -> None:
    """Insert a job that waits."""
    session.add(
        JobRow(
            id=job.id,
            kind=job.kind,
            owner=job.owner,
            parameters=orjson.dumps(job.parameters),
            created_at=job.created_at,
            state=job.state,
            done=job.done,
            total=job.total,
            document=orjson.dumps(job.document),
            error=job.error,
            attempts=job.attempts,
        )
    )
    session.flush()


def find(session: Session, job_id: str) -> Job | None:
    """Return a job."""
    row = session.get(JobRow, job_id, populate_existing=True)
    return None if row is None else _job(row)


def page(session: Session, owner: str, *, before: str, limit: int) -> list[Job]:
    """Return at most ``limit`` of an owner's jobs, newest first, older than ``before``."""
    rows = select(JobRow).where(JobRow.owner == owner)
    if before:
        rows = rows.where(JobRow.id < before)
    return [_job(row) for row in session.scalars(rows.order_by(JobRow.id.desc()).limit(limit))]


def first_free(session: Session, now: datetime) -> str | None:
    """Return the id of the oldest job that nobody works on."""
    free = select(JobRow.id).where(_is_free(now)).order_by(JobRow.id).limit(1)
    return session.scalar(free)


def take(session: Session, job_id: str, holder: str, now: datetime, until: datetime) -> bool:
    """Take a job in hand; tell whether nobody was quicker."""
    return _changed(
        session,
        update(JobRow)
        .where(JobRow.id == job_id, _is_free(now))
        .values(
            state=JobState.RUNNING,
            holder=holder,
            held_until=until,
            attempts=JobRow.attempts + 1,
        ),
    )


def keep(session: Session, job_id: str, holder: str, step: Step, until: datetime) -> bool:
    """Keep what a step has come to; tell whether the job is still in the holder's hands."""
    return _changed(
        session,
        update(JobRow)
        .where(_is_held(job_id, holder))
        .values(
            document=orjson.dumps(step.document),
            done=step.done,
            total=step.total,
            attempts=0,
            held_until=until,
        ),
    )


def finish(
    session: Session, job_id: str, holder: str, state: JobState, at: datetime, error: str = ""
) -> bool:
    """End a job; tell whether it was still in the holder's hands."""
    return _changed(
        session,
        update(JobRow)
        .where(_is_held(job_id, holder))
        .values(state=state, error=error, finished_at=at, holder=None, held_until=None),
    )


def let_go(session: Session, job_id: str, holder: str, now: datetime) -> None:
    """Leave a job to the next worker at once; this attempt does not count."""
    session.execute(
        update(JobRow).where(_is_held(job_id, holder)).values(held_until=now, attempts=0)
    )


def cancel(session: Session, job_id: str, at: datetime) -> bool:
    """Cancel a job; tell whether it was not over yet."""
    running = JobRow.state.in_([JobState.WAITING, JobState.RUNNING])
    return _changed(
        session,
        update(JobRow)
        .where(JobRow.id == job_id, running)
        .values(state=JobState.CANCELLED, finished_at=at, holder=None, held_until=None),
    )


def _is_free(now: datetime) -> ColumnElement[bool]:
    left = and_(JobRow.state == JobState.RUNNING, JobRow.held_until <= now)
    return or_(JobRow.state == JobState.WAITING, left)


def _is_held(job_id: str, holder: str) -> ColumnElement[bool]:
    return and_(JobRow.id == job_id, JobRow.state == JobState.RUNNING, JobRow.holder == holder)


def _changed(session: Session, statement: Update) -> bool:
    result = session.execute(statement)
    return isinstance(result, CursorResult) and result.rowcount == 1


def _job(row: JobRow) -> Job:
    return Job(
        row.id,
        row.kind,
        row.owner,
        orjson.loads(row.parameters),
        row.created_at,
        JobState(row.state),
        row.done,
        row.total,
        orjson.loads(row.document),
        row.error,
        row.attempts,
        row.finished_at,
    )
