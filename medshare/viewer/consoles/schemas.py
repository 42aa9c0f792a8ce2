"""How the consoles' pages are asked for."""

from dataclasses import dataclass
from typing import Any, cast

from marshmallow import post_load

from medshare.imaging.cases import QuarantineStatus
from medshare.infra.paging import CURSOR_LIMIT
from medshare.patients.links.model import ProposalState
from medshare.patients.reviews.model import ReviewState
from medshare.web.body import load_arguments
from medshare.web.fields import Input, OneOf, Text


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
