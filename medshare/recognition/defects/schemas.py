"""Cases of matching defects in and out of JSON."""

from dataclasses import dataclass
from typing import Any, cast

from marshmallow import fields, post_load

from medshare.infra.paging import CURSOR_LIMIT, LIMIT_DEFAULT, LIMIT_MAX
from medshare.recognition.defects.model import CaseState, DefectCase, DefectKind, DefectOutcome
from medshare.web.body import load_arguments, load_json
from medshare.web.fields import Input, OffsetDateTime, OneOf, QueryWhole, Text


@dataclass(frozen=True, slots=True)
class Question:
    """Which cases are asked for, and which page of them."""

    open_only: bool
    cursor: str | None
    limit: int


class DefectQuerySchema(Input):
    """The query parameters of the list of cases."""

    state = OneOf(CaseState, load_default=None)
    cursor = Text(load_default=None, high=CURSOR_LIMIT)
    limit = QueryWhole(load_default=LIMIT_DEFAULT, low=1, high=LIMIT_MAX)

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> Question:
        """Make the model."""
        return Question(data["state"] is CaseState.OPEN, data["cursor"], data["limit"])


class ResolutionSchema(Input):
    """What became of a case."""

    outcome = OneOf(DefectOutcome, required=True)
    note = Text(required=True)


class DefectSchema(Input):
    """A case, and how far it has come."""

    id = fields.String(required=True)
    kind = OneOf(DefectKind, required=True)
    reason = fields.String(required=True)
    item = fields.String(required=True)
    examId = fields.String(required=True)  # noqa: N815  # JSON's spelling
    facility = fields.String(required=True)
    reportedBy = fields.String(required=True)  # noqa: N815  # JSON's spelling
    openedAt = OffsetDateTime(required=True)  # noqa: N815  # JSON's spelling
    claimedBy = fields.String()  # noqa: N815  # JSON's spelling
    claimedAt = OffsetDateTime()  # noqa: N815  # JSON's spelling
    outcome = OneOf(DefectOutcome)
    note = fields.String()
    resolvedAt = OffsetDateTime()  # noqa: N815  # JSON's spelling


class DefectListSchema(Input):
    """A page of cases."""

    items = fields.List(fields.Nested(DefectSchema), required=True)
    next = fields.String()


def load_query() -> Question:
    """Load which cases are asked for."""
    return cast("Question", load_arguments(DefectQuerySchema()))


def load_resolution() -> tuple[DefectOutcome, str]:
    """Load what became of a case."""
    data = load_json(ResolutionSchema())
    return data["outcome"], data["note"]


def dump_case(case: DefectCase) -> dict[str, object]:
    """Show a case; what has not come to pass is left out."""
    declined = case.declined
    optional: dict[str, object] = {
        "claimedBy": case.claimed_by,
        "claimedAt": case.claimed_at,
        "outcome": case.outcome,
        "note": case.note,
        "resolvedAt": case.resolved_at,
    }
    return {
        "id": case.id,
        "kind": declined.kind,
        "reason": declined.reason,
        "item": declined.item,
        "examId": declined.exam,
        "facility": declined.facility,
        "reportedBy": declined.reported_by,
        "openedAt": case.opened_at,
        **{name: value for name, value in optional.items() if value},
    }
