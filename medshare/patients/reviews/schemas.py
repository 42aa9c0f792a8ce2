"""Reviews and separations in and out of JSON."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from marshmallow import fields

from medshare.infra.paging import CURSOR_LIMIT, LIMIT_DEFAULT, LIMIT_MAX
from medshare.kernel.identifiers import RecordId
from medshare.patients.links.tables import REASON_LENGTH
from medshare.patients.reviews.model import (
    Review,
    ReviewDecision,
    ReviewState,
    Separation,
    SideBySide,
)
from medshare.patients.schemas import (
    PatientRecordSchema,
    PatientSchema,
    dump_patient,
    dump_record,
)
from medshare.web.body import load_arguments, load_json
from medshare.web.fields import Code, Input, Items, OffsetDateTime, OneOf, QueryWhole, Sub, Text


class ReviewQuerySchema(Input):
    """Which reviews, and which page of them."""

    state = OneOf(ReviewState, load_default=ReviewState.OPEN)
    cursor = Text(load_default=None, high=CURSOR_LIMIT)
    limit = QueryWhole(load_default=LIMIT_DEFAULT, low=1, high=LIMIT_MAX)


class ReviewVerdictSchema(Input):
    """What a registrar decides, and why."""

    decision = OneOf(ReviewDecision, required=True)
    reason = Text(required=True, high=REASON_LENGTH)


class ReviewSchema(Input):
    """A review, as the queue shows it."""

    id = fields.String(required=True)
    state = OneOf(ReviewState, required=True)
    recordId = fields.String(required=True)  # noqa: N815  # JSON's spelling
    facility = fields.String(required=True)
    patientId = fields.String(required=True)  # noqa: N815  # JSON's spelling
    score = fields.Float(required=True)
    grade = fields.String(required=True)
    openedAt = OffsetDateTime(required=True)  # noqa: N815  # JSON's spelling
    claimedBy = fields.String()  # noqa: N815  # JSON's spelling
    claimedAt = OffsetDateTime()  # noqa: N815  # JSON's spelling
    decidedBy = fields.String()  # noqa: N815  # JSON's spelling
    decidedAt = OffsetDateTime()  # noqa: N815  # JSON's spelling
    decision = OneOf(ReviewDecision)
    reason = fields.String()


class ReviewListSchema(Input):
    """A page of reviews."""

    items = fields.List(fields.Nested(ReviewSchema), required=True)
    next = fields.String()


class ReviewDetailSchema(Input):
    """A review with its evidence and both sides."""

    review = Sub(ReviewSchema, required=True)
    record = Sub(PatientRecordSchema, required=True)
    patient = Sub(PatientSchema, required=True)
    evidence = fields.Dict(required=True)
    weightsVersion = fields.String(required=True)  # noqa: N815  # JSON's spelling


class NewSeparationSchema(Input):
    """Which two records are two people, and why."""

    recordIds = Items(Code(), required=True, low=2, high=2, unique=True)  # noqa: N815  # JSON's spelling
    reason = Text(required=True, high=REASON_LENGTH)


class LiftSchema(Input):
    """Why a mark is lifted."""

    reason = Text(required=True, high=REASON_LENGTH)


class SeparationSchema(Input):
    """A mark that two records are two people."""

    id = fields.String(required=True)
    recordIds = fields.List(fields.String(), required=True)  # noqa: N815  # JSON's spelling
    reason = fields.String(required=True)
    madeBy = fields.String(required=True)  # noqa: N815  # JSON's spelling
    madeAt = OffsetDateTime(required=True)  # noqa: N815  # JSON's spelling
    endedBy = fields.String()  # noqa: N815  # JSON's spelling
    endedAt = OffsetDateTime()  # noqa: N815  # JSON's spelling
    endedReason = fields.String()  # noqa: N815  # JSON's spelling


class SeparationListSchema(Input):
    """The marks on a person's records."""

    items = fields.List(fields.Nested(SeparationSchema), required=True)


@dataclass(frozen=True, slots=True)
class ReviewQuery:
    """Which reviews a registrar asks for."""

    state: ReviewState
    cursor: str | None
    limit: int


QUERY = ReviewQuerySchema()
VERDICT = ReviewVerdictSchema()
SEPARATION = NewSeparationSchema()
LIFT = LiftSchema()


def load_review_query() -> ReviewQuery:
    """Load which reviews are asked for."""
    return ReviewQuery(**load_arguments(QUERY))


def load_verdict() -> tuple[ReviewDecision, str]:
    """Load what is decided, and why."""
    data = cast("dict[str, Any]", load_json(VERDICT))
    return data["decision"], data["reason"]


def load_separation() -> tuple[tuple[RecordId, RecordId], str]:
    """Load which two records are two people, and why."""
    data = cast("dict[str, Any]", load_json(SEPARATION))
    ours, theirs = data["recordIds"]
    return (RecordId(ours), RecordId(theirs)), data["reason"]


def load_lift() -> str:
    """Load why a mark is lifted."""
    return cast("str", load_json(LIFT)["reason"])


def dump_review(review: Review) -> dict[str, object]:
    """Show a review as the queue does."""
    return _known(
        id=review.id,
        state=review.state,
        recordId=review.record_id,
        facility=review.facility,
        patientId=review.patient_id,
        score=review.score,
        grade=review.grade,
        openedAt=review.opened_at,
        claimedBy=review.claimed_by,
        claimedAt=review.claimed_at,
        decidedBy=review.decided_by,
        decidedAt=review.decided_at,
        decision=review.decision,
        reason=review.reason,
    )


def dump_side_by_side(found: SideBySide) -> dict[str, object]:
    """Show a review with both sides and the evidence."""
    return {
        "review": dump_review(found.review),
        "record": dump_record(found.record),
        "patient": dump_patient(found.patient),
        "evidence": found.review.evidence,
        "weightsVersion": found.review.weights_version,
    }


def dump_separation(mark: Separation) -> dict[str, object]:
    """Show a mark."""
    return _known(
        id=mark.id,
        recordIds=[mark.record_id, mark.other_record_id],
        reason=mark.reason,
        madeBy=mark.made_by,
        madeAt=mark.made_at,
        endedBy=mark.ended_by,
        endedAt=mark.ended_at,
        endedReason=mark.ended_reason,
    )


def dump_separations(marks: Sequence[Separation]) -> dict[str, object]:
    """Show marks."""
    return {"items": [dump_separation(each) for each in marks]}


def _known(**members: object) -> dict[str, object]:
    return {name: value for name, value in members.items() if value is not None}
