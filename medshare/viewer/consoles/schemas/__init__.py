"""How the consoles' pages are asked for."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

from marshmallow import post_load

from medshare.imaging.cases import QuarantineStatus
from medshare.infra.paging import CURSOR_LIMIT
from medshare.kernel.errors import InvalidError
from medshare.patients.links.model import ProposalState
from medshare.patients.reviews.model import ReviewState
from medshare.recognition.defects.model import CaseState
from medshare.recognition.statistics.asking import PERIOD_WRONG
from medshare.viewer.consoles.periods import Period
from medshare.viewer.shown import local_day
from medshare.web.body import load_arguments
from medshare.web.fields import Day, Input, OneOf, Text

DAYS = 30
YEARS = range(2000, 2100)


@dataclass(frozen=True, slots=True)
class ReviewList:
    """Which reviews, and from where on."""

    state: ReviewState
    cursor: str | None


@dataclass(frozen=True, slots=True)
class ProposalList:
    """Which proposals, and from where on."""

    state: ProposalState
    cursor: str | None


@dataclass(frozen=True, slots=True)
class QuarantineList:
    """Which part of the quarantine is shown, and from where on."""

    status: QuarantineStatus
    cursor: str | None


@dataclass(frozen=True, slots=True)
class DefectList:
    """Which cases, ``None`` for all, and from where on."""

    state: CaseState | None
    cursor: str | None


class ListSchema(Input):
    """From where on a list is shown."""

    cursor = Text(load_default=None, high=CURSOR_LIMIT)


class ReviewListSchema(ListSchema):
    """Which reviews are shown."""

    state = OneOf(ReviewState, load_default=ReviewState.OPEN)

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> ReviewList:
        """Make the model."""
        return ReviewList(**data)


class ProposalListSchema(ListSchema):
    """Which proposals are shown."""

    state = OneOf(ProposalState, load_default=ProposalState.OPEN)

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> ProposalList:
        """Make the model."""
        return ProposalList(**data)


class QuarantineViewSchema(ListSchema):
    """Which part of the quarantine is shown."""

    status = OneOf(QuarantineStatus, load_default=QuarantineStatus.WAITING)

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> QuarantineList:
        """Make the model."""
        return QuarantineList(**data)


class DefectListSchema(ListSchema):
    """Which cases of matching defects are shown."""

    state = OneOf(CaseState, load_default=None)

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> DefectList:
        """Make the model."""
        return DefectList(**data)


def load_list() -> str | None:
    """Load from where on a list is shown."""
    return cast("str | None", load_arguments(ListSchema())["cursor"])


def load_reviews() -> ReviewList:
    """Load which reviews are shown."""
    return cast("ReviewList", load_arguments(ReviewListSchema()))


def load_proposals() -> ProposalList:
    """Load which proposals are shown."""
    return cast("ProposalList", load_arguments(ProposalListSchema()))


def load_quarantine() -> QuarantineList:
    """Load which part of the quarantine is shown."""
    return cast("QuarantineList", load_arguments(QuarantineViewSchema()))


class PeriodSchema(Input):
    """Of which days and which hospital figures are shown."""

    since = Day(load_default=None)
    until = Day(load_default=None)
    facility = Text(load_default="", low=0, high=32)


def load_period(now: datetime, zone: ZoneInfo) -> Period:
    """Load the period, the thirty days up to today where none is asked for.

    Raises
    ------
    InvalidError
        A day lies outside of 2000 to 2099.
    """
    asked = cast("dict[str, Any]", load_arguments(PeriodSchema()))
    if any(each and each.year not in YEARS for each in (asked["since"], asked["until"])):
        raise InvalidError(issues=[PERIOD_WRONG])
    last = asked["until"] or local_day(now, zone)
    return Period(asked["since"] or last - timedelta(days=DAYS - 1), last, asked["facility"])


def load_defects() -> DefectList:
    """Load which cases are shown."""
    return cast("DefectList", load_arguments(DefectListSchema()))
