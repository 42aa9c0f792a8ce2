"""Use cases of jobs: hand one in, look at it, cancel it."""

from medshare.infra.paging import Page, read_cursor, write_cursor
from medshare.infra.uow import UnitOfWork
from medshare.jobs import store
from medshare.jobs.kinds import Kind
from medshare.jobs.model import Document, Job, JobOverError, JobState, JobUnknownError


def submit(uow: UnitOfWork, owner: str, kind: Kind, parameters: Document) -> Job:
    """Hand in a job; a worker takes it once the transaction is committed."""
    job = Job(uow.new_key(), kind.name, owner, parameters, uow.now())
    store.add(uow.session, job)
    return job


def get(uow: UnitOfWork, owner: str, job_id: str) -> Job:
    """Return one of an owner's jobs.

    Raises
    ------
    JobUnknownError
        The owner has handed in no such job.
    """
    job = store.find(uow.session, job_id)
    if job is None or job.owner != owner:
        raise JobUnknownError
    return job


def page(uow: UnitOfWork, owner: str, *, cursor: str | None, limit: int) -> Page[Job]:
    """List an owner's jobs, newest first."""
    keys = read_cursor(cursor, 1)
    before = keys[0] if keys else ""
    found = store.page(uow.session, owner, before=before, limit=limit + 1)
    more = len(found) > limit
    return Page(found[:limit], write_cursor(found[limit - 1].id) if more else None)


def cancel(uow: UnitOfWork, owner: str, job_id: str) -> Job:
    """Cancel a job; the step in hand is not kept. Again changes nothing.

    Raises
    ------
    JobUnknownError
        The owner has handed in no such job.
    JobOverError
        It is done, or failed.
    """
    job = get(uow, owner, job_id)
    if not store.cancel(uow.session, job_id, uow.now()) and job.state is not JobState.CANCELLED:
        raise JobOverError
    return get(uow, owner, job_id)
