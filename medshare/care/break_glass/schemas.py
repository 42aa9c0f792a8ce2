"""Emergency access in and out of JSON."""

from dataclasses import dataclass
from datetime import datetime

from marshmallow import fields

from medshare.care.break_glass.model import (
    GlassOutcome,
    GlassReason,
    GlassRequest,
    Grant,
    Review,
)
from medshare.care.schemas import PatientNamed, patient_named
from medshare.infra.paging import CURSOR_LIMIT, LIMIT_DEFAULT, LIMIT_MAX
from medshare.web.body import load_arguments, load_json
from medshare.web.fields import Input, OffsetDateTime, OneOf, QueryFlag, QueryWhole, Text


class GlassRequestSchema(PatientNamed, Input):
    """Whose data is needed in an emergency, and why."""

    reason = OneOf(GlassReason, required=True)
    text = Text(required=True, low=10, high=1000)


class GlassReviewSchema(Input):
    """What a review found."""

    outcome = OneOf(GlassOutcome, required=True)
    comment = Text(required=True, high=1000)


class GlassQuerySchema(Input):
    """Which emergency accesses, and which page of them."""

    reviewed = QueryFlag(load_default=False)
    cursor = Text(load_default=None, high=CURSOR_LIMIT)
    limit = QueryWhole(load_default=LIMIT_DEFAULT, low=1, high=LIMIT_MAX)


class GlassGrantSchema(Input):
    """An emergency access, as it is shown."""

    id = fields.String(required=True)
    facility = fields.String(required=True)
    user = fields.String(required=True)
    patientId = fields.String(required=True)  # noqa: N815  # JSON's spelling
    recordId = fields.String(required=True)  # noqa: N815  # JSON's spelling
    reason = OneOf(GlassReason, required=True)
    text = fields.String(required=True)
    grantedAt = OffsetDateTime(required=True)  # noqa: N815  # JSON's spelling
    expiresAt = OffsetDateTime(required=True)  # noqa: N815  # JSON's spelling
    outcome = OneOf(GlassOutcome)
    comment = fields.String()
    reviewedBy = fields.String()  # noqa: N815  # JSON's spelling
    reviewedAt = OffsetDateTime()  # noqa: N815  # JSON's spelling


class GlassGrantListSchema(Input):
    """A page of emergency accesses."""

    items = fields.List(fields.Nested(GlassGrantSchema), required=True)
    next = fields.String()


@dataclass(frozen=True, slots=True)
class GlassQuestion:
    """Which emergency accesses are asked for."""

    reviewed: bool
    cursor: str | None
    limit: int


def load_glass() -> GlassRequest:
    """Load the request in the body."""
    data = load_json(GlassRequestSchema())
    return GlassRequest(patient_named(data), data["reason"], data["text"])


def load_review(reviewer: str, now: datetime) -> Review:
    """Load what a review found."""
    data = load_json(GlassReviewSchema())
    return Review(data["outcome"], data["comment"], reviewer, now)


def load_question() -> GlassQuestion:
    """Load which emergency accesses are asked for."""
    return GlassQuestion(**load_arguments(GlassQuerySchema()))


def dump_grant(grant: Grant) -> dict[str, object]:
    """Show an emergency access."""
    shown: dict[str, object] = {
        "id": grant.id,
        "facility": grant.facility,
        "user": grant.user,
        "patientId": grant.patient_id,
        "recordId": grant.record_id,
        "reason": grant.reason,
        "text": grant.text,
        "grantedAt": grant.granted_at,
        "expiresAt": grant.expires_at,
    }
    if grant.review is not None:
        shown |= {
            "outcome": grant.review.outcome,
            "comment": grant.review.comment,
            "reviewedBy": grant.review.reviewed_by,
            "reviewedAt": grant.review.reviewed_at,
        }
    return shown
