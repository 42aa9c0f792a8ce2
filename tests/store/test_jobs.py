"""Jobs are done once, by one worker at a time, and outlive whoever works on them."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path

import pytest

from medshare.infra.clock import SystemClock
from medshare.jobs import service
from medshare.jobs.kinds import Kind
from medshare.jobs.model import (
    Document,
    Job,
    JobOverError,
    JobState,
    JobUnknownError,
    Step,
)
from medshare.jobs.worker import ATTEMPTS_MAX, LEASE, JobWorker
from medshare.kernel.errors import InvalidError, UnavailableError
from medshare.settings import Settings
from tests.counting_jobs import COUNTING
from tests.site import Site

OWNER = "officer-1"


def a_worker(site: Site, kind: Kind = COUNTING) -> JobWorker:
    return JobWorker(site.application.house, [kind])


def submit(site: Site, **parameters: float) -> str:
    def work(uow):
        return service.submit(uow, OWNER, COUNTING, {"to": 3} | parameters).id

    return str(site.write(work))


def job(site: Site, job_id: str) -> Job:
    found = site.read(lambda uow: service.get(uow, OWNER, job_id))
    assert isinstance(found, Job)
    return found


def breaking(error: BaseException, after: int = 1) -> Kind:
    """Return the counting kind, whose steps raise once so much is counted."""

    def step(uow, parameters: Document, document: Document) -> Step:
        if len(document.get("counted", [])) >= after:
            raise error
        return COUNTING.step(uow, parameters, document)

    return replace(COUNTING, step=step)


def test_a_job_is_done_step_by_step_and_its_result_stays(site: Site) -> None:
    job_id = submit(site)
    assert job(site, job_id).state is JobState.WAITING
    worker = a_worker(site)

    assert worker.work()

    done = job(site, job_id)
    assert (done.state, done.done, done.total) == (JobState.DONE, 3, 3)
    assert done.result == {"counted": [1, 2, 3]}
    assert not worker.work()
    entry = site.last_entry()
    assert (entry.operation, entry.principal.id, entry.outcome) == ("jobs.run", "jobs", "success")
    assert [(each.kind, each.id) for each in entry.objects] == [("job", job_id)]


def test_another_worker_goes_on_behind_the_last_step_once_the_lease_has_ended(site: Site) -> None:
    job_id = submit(site)
    with pytest.raises(KeyboardInterrupt):
        a_worker(site, breaking(KeyboardInterrupt())).work()
    assert job(site, job_id).done == 1
    other = a_worker(site, breaking(AssertionError("begun anew"), after=3))
    assert not other.work()

    site.clock.advance(seconds=LEASE.total_seconds())

    assert other.work()
    assert job(site, job_id).result == {"counted": [1, 2, 3]}


def test_a_worker_whose_lease_has_ended_keeps_nothing(site: Site) -> None:
    job_id = submit(site)

    def lose(uow, parameters: Document, document: Document) -> Step:
        site.clock.advance(seconds=LEASE.total_seconds())
        assert a_worker(site).work()
        return Step({"counted": ["late"]}, 1, 1, is_last=True)

    a_worker(site, replace(COUNTING, step=lose)).work()

    assert job(site, job_id).result == {"counted": [1, 2, 3]}
    assert [each.operation for each in site.entries()].count("jobs.run") == 1


def test_cancelling_ends_a_job_between_its_steps(site: Site) -> None:
    job_id = submit(site)

    def cancelled(uow, parameters: Document, document: Document) -> Step:
        if document:
            site.write(lambda other: service.cancel(other, OWNER, job_id))
        return COUNTING.step(uow, parameters, document)

    a_worker(site, replace(COUNTING, step=cancelled)).work()

    ended = job(site, job_id)
    assert (ended.state, ended.done, ended.result) == (JobState.CANCELLED, 1, None)
    assert not a_worker(site).work()
    again = site.write(lambda uow: service.cancel(uow, OWNER, job_id))
    assert again == ended


def test_what_is_over_cannot_be_cancelled_and_others_know_nothing_of_it(site: Site) -> None:
    job_id = submit(site)
    with pytest.raises(JobUnknownError):
        site.write(lambda uow: service.cancel(uow, "somebody", job_id))
    a_worker(site).work()
    with pytest.raises(JobOverError):
        site.write(lambda uow: service.cancel(uow, OWNER, job_id))


def test_a_job_that_is_refused_fails_at_once_with_its_reason(site: Site) -> None:
    job_id = submit(site)
    assert a_worker(site, breaking(InvalidError())).work()
    failed = job(site, job_id)
    assert (failed.state, failed.error, failed.result) == (JobState.FAILED, "invalid", None)
    assert (site.last_entry().operation, site.last_entry().outcome) == ("jobs.run", "failed")


@pytest.mark.parametrize("error", [UnavailableError(), RuntimeError("bug")])
def test_a_job_that_never_comes_a_step_further_is_given_up(site: Site, error: Exception) -> None:
    job_id = submit(site)
    worker = a_worker(site, breaking(error, after=0))
    for _ in range(ATTEMPTS_MAX + 1):
        try:
            worker.work()
        except (UnavailableError, RuntimeError):
            assert job(site, job_id).state is JobState.RUNNING
        site.clock.advance(seconds=LEASE.total_seconds())
    assert job(site, job_id).state is JobState.FAILED


def test_a_job_of_an_unknown_kind_is_left_to_a_release_that_knows_it(site: Site) -> None:
    job_id = submit(site)
    with pytest.raises(Exception, match="failed"):
        a_worker(site, Kind("tests.other", COUNTING.step)).work()
    site.clock.advance(seconds=LEASE.total_seconds())
    assert a_worker(site).work()
    assert job(site, job_id).state is JobState.DONE


def test_a_worker_that_is_stopped_leaves_its_job_to_the_next_at_once(site: Site) -> None:
    job_id = submit(site)
    workers: list[JobWorker] = []

    def stopping(uow, parameters: Document, document: Document) -> Step:
        workers[0]._stopping.set()
        return COUNTING.step(uow, parameters, document)

    workers.append(a_worker(site, replace(COUNTING, step=stopping)))
    workers[0].work()

    assert job(site, job_id).done == 1
    assert a_worker(site).work()
    assert job(site, job_id).result == {"counted": [1, 2, 3]}


class LaterClock(SystemClock):
    """A clock ahead of the real one, so that no test waits for a lease to end."""

    def now(self):
        return super().now() + LEASE


@pytest.fixture
def later(settings: Settings) -> Iterator[Site]:
    built = Site(settings, LaterClock(), fresh=False)  # type: ignore[arg-type]  # a real clock
    yield built
    built.close()


def test_a_job_survives_kill_9(later: Site, settings: Settings) -> None:
    job_id = submit(later, to=40, pause=0.05)
    named = {
        f"MEDSHARE_{each.name.upper()}": str(value)
        for each in fields(settings)
        if isinstance(value := getattr(settings, each.name), str | Path) and str(value)
    }
    worker = subprocess.Popen(
        [sys.executable, "-m", "tests.counting_jobs"],
        env={"PATH": os.environ["PATH"], **named},
    )
    while job(later, job_id).done < 3:
        assert worker.poll() is None
        time.sleep(0.02)
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    reached = job(later, job_id)
    assert reached.state is JobState.RUNNING
    assert reached.done < 40

    assert a_worker(later, breaking(AssertionError(), after=40)).work()

    assert job(later, job_id).result == {"counted": list(range(1, 41))}
