"""Whose clinical data the caller of an operation may see, as stores are told it."""

from medshare.access.model import clinical_visibility
from medshare.care import service
from medshare.care.selectables import visible
from medshare.infra.perform import Context
from medshare.infra.uow import UnitOfWork
from medshare.patients.sight import Sight


def sight_of(context: Context, uow: UnitOfWork) -> Sight:
    """Return what the caller may see at this instant."""
    visibility = clinical_visibility(context.principal)
    windows = service.windows(context.house.settings)
    now = uow.now()
    return lambda facility, patient: visible(visibility, facility, patient, now, windows)
