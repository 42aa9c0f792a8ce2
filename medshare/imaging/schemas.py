"""What people decide about studies, in and out of JSON."""

from collections.abc import Sequence
from typing import Any, cast

from marshmallow import fields, post_load

from medshare.imaging.attributes import name_groups, text
from medshare.imaging.cases import (
    REASON_CODES,
    Assignment,
    InstanceWarning,
    QuarantineDecision,
    QuarantinedInstance,
    QuarantineStatus,
    Retraction,
    RetractionReason,
    UnresolvedStudy,
    WhyUnresolved,
)
from medshare.imaging.model import Verdict
from medshare.infra.paging import CURSOR_LIMIT, LIMIT_DEFAULT, LIMIT_MAX
from medshare.web.body import load_arguments, load_json
from medshare.web.fields import Code, Input, OffsetDateTime, OneOf, QueryWhole, Sub, Text


class QuarantineListQuerySchema(Input):
    """Which part of the quarantine is asked for."""

    status = OneOf(QuarantineStatus, load_default=QuarantineStatus.WAITING)
    cursor = Text(load_default=None, high=CURSOR_LIMIT)
    limit = QueryWhole(load_default=LIMIT_DEFAULT, low=1, high=LIMIT_MAX)


class QuarantineDecisionSchema(Input):
    """What is decided about a quarantined instance."""

    decision = OneOf(QuarantineDecision, required=True)


class QuarantinedInstanceSchema(Input):
    """A quarantined instance, as it is shown."""

    id = fields.String(required=True)
    status = OneOf(QuarantineStatus, required=True)
    reason = OneOf(Verdict, required=True)
    studyInstanceUid = fields.String(required=True)  # noqa: N815  # JSON's spelling
    seriesInstanceUid = fields.String(required=True)  # noqa: N815  # JSON's spelling
    sopInstanceUid = fields.String(required=True)  # noqa: N815  # JSON's spelling
    sopClassUid = fields.String(required=True)  # noqa: N815  # JSON's spelling
    patientId = fields.String(required=True)  # noqa: N815  # JSON's spelling
    sha256 = fields.String(required=True)
    sizeBytes = fields.Integer(required=True)  # noqa: N815  # JSON's spelling
    receivedAt = OffsetDateTime(required=True)  # noqa: N815  # JSON's spelling
    decidedAt = OffsetDateTime()  # noqa: N815  # JSON's spelling
    decidedBy = fields.String()  # noqa: N815  # JSON's spelling


class QuarantineListSchema(Input):
    """A page of the quarantine."""

    items = fields.List(fields.Nested(QuarantinedInstanceSchema), required=True)
    next = fields.String()


class AssignedPatientSchema(Input):
    """An identifier of the facility's own record."""

    system = Code(required=True)
    value = Text(required=True, high=64)


class AssignmentRequestSchema(Input):
    """Whose study it is."""

    patient = Sub(AssignedPatientSchema, required=True)

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> tuple[str, str]:
        """Make system and value."""
        return data["patient"]["system"], data["patient"]["value"]


class AssignmentSchema(Input):
    """An assignment, as it is shown."""

    id = fields.String(required=True)
    studyInstanceUid = fields.String(required=True)  # noqa: N815  # JSON's spelling
    recordId = fields.String(required=True)  # noqa: N815  # JSON's spelling
    assignedAt = OffsetDateTime(required=True)  # noqa: N815  # JSON's spelling
    assignedBy = fields.String(required=True)  # noqa: N815  # JSON's spelling


class UnresolvedStudySchema(Input):
    """A study without a patient, and what its sender said of it."""

    studyInstanceUid = fields.String(required=True)  # noqa: N815  # JSON's spelling
    why = OneOf(WhyUnresolved, required=True)
    patientId = fields.String(required=True)  # noqa: N815  # JSON's spelling
    issuerOfPatientId = fields.String(required=True)  # noqa: N815  # JSON's spelling
    patientName = fields.String(required=True)  # noqa: N815  # JSON's spelling
    patientBirthDate = fields.String(required=True)  # noqa: N815  # JSON's spelling
    patientSex = fields.String(required=True)  # noqa: N815  # JSON's spelling
    accessionNumber = fields.String(required=True)  # noqa: N815  # JSON's spelling
    studyDate = fields.String(required=True)  # noqa: N815  # JSON's spelling
    studyDescription = fields.String(required=True)  # noqa: N815  # JSON's spelling
    storedAt = OffsetDateTime(required=True)  # noqa: N815  # JSON's spelling


class UnresolvedStudyListSchema(Input):
    """A page of studies without a patient."""

    items = fields.List(fields.Nested(UnresolvedStudySchema), required=True)
    next = fields.String()


class InstanceWarningSchema(Input):
    """A remark about an instance that was kept."""

    sopInstanceUid = fields.String(required=True)  # noqa: N815  # JSON's spelling
    code = fields.String(required=True)
    attribute = fields.String(required=True)


class InstanceWarningListSchema(Input):
    """The remarks about the instances of a study."""

    items = fields.List(fields.Nested(InstanceWarningSchema), required=True)


class RetractionSchema(Input):
    """A retraction, as it is shown."""

    id = fields.String(required=True)
    studyInstanceUid = fields.String(required=True)  # noqa: N815  # JSON's spelling
    seriesInstanceUid = fields.String()  # noqa: N815  # JSON's spelling
    sopInstanceUid = fields.String()  # noqa: N815  # JSON's spelling
    reason = OneOf(RetractionReason, required=True)
    code = fields.String(required=True)
    instances = fields.Integer(required=True)
    retractedAt = OffsetDateTime(required=True)  # noqa: N815  # JSON's spelling
    retractedBy = fields.String(required=True)  # noqa: N815  # JSON's spelling
    undoneAt = OffsetDateTime()  # noqa: N815  # JSON's spelling
    undoneBy = fields.String()  # noqa: N815  # JSON's spelling


class RetractionListSchema(Input):
    """A page of retractions."""

    items = fields.List(fields.Nested(RetractionSchema), required=True)
    next = fields.String()


QUARANTINE_QUERY = QuarantineListQuerySchema()
DECISION = QuarantineDecisionSchema()
ASSIGNMENT = AssignmentRequestSchema()


def load_quarantine_query() -> tuple[QuarantineStatus, str | None, int]:
    """Load which page of the quarantine is asked for: status, cursor, limit."""
    data = load_arguments(QUARANTINE_QUERY)
    return data["status"], data["cursor"], data["limit"]


def load_decision() -> QuarantineDecision:
    """Load the decision in the request's body."""
    return cast("QuarantineDecision", load_json(DECISION)["decision"])


def load_assignment() -> tuple[str, str]:
    """Load the identifier, system and value, of whom a study is assigned to."""
    return cast("tuple[str, str]", load_json(ASSIGNMENT))


def dump_quarantined(instance: QuarantinedInstance) -> dict[str, object]:
    """Show a quarantined instance."""
    shown: dict[str, object] = {
        "id": instance.id,
        "status": instance.status,
        "reason": instance.reason,
        "studyInstanceUid": instance.study_instance_uid,
        "seriesInstanceUid": instance.series_instance_uid,
        "sopInstanceUid": instance.sop_instance_uid,
        "sopClassUid": instance.sop_class_uid,
        "patientId": instance.patient_id,
        "sha256": instance.sha256,
        "sizeBytes": instance.size_bytes,
        "receivedAt": instance.received_at,
    }
    if instance.decided_at is not None:
        shown |= {"decidedAt": instance.decided_at, "decidedBy": instance.decided_by}
    return shown


def dump_assignment(assignment: Assignment) -> dict[str, object]:
    """Show an assignment."""
    return {
        "id": assignment.id,
        "studyInstanceUid": assignment.study_instance_uid,
        "recordId": assignment.record_id,
        "assignedAt": assignment.assigned_at,
        "assignedBy": assignment.assigned_by,
    }


def dump_unresolved(study: UnresolvedStudy) -> dict[str, object]:
    """Show a study without a patient; the name is ideographic where there is one."""
    stated = study.stated
    alphabetic, ideographic, _phonetic = name_groups(stated, "00100010")
    return {
        "studyInstanceUid": study.study_instance_uid,
        "why": study.why,
        "patientId": text(stated, "00100020"),
        "issuerOfPatientId": text(stated, "00100021"),
        "patientName": ideographic or alphabetic,
        "patientBirthDate": text(stated, "00100030"),
        "patientSex": text(stated, "00100040"),
        "accessionNumber": text(stated, "00080050"),
        "studyDate": text(stated, "00080020"),
        "studyDescription": text(stated, "00081030"),
        "storedAt": study.stored_at,
    }


def dump_warnings(warnings: Sequence[InstanceWarning]) -> dict[str, object]:
    """Show the remarks about a study's instances."""
    return {
        "items": [
            {
                "sopInstanceUid": each.sop_instance_uid,
                "code": each.code,
                "attribute": each.attribute,
            }
            for each in warnings
        ]
    }


def dump_retraction(retraction: Retraction) -> dict[str, object]:
    """Show a retraction; a UID that is left out means all of them."""
    optional: dict[str, object] = {
        "seriesInstanceUid": retraction.series_instance_uid,
        "sopInstanceUid": retraction.sop_instance_uid,
        "undoneAt": retraction.undone_at,
        "undoneBy": retraction.undone_by,
    }
    return {
        "id": retraction.id,
        "studyInstanceUid": retraction.study_instance_uid,
        "reason": retraction.reason,
        "code": REASON_CODES[retraction.reason],
        "instances": retraction.instances,
        "retractedAt": retraction.retracted_at,
        "retractedBy": retraction.retracted_by,
        **{key: value for key, value in optional.items() if value},
    }
