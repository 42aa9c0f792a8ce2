"""Claimed marks in JSON, and as rows of a table."""

from dataclasses import dataclass
from typing import Any, cast

from marshmallow import fields, post_load

from medshare.infra.paging import CURSOR_LIMIT, LIMIT_DEFAULT, LIMIT_MAX
from medshare.recognition.claims.model import UncoveredClaim
from medshare.web.body import load_arguments
from medshare.web.fields import Input, OffsetDateTime, OneOf, QueryWhole, Text
from medshare.web.tables import Format


@dataclass(frozen=True, slots=True)
class Question:
    """Which page of the claims is asked for, and in which form."""

    cursor: str | None
    limit: int
    format: Format


class ClaimQuerySchema(Input):
    """The query parameters of the list of claims."""

    cursor = Text(load_default=None, high=CURSOR_LIMIT)
    limit = QueryWhole(load_default=LIMIT_DEFAULT, low=1, high=LIMIT_MAX)
    format = OneOf(Format, load_default=Format.JSON)

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> Question:
        """Make the model."""
        return Question(**data)


class UncoveredClaimSchema(Input):
    """A result whose claimed mark no certificate covers."""

    examId = fields.String(required=True)  # noqa: N815  # JSON's spelling
    facility = fields.String(required=True)
    accessionNumber = fields.String(required=True)  # noqa: N815  # JSON's spelling
    item = fields.String()
    claimedMark = fields.String(required=True)  # noqa: N815  # JSON's spelling
    performedAt = OffsetDateTime(required=True)  # noqa: N815  # JSON's spelling


class UncoveredClaimListSchema(Input):
    """A page of claims."""

    items = fields.List(fields.Nested(UncoveredClaimSchema), required=True)
    next = fields.String()


def load_query() -> Question:
    """Load which claims are asked for."""
    return cast("Question", load_arguments(ClaimQuerySchema()))


def dump_claim(claim: UncoveredClaim) -> dict[str, object]:
    """Show a claim; an item that nobody has mapped is left out."""
    return {
        "examId": claim.exam_id,
        "facility": claim.facility,
        "accessionNumber": claim.accession_number,
        **({"item": claim.item} if claim.item else {}),
        "claimedMark": claim.mark,
        "performedAt": claim.performed_at,
    }
