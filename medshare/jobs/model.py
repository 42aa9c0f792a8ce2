"""What a job is, and which way it may go."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from medshare.kernel.errors import ConflictError, NotFoundError

Document = Mapping[str, Any]


class JobState(StrEnum):
    """How far a job has come; the last three are for ever."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_over(self) -> bool:
        """Tell whether nothing more will happen."""
        return self not in (JobState.WAITING, JobState.RUNNING)


@dataclass(frozen=True, slots=True)
class Step:
    """What a step of a job has come to.

    Parameters
    ----------
    document
        All that the next step has to know, as JSON; after the last one it is the result.
    done, total
        How much of how much is done, in whatever the job counts.
    """

    document: Document
    done: int
    total: int
    is_last: bool


@dataclass(frozen=True, slots=True)
class Job:
    """A job as it stands.

    Parameters
    ----------
    owner
        Id of the principal who asked for it; nobody else may know of it.
    total
        ``None`` before the first step.
    document
        Of the last step that was kept, empty before; of a job that is done it is the result.
    error
        Slug of what a failed job failed by.
    attempts
        How often it was taken in hand since its last step that was kept.
    """

    id: str
    kind: str
    owner: str
    parameters: Document
    created_at: datetime
    state: JobState = JobState.WAITING
    done: int = 0
    total: int | None = None
    document: Document = field(default_factory=dict)
    error: str = ""
    attempts: int = 0
    finished_at: datetime | None = None

    @property
    def result(self) -> Document | None:
        """Return what came of it, ``None`` unless it is done."""
        return self.document if self.state is JobState.DONE else None


class JobUnknownError(NotFoundError):
    """There is no such job, or it is another's."""

    slug = "job-unknown"
    title = "There is no such job"
    title_zh = "没有该任务"


class JobOverError(ConflictError):
    """The job is over and cannot be cancelled."""

    slug = "job-over"
    title = "The job is over and can no longer be cancelled"
    title_zh = "任务已结束，无法取消"
