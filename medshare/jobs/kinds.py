"""What a package that has long work brings: a kind of job, done step by step."""

from collections.abc import Callable
from dataclasses import dataclass

from medshare.infra.uow import UnitOfWork
from medshare.jobs.model import Document, Step


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of job.

    Parameters
    ----------
    step
        ``step(uow, parameters, document)`` reads only and takes well under a lease: seconds. The
        document is that of the step before, empty for the first. A step that was not kept is done
        again, after a crash from the last one that was.
    """

    name: str
    step: Callable[[UnitOfWork, Document, Document], Step]
