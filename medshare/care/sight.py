"""What the caller of an operation may see, as stores are told it."""

from medshare.access.model import Visibility, clinical_visibility, demographic_visibility
from medshare.care import service
from medshare.care.selectables import visible
from medshare.infra.perform import Context
from medshare.infra.uow import UnitOfWork
from medshare.patients.sight import Sight


def sight_of(context: Context, uow: UnitOfWork) -> Sight:
    """Return whose clinical data the caller may see at this instant."""
    return _sight(context, uow, clinical_visibility(context.principal))


def demographic_sight_of(context: Context, uow: UnitOfWork) -> Sight:
    """Return whose demographic data the caller may see at this instant."""
    return _sight(context, uow, demographic_visibility(context.principal))


def _sight(context: Context, uow: UnitOfWork, visibility: Visibility) -> Sight:
    windows = service.windows(context.house.settings)
    now = uow.now()
    return lambda facility, patient: visible(visibility, facility, patient, now, windows)
