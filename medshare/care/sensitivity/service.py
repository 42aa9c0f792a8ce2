"""Use cases of classes of sensitive results."""

from medshare.care.sensitivity import store
from medshare.care.sensitivity.model import CLASS_UNKNOWN, SensitivityClass, packaged_classes
from medshare.infra.uow import UnitOfWork
from medshare.kernel.errors import Issue


def seed(uow: UnitOfWork) -> None:
    """Bring the classes of this release into the database; harmless again."""
    store.add_missing(uow.session, packaged_classes())


def put(uow: UnitOfWork, wanted: SensitivityClass) -> None:
    """Add a class, or change its names and what policy asks of it."""
    store.put(uow.session, wanted)


def all_classes(uow: UnitOfWork) -> list[SensitivityClass]:
    """Return every class, by code."""
    return store.all_classes(uow.session)


def faults_of(uow: UnitOfWork, code: str | None) -> list[Issue]:
    """Return what is wrong with the class that something is given, none where it has none."""
    return [] if code is None or store.is_known(uow.session, code) else [CLASS_UNKNOWN]
