"""Encounters in and out of JSON."""

from datetime import UTC, datetime
from typing import Any, cast

from marshmallow import ValidationError, fields, post_load, validates_schema

from medshare.care.model import Encounter, EncounterKind, EncounterRequest, PatientReference
from medshare.kernel.identifiers import PatientId
from medshare.patients.model import PatientIdentifier
from medshare.web.body import load_json
from medshare.web.faults import Fault
from medshare.web.fields import Code, Input, OffsetDateTime, OneOf, Sub, Text

REFERENCE_FAULT = Fault(
    "patient-reference",
    "Name the patient once: by patient (system and value) or by patientId.",
    "请以 patient（system 与 value）或 patientId 之一指明患者。",
)


class PatientReferenceSchema(Input):
    """An identifier of the facility's own record."""

    system = Code(required=True)
    value = Text(required=True, high=64)

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> PatientIdentifier:
        """Make the model."""
        return PatientIdentifier(data["system"], data["value"], "")


class PatientNamed:
    """What makes a body name a patient: by the facility's own identifier, or by our id."""

    patient = Sub(PatientReferenceSchema)
    patientId = Code()  # noqa: N815  # JSON's spelling

    @validates_schema
    def check_reference(self, data: dict[str, Any], **_: object) -> None:
        """Want the patient named in one way."""
        if ("patient" in data) == ("patientId" in data):
            raise ValidationError(REFERENCE_FAULT, "patient")


def patient_named(data: dict[str, Any]) -> PatientReference:
    """Return whom loaded data names."""
    patient_id = data.get("patientId")
    return PatientReference(data.get("patient"), patient_id and PatientId(patient_id))


class EncounterRequestSchema(PatientNamed, Input):
    """An encounter as a facility states it."""

    kind = OneOf(EncounterKind, required=True)
    number = Text(required=True, high=64)
    department = Text(load_default="", low=0, high=200)
    startedAt = OffsetDateTime(required=True)  # noqa: N815  # JSON's spelling
    endedAt = OffsetDateTime()  # noqa: N815  # JSON's spelling

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> EncounterRequest:
        """Make the model."""
        ended_at = data.get("endedAt")
        return EncounterRequest(
            kind=data["kind"],
            number=data["number"],
            patient=patient_named(data),
            started_at=data["startedAt"].astimezone(UTC),
            ended_at=ended_at and ended_at.astimezone(UTC),
            department=data["department"],
        )


class EncounterEndSchema(Input):
    """The end of an encounter."""

    endedAt = OffsetDateTime(required=True)  # noqa: N815  # JSON's spelling


class EncounterSchema(Input):
    """An encounter, as it is shown."""

    id = fields.String(required=True)
    facility = fields.String(required=True)
    kind = OneOf(EncounterKind, required=True)
    number = fields.String(required=True)
    patientId = fields.String(required=True)  # noqa: N815  # JSON's spelling
    recordId = fields.String(required=True)  # noqa: N815  # JSON's spelling
    department = fields.String()
    startedAt = OffsetDateTime(required=True)  # noqa: N815  # JSON's spelling
    endedAt = OffsetDateTime()  # noqa: N815  # JSON's spelling


REQUEST = EncounterRequestSchema()
END = EncounterEndSchema()


def load_encounter() -> EncounterRequest:
    """Load the encounter in the request's body."""
    return cast("EncounterRequest", load_json(REQUEST))


def load_end() -> datetime:
    """Load the end in the request's body."""
    return cast("datetime", load_json(END)["endedAt"]).astimezone(UTC)


def dump_encounter(encounter: Encounter) -> dict[str, object]:
    """Show an encounter; what is not known is left out."""
    optional: dict[str, object] = {
        "department": encounter.department,
        "endedAt": encounter.ended_at,
    }
    return {
        "id": encounter.id,
        "facility": encounter.facility,
        "kind": encounter.kind,
        "number": encounter.number,
        "patientId": encounter.patient_id,
        "recordId": encounter.record_id,
        "startedAt": encounter.started_at,
        **{key: value for key, value in optional.items() if value},
    }
