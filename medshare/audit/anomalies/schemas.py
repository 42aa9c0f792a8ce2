"""Anomalies in and out of JSON."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from marshmallow import Schema, fields, post_load

from medshare.audit.anomalies.model import Acknowledgement, Anomaly, AnomalyOutcome, Rule
from medshare.infra.paging import CURSOR_LIMIT, LIMIT_DEFAULT, LIMIT_MAX
from medshare.web.body import load_arguments, load_json
from medshare.web.fields import Input, OffsetDateTime, OneOf, QueryFlag, QueryWhole, Text


@dataclass(frozen=True, slots=True)
class Asked:
    """Which anomalies are asked for, and which page of them."""

    rule: Rule | None
    acknowledged: bool
    cursor: str | None
    limit: int


class AnomalyQuerySchema(Input):
    """The query parameters of the list of anomalies."""

    rule = OneOf(Rule, load_default=None)
    acknowledged = QueryFlag(load_default=False)
    cursor = Text(load_default=None, high=CURSOR_LIMIT)
    limit = QueryWhole(load_default=LIMIT_DEFAULT, low=1, high=LIMIT_MAX)

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> Asked:
        """Make the model."""
        return Asked(**data)


class AnomalyVerdictSchema(Input):
    """What somebody who looked found."""

    outcome = OneOf(AnomalyOutcome, required=True)
    comment = Text(required=True)


class AnomalyAcknowledgementSchema(Schema):
    """The same, with who and when."""

    outcome = fields.String(required=True)
    comment = fields.String(required=True)
    acknowledgedBy = fields.String(required=True)  # noqa: N815  # JSON's spelling
    acknowledgedAt = OffsetDateTime(required=True)  # noqa: N815  # JSON's spelling


class AnomalyWordsSchema(Schema):
    """Why somebody should look, in both languages."""

    en = fields.String(required=True)
    zh = fields.String(required=True)


class AnomalySchema(Schema):
    """An anomaly with its explanation and its evidence."""

    id = fields.String(required=True)
    rule = OneOf(Rule, required=True)
    recordedAt = OffsetDateTime(required=True)  # noqa: N815  # JSON's spelling
    facility = fields.String(required=True, allow_none=True)
    who = fields.String(required=True)
    patient = fields.String(required=True, allow_none=True)
    explanation = fields.Nested(AnomalyWordsSchema, required=True)
    evidence = fields.List(fields.String(), required=True)
    figures = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    acknowledgement = fields.Nested(AnomalyAcknowledgementSchema)


class AnomalyListSchema(Schema):
    """A page of anomalies."""

    items = fields.List(fields.Nested(AnomalySchema), required=True)
    next = fields.String()


def load_query() -> Asked:
    """Load which anomalies are asked for."""
    return cast("Asked", load_arguments(AnomalyQuerySchema()))


def load_verdict(by: str, at: datetime) -> Acknowledgement:
    """Load what somebody who looked found."""
    data = load_json(AnomalyVerdictSchema())
    return Acknowledgement(data["outcome"], data["comment"], by, at)


def dump_anomaly(anomaly: Anomaly) -> dict[str, object]:
    """Show an anomaly."""
    english, chinese = anomaly.explanation
    said = anomaly.acknowledgement
    shown: dict[str, object] = {
        "id": anomaly.id,
        "rule": anomaly.rule,
        "recordedAt": anomaly.recorded_at,
        "facility": anomaly.facility,
        "who": anomaly.actor,
        "patient": anomaly.patient_id,
        "explanation": {"en": english, "zh": chinese},
        "evidence": list(anomaly.evidence),
        "figures": dict(anomaly.figures),
    }
    if said is not None:
        shown["acknowledgement"] = {
            "outcome": said.outcome,
            "comment": said.comment,
            "acknowledgedBy": said.acknowledged_by,
            "acknowledgedAt": said.acknowledged_at,
        }
    return shown
