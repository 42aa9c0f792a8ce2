"""Holds and erasures in and out of JSON."""

from datetime import UTC, datetime
from typing import Any, cast

from marshmallow import Schema, ValidationError, fields, post_load, validates_schema

from medshare.audit.holds.model import REASON_MAX, Hold
from medshare.kernel.identifiers import PatientId
from medshare.web.body import load_json
from medshare.web.faults import Fault
from medshare.web.fields import Input, OffsetDateTime, Text

KEY = 36
MONTH = (
    r"[0-9]{4}-(0[1-9]|1[0-2])",
    Fault("month", "Send a month as YYYY-MM.", "请按 YYYY-MM 填写月份。"),
)
ONE_OF_BOTH = Fault(
    "erasure-of-what",
    "Name a patient or a month, one of the two.",
    "请指定患者或月份，二者择一。",
)


class HoldRequestSchema(Input):
    """What is to be kept, and why."""

    reason = Text(required=True, high=REASON_MAX)
    entry = Text(load_default=None, allow_none=False, high=KEY)
    patient = Text(load_default=None, allow_none=False, high=KEY)
    since = OffsetDateTime(load_default=None, allow_none=False)
    until = OffsetDateTime(load_default=None, allow_none=False)


class HoldSchema(Schema):
    """A hold, in force or lifted."""

    id = fields.String(required=True)
    reason = fields.String(required=True)
    entry = fields.String()
    patient = fields.String()
    since = OffsetDateTime()
    until = OffsetDateTime()
    placedBy = fields.String(required=True)  # noqa: N815  # JSON's spelling
    placedAt = OffsetDateTime(required=True)  # noqa: N815  # JSON's spelling
    liftedBy = fields.String()  # noqa: N815  # JSON's spelling
    liftedAt = OffsetDateTime()  # noqa: N815  # JSON's spelling


class HoldListSchema(Schema):
    """A page of holds."""

    items = fields.List(fields.Nested(HoldSchema), required=True)
    next = fields.String()


class ErasureRequestSchema(Input):
    """Whose words, or those of which month, are to be forgotten."""

    patient = Text(load_default=None, allow_none=False, high=KEY)
    month = Text(load_default=None, allow_none=False, high=7, pattern=MONTH)

    @validates_schema
    def check_one(self, data: dict[str, Any], **_: object) -> None:
        """Want one of the two."""
        if (data.get("patient") is None) == (data.get("month") is None):
            raise ValidationError(ONE_OF_BOTH)

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> tuple[PatientId | None, str]:
        """Make the model."""
        patient = data["patient"]
        return PatientId(patient) if patient else None, data["month"] or ""


class ErasureSchema(Schema):
    """How many keys were destroyed."""

    keys = fields.Integer(required=True)


def load_hold(hold_id: str, by: str, at: datetime) -> Hold:
    """Load what is to be kept.

    Raises
    ------
    InvalidError
        It names nothing, or several things, or gives no reason.
    """
    data = load_json(HoldRequestSchema())
    patient = data["patient"]
    return Hold(
        hold_id,
        data["reason"],
        by,
        at,
        data["entry"],
        PatientId(patient) if patient else None,
        _utc(data["since"]),
        _utc(data["until"]),
    )


def _utc(at: datetime | None) -> datetime | None:
    return at.astimezone(UTC) if at is not None else None


def load_erasure() -> tuple[PatientId | None, str]:
    """Load whose words are to be forgotten: a person's, or else those of a month."""
    return cast("tuple[PatientId | None, str]", load_json(ErasureRequestSchema()))


def dump_hold(hold: Hold) -> dict[str, object]:
    """Show a hold; what does not apply is left out."""
    shown = {
        "id": hold.id,
        "reason": hold.reason,
        "entry": hold.entry_id,
        "patient": hold.patient_id,
        "since": hold.since,
        "until": hold.until,
        "placedBy": hold.placed_by,
        "placedAt": hold.placed_at,
        "liftedBy": hold.lifted_by or None,
        "liftedAt": hold.lifted_at,
    }
    return {name: value for name, value in shown.items() if value is not None}
