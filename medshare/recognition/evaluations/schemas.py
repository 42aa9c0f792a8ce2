"""Evaluations in and out of JSON."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC
from typing import Any, cast

from marshmallow import ValidationError, fields, post_load, validates_schema

from medshare.access.model.embedding import PageLanguage
from medshare.exams.model import Coding
from medshare.kernel.identifiers import PatientId
from medshare.recognition.evaluations.model import (
    BATCH_MAX,
    Evaluation,
    OrderDraft,
    PatientNamed,
    Replay,
    ResultRef,
    Source,
)
from medshare.recognition.model import CareContext, Laterality, Tier, Verdict
from medshare.recognition.panels import PanelAnswer
from medshare.recognition.reasons import Code as ReasonCode
from medshare.recognition.reasons import Reason, Weight
from medshare.web.body import load_json
from medshare.web.faults import Fault
from medshare.web.fields import Code, Flag, Input, Items, OffsetDateTime, OneOf, Sub, Text, Whole

SYSTEM_FAULT = Fault("uri", "Send a URI such as urn:oid:2.999.1.", "请填写 URI 形式的体系。")
SYSTEM = (r"[!-~]+:[!-~]+", SYSTEM_FAULT)
ONE_PATIENT = Fault(
    "one-patient",
    "Name the patient by patient or by patientId, one of the two.",
    "请用 patient 或 patientId 指明患者，二者取一。",
)


@dataclass(frozen=True, slots=True)
class Question:
    """An order in a body, and the facility that it names."""

    draft: OrderDraft
    facility: str | None


class OrderedItemSchema(Input):
    """What is ordered: a code of the catalogue, or the facility's own."""

    system = Text(required=True, high=64, pattern=SYSTEM)
    code = Code(required=True)

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> Coding:
        """Make the model."""
        return Coding(**data)


class OrderedPatientSchema(Input):
    """An identifier of the ordering facility's own record."""

    system = Text(required=True, high=200, pattern=SYSTEM)
    value = Text(required=True, high=64)

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> PatientNamed:
        """Make the model."""
        return PatientNamed(None, data["system"], data["value"])


class OrderDraftSchema(Input):
    """An order that a doctor is about to place."""

    patient = Sub(OrderedPatientSchema, load_default=None)
    patientId = Code(load_default=None)  # noqa: N815  # JSON's spelling
    item = Sub(OrderedItemSchema, required=True)
    facility = Code(load_default=None)
    laterality = OneOf(Laterality, load_default=None)
    method = Text(load_default="", low=0, high=64)
    context = OneOf(CareContext, load_default=None)
    encounter = Text(load_default="", low=0, high=64)
    orderReference = Text(load_default="", low=0, high=200)  # noqa: N815  # JSON's spelling
    department = Text(load_default="", low=0, high=200)
    at = OffsetDateTime(load_default=None)

    @validates_schema
    def check_patient(self, data: dict[str, Any], **_: object) -> None:
        """Let there be one patient."""
        if (data["patient"] is None) == (data["patientId"] is None):
            raise ValidationError(ONE_PATIENT, "patient")

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> Question:
        """Make the model."""
        at = data["at"]
        draft = OrderDraft(
            patient=data["patient"] or PatientNamed(PatientId(data["patientId"])),
            item=data["item"],
            laterality=data["laterality"],
            method=data["method"],
            context=data["context"],
            encounter=data["encounter"],
            reference=data["orderReference"],
            department=data["department"],
            at=at and at.astimezone(UTC),
        )
        return Question(draft, data["facility"])


class OrderBatchSchema(Input):
    """Several orders, judged together."""

    orders = Items(Sub(OrderDraftSchema), low=1, high=BATCH_MAX, required=True)


class RemedySchema(Input):
    """What would make a reason go away, or what to do about it."""

    zh = fields.String(required=True)
    en = fields.String(required=True)


class VerdictReasonSchema(Input):
    """Why a verdict is what it is."""

    code = OneOf(ReasonCode, required=True)
    weight = OneOf(Weight, required=True)
    zh = fields.String(required=True)
    en = fields.String(required=True)
    evidence = fields.String(required=True)
    evidenceZh = fields.String(required=True)  # noqa: N815  # JSON's spelling
    rule = fields.String(required=True)
    remedy = Sub(RemedySchema, required=True)


class ResultSourceSchema(Input):
    """Where a result comes from."""

    facility = fields.String(required=True)
    examId = fields.String(required=True)  # noqa: N815  # JSON's spelling
    reportVersion = Whole(required=True, low=0, high=1 << 31)  # noqa: N815  # JSON's spelling
    item = fields.String(required=True)
    performedAt = OffsetDateTime(required=True)  # noqa: N815  # JSON's spelling
    status = fields.String(required=True)
    images = Flag(required=True)


class VerdictSchema(Input):
    """The judgement on one result."""

    result = fields.String(required=True)
    item = fields.String(required=True)
    tier = OneOf(Tier, required=True)
    recognisable = Flag(required=True)
    mark = fields.String()
    validUntil = OffsetDateTime()  # noqa: N815  # JSON's spelling
    source = Sub(ResultSourceSchema, required=True)
    reasons = fields.List(fields.Nested(VerdictReasonSchema), required=True)


class CoveredSchema(Input):
    """A component of a panel, and the result that stands for it."""

    item = fields.String(required=True)
    result = fields.String(required=True)


class PanelSchema(Input):
    """Which components of a panel exist, and which to order."""

    covered = fields.List(fields.Nested(CoveredSchema), required=True)
    orderOnly = fields.List(fields.String(), required=True)  # noqa: N815  # JSON's spelling


class PolicyRefSchema(Input):
    """The policy version that was judged by."""

    id = fields.String(required=True)
    hash = fields.String(required=True)


class EvaluationSchema(Input):
    """An evaluation with all its verdicts."""

    id = fields.String(required=True)
    facility = fields.String(required=True)
    patientId = fields.String(required=True)  # noqa: N815  # JSON's spelling
    item = fields.String(required=True)
    askedAt = OffsetDateTime(required=True)  # noqa: N815  # JSON's spelling
    at = OffsetDateTime(required=True)
    policy = Sub(PolicyRefSchema, required=True)
    verdicts = fields.List(fields.Nested(VerdictSchema), required=True)
    panel = Sub(PanelSchema)


class EvaluationListSchema(Input):
    """The evaluations of several orders, in their order."""

    items = fields.List(fields.Nested(EvaluationSchema), required=True)


class ReplaySchema(Input):
    """An evaluation judged again on what was kept of it."""

    evaluationId = fields.String(required=True)  # noqa: N815  # JSON's spelling
    same = Flag(required=True)
    policyStands = Flag(required=True)  # noqa: N815  # JSON's spelling
    verdicts = fields.List(fields.Nested(VerdictSchema), required=True)
    panel = Sub(PanelSchema)


class TicketRequestSchema(Input):
    """The order that a page in the hospital's own system is to be about."""

    order = Sub(OrderDraftSchema, required=True)
    language = OneOf(PageLanguage, load_default=PageLanguage.CHINESE)


class TicketSchema(Input):
    """A ticket, and the address that it is to be posted to."""

    ticket = fields.String(required=True)
    address = fields.String(required=True)
    evaluationId = fields.String(required=True)  # noqa: N815  # JSON's spelling
    expiresAt = OffsetDateTime(required=True)  # noqa: N815  # JSON's spelling


ORDER = OrderDraftSchema()
BATCH = OrderBatchSchema()


def load_order() -> Question:
    """Load the order in the request's body."""
    return cast("Question", load_json(ORDER))


def load_batch() -> list[Question]:
    """Load the orders in the request's body."""
    return cast("list[Question]", load_json(BATCH)["orders"])


def load_ticket_request() -> tuple[Question, PageLanguage]:
    """Load what a page is asked for."""
    data = load_json(TicketRequestSchema())
    return data["order"], data["language"]


def dump_evaluation(evaluation: Evaluation) -> dict[str, object]:
    """Show an evaluation."""
    judged = _judged(evaluation.judgement.verdicts, evaluation.judgement.panel, evaluation.sources)
    return {
        "id": evaluation.id,
        "facility": evaluation.asker.facility,
        "patientId": evaluation.patient_id,
        "item": evaluation.item,
        "askedAt": evaluation.asked_at,
        "at": evaluation.at,
        "policy": {"id": evaluation.policy_id, "hash": evaluation.policy_hash},
        **judged,
    }


def dump_replay(replay: Replay) -> dict[str, object]:
    """Show a replay."""
    judgement = replay.judgement
    return {
        "evaluationId": replay.evaluation.id,
        "same": replay.same,
        "policyStands": replay.policy_stands,
        **_judged(judgement.verdicts, judgement.panel, replay.evaluation.sources),
    }


def _judged(
    verdicts: Sequence[tuple[str, Verdict]], panel: PanelAnswer | None, sources: Sequence[Source]
) -> dict[str, object]:
    by_result = {each.result: each for each in sources}
    shown: dict[str, object] = {
        "verdicts": [
            _verdict(item, verdict, by_result[verdict.result]) for item, verdict in verdicts
        ]
    }
    if panel is not None:
        covered = [{"item": item, "result": result} for item, result in panel.covered.items()]
        shown["panel"] = {"covered": covered, "orderOnly": list(panel.order_only)}
    return shown


def _verdict(item: str, verdict: Verdict, source: Source) -> dict[str, object]:
    ref = ResultRef.read(verdict.result)
    optional = {"mark": verdict.mark, "validUntil": verdict.valid_until}
    return {
        "result": verdict.result,
        "item": item,
        "tier": verdict.tier,
        "recognisable": verdict.recognisable,
        "source": {
            "facility": source.facility,
            "examId": ref.exam_id,
            "reportVersion": ref.version,
            "item": source.item,
            "performedAt": source.performed_at,
            "status": source.status,
            "images": source.images,
        },
        "reasons": [_reason(each) for each in verdict.reasons],
        **{name: value for name, value in optional.items() if value},
    }


def _reason(reason: Reason) -> dict[str, object]:
    return {
        "code": reason.code,
        "weight": reason.weight,
        "zh": reason.zh,
        "en": reason.en,
        "evidence": reason.evidence,
        "evidenceZh": reason.evidence_zh or reason.evidence,
        "rule": reason.rule,
        "remedy": {"zh": reason.remedy_zh, "en": reason.remedy_en},
    }
