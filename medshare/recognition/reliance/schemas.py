"""Alerts in and out of JSON."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from marshmallow import fields, post_load

from medshare.infra.paging import CURSOR_LIMIT, LIMIT_DEFAULT, LIMIT_MAX
from medshare.recognition.alerts import Severity
from medshare.recognition.reliance.model import Alert, AlertFilter, AlertState, Cause, Rung
from medshare.web.body import load_arguments, load_json
from medshare.web.fields import Input, OffsetDateTime, OneOf, QueryWhole, Sub, Text


@dataclass(frozen=True, slots=True)
class Question:
    """Which alerts are asked for, and which page of them."""

    wanted: AlertFilter
    cursor: str | None
    limit: int


class AlertQuerySchema(Input):
    """The query parameters of the list of alerts; every one that is sent must hold."""

    state = OneOf(AlertState, load_default=None)
    doctor = Text(load_default="", high=200)
    department = Text(load_default="", high=200)
    cursor = Text(load_default=None, high=CURSOR_LIMIT)
    limit = QueryWhole(load_default=LIMIT_DEFAULT, low=1, high=LIMIT_MAX)

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> Question:
        """Make the model."""
        wanted = AlertFilter(data["state"], data["doctor"], data["department"])
        return Question(wanted, data["cursor"], data["limit"])


class AcknowledgeSchema(Input):
    """What was done about an alert."""

    note = Text(load_default="", low=0)


class AcknowledgementSchema(Input):
    """Who took note of an alert."""

    by = fields.String(required=True)
    at = OffsetDateTime(required=True)
    note = fields.String()


class AlertSchema(Input):
    """An alert, and whom it has reached."""

    id = fields.String(required=True)
    cause = OneOf(Cause, required=True)
    severity = OneOf(Severity, required=True)
    evaluationId = fields.String(required=True)  # noqa: N815  # JSON's spelling
    decisionId = fields.String()  # noqa: N815  # JSON's spelling
    result = fields.String(required=True)
    patientId = fields.String(required=True)  # noqa: N815  # JSON's spelling
    doctor = fields.String(required=True)
    department = fields.String()
    raisedAt = OffsetDateTime(required=True)  # noqa: N815  # JSON's spelling
    reached = fields.List(OneOf(Rung), required=True)
    acknowledgement = Sub(AcknowledgementSchema)


class AlertListSchema(Input):
    """A page of alerts."""

    items = fields.List(fields.Nested(AlertSchema), required=True)
    next = fields.String()


QUERY = AlertQuerySchema()
ACKNOWLEDGE = AcknowledgeSchema()


def load_query() -> Question:
    """Load which alerts are asked for."""
    return cast("Question", load_arguments(QUERY))


def load_note() -> str:
    """Load what was done about an alert."""
    return cast("str", load_json(ACKNOWLEDGE)["note"])


def dump_alert(alert: Alert, reached: Sequence[Rung]) -> dict[str, object]:
    """Show an alert; what is empty is left out."""
    word = alert.acknowledgement
    optional: dict[str, object] = {
        "decisionId": alert.decision_id,
        "department": alert.department,
        "acknowledgement": word and {"by": word.by, "at": word.at, "note": word.note},
    }
    return {
        "id": alert.id,
        "cause": alert.cause,
        "severity": alert.severity,
        "evaluationId": alert.evaluation_id,
        "result": alert.result,
        "patientId": alert.patient_id,
        "doctor": alert.doctor,
        "raisedAt": alert.raised_at,
        "reached": list(reached),
        **{name: value for name, value in optional.items() if value},
    }
