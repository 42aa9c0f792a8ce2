"""Exams in and out of JSON."""

from typing import Any, cast

from marshmallow import ValidationError, fields, post_load, validates_schema

from medshare.exams.model import (
    Details,
    Exam,
    ExamKind,
    ExamOrder,
    ExamStatus,
    IdentifierRef,
    Laterality,
    time_name,
)
from medshare.exams.reports import Report, ReportStatus
from medshare.exams.schemas.fields import (
    CodingSchema,
    IdentifierSchema,
    Modality,
    StampField,
    Uid,
    dump_coding,
)
from medshare.exams.schemas.reports import ReportSchema, dump_report
from medshare.kernel.identifiers import PatientId
from medshare.web.body import load_json
from medshare.web.faults import Fault
from medshare.web.fields import Code, Input, Items, OneOf, Sub, Text, Whole

ONE_TIME = Fault(
    "one-time",
    "Send performedAt for imaging or collectedAt for a laboratory test, one of the two.",
    "影像检查请填写 performedAt，检验请填写 collectedAt，二者取一。",
)
ONE_PATIENT = Fault(
    "one-patient",
    "Name the patient by patient or by patientId, one of the two.",
    "请用 patient 或 patientId 指明患者，二者取一。",
)


class ExamChangeSchema(Input):
    """What may change about an exam; what is left out is emptied, the status is always sent."""

    status = OneOf(ExamStatus, required=True)
    department = Text(load_default="", low=0, high=200)
    claimedMark = Text(load_default="", low=0, high=64)  # noqa: N815  # JSON's spelling
    laterality = OneOf(Laterality, load_default=None)
    sensitivity = Code(load_default=None)
    sensitivityReason = Text(load_default="", low=0, high=500)  # noqa: N815  # JSON's spelling
    studyInstanceUids = Items(Uid(), load_default=list)  # noqa: N815  # JSON's spelling

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> Any:  # noqa: ANN401  # the order adds to it
        """Make the model."""
        return _details(data)


class ExamOrderSchema(ExamChangeSchema):
    """An exam as its facility registers it."""

    accessionNumber = Code(required=True)  # noqa: N815  # JSON's spelling
    item = Sub(CodingSchema, required=True)
    modality = Modality(load_default=None)
    bodySite = Text(load_default="", high=64)  # noqa: N815  # JSON's spelling
    performedAt = StampField(load_default=None)  # noqa: N815  # JSON's spelling
    collectedAt = StampField(load_default=None)  # noqa: N815  # JSON's spelling
    patient = Sub(IdentifierSchema, load_default=None)
    patientId = Code(load_default=None)  # noqa: N815  # JSON's spelling

    @validates_schema
    def check_alternatives(self, data: dict[str, Any], **_: object) -> None:
        """Let there be one time and one patient."""
        faults: dict[str, list[Fault]] = {}
        if (data["performedAt"] is None) == (data["collectedAt"] is None):
            faults["performedAt"] = [ONE_TIME]
        if (data["patient"] is None) == (data["patientId"] is None):
            faults["patient"] = [ONE_PATIENT]
        if faults:
            raise ValidationError(cast("Any", faults))

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> ExamOrder:
        """Make the model."""
        kind = ExamKind.IMAGING if data["performedAt"] else ExamKind.LABORATORY
        return ExamOrder(
            accession_number=data["accessionNumber"],
            kind=kind,
            item=data["item"],
            happened=data["performedAt"] or data["collectedAt"],
            patient=data["patient"] or PatientId(data["patientId"]),
            details=_details(data),
            modality=data["modality"],
            body_site=data["bodySite"],
        )


class ReportSummarySchema(Input):
    """Which report version is the current one."""

    version = Whole(required=True, low=1, high=1 << 31)
    status = OneOf(ReportStatus, required=True)


class ExamSummarySchema(Input):
    """An exam as it stands, without its report."""

    id = Code(required=True)
    facility = Code(required=True)
    accessionNumber = Code(required=True)  # noqa: N815  # JSON's spelling
    kind = OneOf(ExamKind, required=True)
    item = Sub(CodingSchema, required=True)
    modality = Modality()
    bodySite = Text(high=64)  # noqa: N815  # JSON's spelling
    laterality = OneOf(Laterality)
    sensitivity = Code()
    sensitivityReason = Text(high=500)  # noqa: N815  # JSON's spelling
    performedAt = fields.String()  # noqa: N815  # JSON's spelling
    collectedAt = fields.String()  # noqa: N815  # JSON's spelling
    status = OneOf(ExamStatus, required=True)
    department = Text(high=200)
    claimedMark = Text(high=64)  # noqa: N815  # JSON's spelling
    patient = Sub(IdentifierSchema)
    patientId = Code()  # noqa: N815  # JSON's spelling
    recordId = Code()  # noqa: N815  # JSON's spelling
    studyInstanceUids = fields.List(Uid(), required=True)  # noqa: N815  # JSON's spelling
    currentReport = Sub(ReportSummarySchema)  # noqa: N815  # JSON's spelling


class ExamSchema(ExamSummarySchema):
    """An exam with its current report."""

    report = Sub(ReportSchema)


class ExamListSchema(Input):
    """A page of exams."""

    items = fields.List(fields.Nested(ExamSummarySchema), required=True)
    next = fields.String()


ORDER = ExamOrderSchema()
CHANGE = ExamChangeSchema()


def load_order() -> ExamOrder:
    """Load the exam in the request's body."""
    return cast("ExamOrder", load_json(ORDER))


def load_change() -> Details:
    """Load the changed details in the request's body."""
    return cast("Details", load_json(CHANGE))


def dump_exam(
    exam: Exam, report: Report | None = None, *, to_own: bool = False
) -> dict[str, object]:
    """Show an exam, with its current report where that is given; what is empty is left out.

    Parameters
    ----------
    to_own
        Whether its own facility is shown it: nobody else reads why it has its class.
    """
    order, details = exam.order, exam.order.details
    named = order.patient if isinstance(order.patient, IdentifierRef) else None
    shown: dict[str, object] = {
        "id": exam.id,
        "facility": exam.facility,
        "accessionNumber": order.accession_number,
        "kind": order.kind,
        "item": dump_coding(order.item),
        "status": details.status,
        time_name(order.kind): order.happened.text,
        "studyInstanceUids": list(details.study_instance_uids),
    }
    optional: dict[str, object] = {
        "modality": order.modality,
        "bodySite": order.body_site,
        "laterality": details.laterality,
        "sensitivity": details.sensitivity,
        "sensitivityReason": details.sensitivity_reason if to_own else "",
        "department": details.department,
        "claimedMark": details.claimed_mark,
        "patient": named and {"system": named.system, "value": named.value},
        "patientId": exam.patient_id,
        "recordId": exam.record_id,
        "currentReport": _summary(exam),
        "report": report and dump_report(exam, report),
    }
    return shown | {name: value for name, value in optional.items() if value}


def _summary(exam: Exam) -> dict[str, object] | None:
    if not exam.report_version:
        return None
    return {"version": exam.report_version, "status": exam.report_status}


def _details(data: dict[str, Any]) -> Details:
    return Details(
        status=data["status"],
        department=data["department"],
        claimed_mark=data["claimedMark"],
        laterality=data["laterality"],
        study_instance_uids=tuple(sorted(set(data["studyInstanceUids"]))),
        sensitivity=data["sensitivity"],
        sensitivity_reason=data["sensitivityReason"],
    )
