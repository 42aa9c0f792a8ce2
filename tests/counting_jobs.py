"""A kind of job that counts, and a process that works on it until it is killed."""

import time

from medshare.app import build
from medshare.infra.uow import UnitOfWork
from medshare.jobs.kinds import Kind
from medshare.jobs.model import Document, Step
from medshare.jobs.worker import JobWorker
from medshare.settings import load_settings


def count(_uow: UnitOfWork, parameters: Document, document: Document) -> Step:
    """Count one further, after a pause."""
    time.sleep(parameters.get("pause", 0))
    counted = [*document.get("counted", []), len(document.get("counted", [])) + 1]
    to = parameters["to"]
    return Step({"counted": counted}, len(counted), to, is_last=len(counted) == to)


COUNTING = Kind("tests.count", count)


if __name__ == "__main__":
    JobWorker(build(load_settings()).house, [COUNTING]).work()
