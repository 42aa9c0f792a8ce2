"""What the caller of an operation may see, as stores are told it."""

from collections.abc import Hashable
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import ColumnElement, SQLColumnExpression

from medshare.access.model import Visibility, clinical_visibility, demographic_visibility
from medshare.care import service
from medshare.care.model import CLOCK_SKEW, CareWindows
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


def sight_at(visibility: Visibility, now: datetime, windows: CareWindows) -> Sight:
    """Return what a visibility lets see at an instant."""
    return _Seen(visibility, now, windows)


def behind_glass(sight: Sight) -> Sight | None:
    """Return what the same caller sees without emergency access, ``None`` where they use none."""
    if not isinstance(sight, _Seen) or sight.visibility.breaking_as is None:
        return None
    return replace(sight, visibility=replace(sight.visibility, breaking_as=None))


@dataclass(frozen=True, slots=True)
class _Seen:
    """Implements ``Sight``."""

    visibility: Visibility
    now: datetime
    windows: CareWindows

    @property
    def shape(self) -> Hashable:
        """Whose data, for how long care counts, and by what spans its rules shift the present."""
        return self.visibility, self.windows, CLOCK_SKEW

    def __call__(
        self,
        facility: SQLColumnExpression[str],
        patient: SQLColumnExpression[str],
        sensitivity: SQLColumnExpression[str | None] | None,
    ) -> ColumnElement[bool]:
        return visible(self.visibility, facility, patient, sensitivity, self.now, self.windows)


def _sight(context: Context, uow: UnitOfWork, visibility: Visibility) -> Sight:
    return sight_at(visibility, uow.now(), service.windows(context.house.settings))
