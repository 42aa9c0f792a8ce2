"""The worker: takes jobs one after the other, each in the hands of one worker at a time.

Each step is kept in a transaction of its own. A worker that dies leaves its job with a lease that
ends; the next one goes on behind the last step that was kept.
"""

import threading
from collections.abc import Sequence
from datetime import timedelta

import structlog

from medshare.infra.perform import Context, House, perform
from medshare.infra.uow import UnitOfWork
from medshare.jobs import store
from medshare.jobs.kinds import Kind
from medshare.jobs.model import Job, JobState, Step
from medshare.kernel.audit import AuditAction, AuditObject, AuditOutcome
from medshare.kernel.errors import ErrorKind, MedshareError
from medshare.kernel.operation import Operation, Origin, Recorded
from medshare.kernel.permission import Public
from medshare.kernel.principal import system_principal

POLL_S = 1.0
LEASE = timedelta(seconds=30)
ATTEMPTS_MAX = 5
RUN = Operation(
    "jobs.run",
    Public("Work of our own; who asked for it was asked then."),
    Recorded(AuditAction.EXECUTE, about_patients=False),
)
_PASSES = frozenset({ErrorKind.UNAVAILABLE, ErrorKind.STORAGE_FULL, ErrorKind.INTERNAL})

log = structlog.get_logger(__name__)


class JobAbandonedError(MedshareError):
    """The job was begun several times and never came a step further."""

    slug = "job-abandoned"


class JobKindUnknownError(MedshareError):
    """The job is of a kind that this release does not know; another one may."""

    slug = "job-kind-unknown"


class JobWorker:
    """Works on jobs until it is stopped; one thread, started by whoever serves."""

    def __init__(self, house: House, kinds: Sequence[Kind]) -> None:
        self._house = house
        self._kinds = {each.name: each for each in kinds}
        self._holder = house.clock.new_key()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="jobs", daemon=True)

    def start(self) -> None:
        """Begin to work in a thread of its own."""
        self._thread.start()

    def stop(self) -> None:
        """Finish the step in hand, leave the rest to the next worker, and end the thread."""
        self._stopping.set()
        self._thread.join()

    def work(self) -> bool:
        """Take the oldest free job to its end; tell whether there was one."""
        job = self._take()
        if job is None:
            return False
        try:
            self._take_through(job)
        except MedshareError as error:
            if error.kind in _PASSES and job.attempts < ATTEMPTS_MAX:
                raise  # the lease ends, and the job is tried again
            self._finish(job, JobState.FAILED, error.slug)
        return True

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                busy = self.work()
            except Exception:
                log.exception("job round failed")
                busy = False
            if not busy:
                self._stopping.wait(POLL_S)

    def _take(self) -> Job | None:
        now = self._house.clock.now()
        with self._house.database.read() as session:
            job_id = store.first_free(session, now)
        if job_id is None:
            return None
        with self._house.database.write() as session:
            taken = store.take(session, job_id, self._holder, now, now + LEASE)
            return store.find(session, job_id) if taken else None

    def _take_through(self, job: Job) -> None:
        if job.attempts > ATTEMPTS_MAX:
            raise JobAbandonedError
        kind = self._kinds.get(job.kind)
        if kind is None:
            raise JobKindUnknownError
        document = job.document
        while not self._stopping.is_set():
            with self._house.database.read() as session:
                step = kind.step(UnitOfWork(session, self._house.clock), job.parameters, document)
            if not self._keep(job, step):
                return  # cancelled, or another's by now
            if step.is_last:
                self._finish(job, JobState.DONE)
                return
            document = step.document
        with self._house.database.write() as session:
            store.let_go(session, job.id, self._holder, self._house.clock.now())

    def _keep(self, job: Job, step: Step) -> bool:
        until = self._house.clock.now() + LEASE
        with self._house.database.write() as session:
            return store.keep(session, job.id, self._holder, step, until)

    def _finish(self, job: Job, state: JobState, error: str = "") -> None:
        """End a job, with its entry in the trail."""

        def work(context: Context) -> None:
            with context.write() as uow:
                if not store.finish(uow.session, job.id, self._holder, state, uow.now(), error):
                    context.leave_no_entry()
                    return
                context.reason = error or job.kind
                context.touched(AuditObject("job", job.id))
                if state is JobState.FAILED:
                    context.outcome = AuditOutcome.FAILED

        perform(self._house, RUN, Origin(job.id), lambda: system_principal("jobs"), work)
