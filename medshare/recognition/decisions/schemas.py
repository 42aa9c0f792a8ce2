"""Decisions in and out of JSON."""

from datetime import UTC, datetime
from typing import Any, cast

from marshmallow import ValidationError, fields, post_load

from medshare.kernel.principal import ActingUser
from medshare.recognition.decisions.model import (
    BATCH_MAX,
    DecisionDraft,
    Explanation,
    ExplanationMethod,
    Recorded,
    View,
    ViewKind,
    WriteBack,
    WriteBackState,
    WriteBackStep,
)
from medshare.recognition.decisions.notices import Words
from medshare.recognition.evaluations.model import Channel
from medshare.recognition.model import Outcome, Tier
from medshare.recognition.policies.model import ReasonSet, RepeatReason
from medshare.web.body import load_json
from medshare.web.faults import Fault
from medshare.web.fields import Code, Flag, Input, Items, OffsetDateTime, OneOf, Sub, Text, Whole

DWELL_MAX_MS = 24 * 3_600_000
INFERRED = Fault(
    "outcome-inferred",
    "Overlooked is inferred, never told; send recognised, partly or repeated.",
    "“未处理”由系统推断，请填写 recognised、partly 或 repeated。",
)


class ToldOutcome(OneOf):
    """An outcome that a doctor can tell."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Outcome:  # noqa: ANN401  # marshmallow's form
        if value == Outcome.OVERLOOKED:
            raise ValidationError(INFERRED)
        return cast("Outcome", super()._deserialize(value, *args, **kwargs))


class ExplanationSchema(Input):
    """That the patient was told why the exam is repeated."""

    by = Text(required=True, high=200)
    at = OffsetDateTime(required=True)
    method = OneOf(ExplanationMethod, required=True)

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> Explanation:
        """Make the model."""
        return Explanation(data["by"], data["at"].astimezone(UTC), data["method"])


class DecisionDraftSchema(Input):
    """A decision on one result for one order."""

    evaluationId = Code(required=True)  # noqa: N815  # JSON's spelling
    result = Text(required=True, high=128)
    outcome = ToldOutcome(Outcome, required=True)
    reason = Text(load_default="", low=0, high=64)
    freeText = Text(load_default="", low=0)  # noqa: N815  # JSON's spelling
    explained = Sub(ExplanationSchema, load_default=None)
    encounter = Text(load_default="", low=0, high=64)
    orderReference = Text(load_default="", low=0, high=200)  # noqa: N815  # JSON's spelling
    doctor = Text(load_default="", low=0, high=200)
    department = Text(load_default="", low=0, high=200)
    decidedAt = OffsetDateTime(load_default=None)  # noqa: N815  # JSON's spelling
    dwellMs = Whole(load_default=None, low=0, high=DWELL_MAX_MS)  # noqa: N815  # JSON's spelling


class DecisionBatchSchema(Input):
    """Several decisions: all of them are recorded, or none."""

    decisions = Items(Sub(DecisionDraftSchema), low=1, high=BATCH_MAX, required=True)


class UndoSchema(Input):
    """Why a decision is undone."""

    note = Text(load_default="", low=0)


class WriteBackSchema(Input):
    """What a step of writing back into the hospital's system has come to."""

    step = OneOf(WriteBackStep, required=True)
    state = OneOf(WriteBackState, required=True)
    reference = Text(load_default="", low=0, high=200)
    at = OffsetDateTime(load_default=None)


class ViewSchema(Input):
    """That somebody looked at a result."""

    result = Text(required=True, high=128)
    kind = OneOf(ViewKind, required=True)
    dwellMs = Whole(load_default=None, low=0, high=DWELL_MAX_MS)  # noqa: N815  # JSON's spelling
    at = OffsetDateTime(load_default=None)


class RevocationSchema(Input):
    """The undoing of a decision."""

    at = OffsetDateTime(required=True)
    by = fields.String(required=True)
    note = fields.String()


class WrittenSchema(Input):
    """The latest state of a step of writing back."""

    step = OneOf(WriteBackStep, required=True)
    state = OneOf(WriteBackState, required=True)
    at = OffsetDateTime(required=True)
    reference = fields.String()


class DecisionSchema(Input):
    """A decision as it is kept."""

    id = fields.String(required=True)
    evaluationId = fields.String(required=True)  # noqa: N815  # JSON's spelling
    result = fields.String(required=True)
    item = fields.String(required=True)
    facility = fields.String(required=True)
    sourceFacility = fields.String(required=True)  # noqa: N815  # JSON's spelling
    patientId = fields.String(required=True)  # noqa: N815  # JSON's spelling
    tier = OneOf(Tier, required=True)
    outcome = OneOf(Outcome, required=True)
    channel = OneOf(Channel, required=True)
    reason = fields.String()
    reasonParent = fields.String()  # noqa: N815  # JSON's spelling
    reasonSet = fields.String()  # noqa: N815  # JSON's spelling
    freeText = fields.String()  # noqa: N815  # JSON's spelling
    explained = Sub(ExplanationSchema)
    encounter = fields.String()
    orderReference = fields.String()  # noqa: N815  # JSON's spelling
    doctor = fields.String(required=True)
    department = fields.String()
    dwellMs = Whole(low=0, high=DWELL_MAX_MS)  # noqa: N815  # JSON's spelling
    decidedAt = OffsetDateTime(required=True)  # noqa: N815  # JSON's spelling
    recordedAt = OffsetDateTime(required=True)  # noqa: N815  # JSON's spelling
    revocation = Sub(RevocationSchema)
    writeBacks = fields.List(fields.Nested(WrittenSchema))  # noqa: N815  # JSON's spelling


class DecisionListSchema(Input):
    """Decisions, oldest first, and the results of the order that were overlooked."""

    items = fields.List(fields.Nested(DecisionSchema), required=True)
    overlooked = fields.List(fields.String())


class WordsSchema(Input):
    """A text in both languages."""

    zh = fields.String(required=True)
    en = fields.String(required=True)


class DeclineReasonSchema(Input):
    """A reason for repeating an exam."""

    code = fields.String(required=True)
    parent = fields.String(required=True)
    zh = fields.String(required=True)
    en = fields.String(required=True)
    needsText = Flag(required=True)  # noqa: N815  # JSON's spelling
    opensDefect = Flag(required=True)  # noqa: N815  # JSON's spelling


class ReasonSetSchema(Input):
    """The reasons in force, in the order in which they are offered."""

    id = fields.String(required=True)
    reasons = fields.List(fields.Nested(DeclineReasonSchema), required=True)


DECISION = DecisionDraftSchema()
BATCH = DecisionBatchSchema()
UNDO = UndoSchema()
WRITE_BACK = WriteBackSchema()
VIEW = ViewSchema()


def load_decision(acting: ActingUser | None, now: datetime) -> DecisionDraft:
    """Load the decision in the request's body; who decides is the acting user by default."""
    return _draft(load_json(DECISION), acting, now)


def load_decisions(acting: ActingUser | None, now: datetime) -> list[DecisionDraft]:
    """Load the decisions in the request's body."""
    return [_draft(each, acting, now) for each in load_json(BATCH)["decisions"]]


def load_undo() -> str:
    """Load why a decision is undone."""
    return cast("str", load_json(UNDO)["note"])


def load_write_back(now: datetime) -> WriteBack:
    """Load what a step of writing back has come to."""
    data = load_json(WRITE_BACK)
    return WriteBack(data["step"], data["state"], _instant(data["at"], now), data["reference"])


def load_view(evaluation_id: str, acting: ActingUser | None, now: datetime) -> View:
    """Load that somebody looked at a result."""
    data = load_json(VIEW)
    return View(
        evaluation_id,
        data["result"],
        data["kind"],
        acting.id if acting else "",
        acting.department if acting else "",
        _instant(data["at"], now),
        data["dwellMs"],
    )


def dump_decision(decision: Recorded) -> dict[str, object]:
    """Show a decision; what is empty is left out."""
    draft = decision.draft
    optional: dict[str, object] = {
        "reason": draft.reason,
        "reasonParent": decision.reason_parent,
        "reasonSet": decision.reason_set,
        "freeText": draft.free_text,
        "explained": draft.explained
        and {
            "by": draft.explained.by,
            "at": draft.explained.at,
            "method": draft.explained.method,
        },
        "encounter": draft.encounter,
        "orderReference": draft.order_reference,
        "department": draft.department,
        "dwellMs": draft.dwell_ms,
        "revocation": decision.revocation
        and {
            "at": decision.revocation.at,
            "by": decision.revocation.by,
            "note": decision.revocation.note,
        },
        "writeBacks": [
            {"step": each.step, "state": each.state, "at": each.at, "reference": each.reference}
            for each in decision.write_backs
        ],
    }
    return {
        "id": decision.id,
        "evaluationId": draft.evaluation_id,
        "result": draft.result,
        "item": decision.item,
        "facility": decision.facility,
        "sourceFacility": decision.source_facility,
        "patientId": decision.patient_id,
        "tier": decision.tier,
        "outcome": draft.outcome,
        "channel": decision.channel,
        "doctor": draft.doctor,
        "decidedAt": draft.decided_at,
        "recordedAt": decision.recorded_at,
        **{name: value for name, value in optional.items() if value or value == 0},
    }


def dump_reasons(reasons: ReasonSet) -> dict[str, object]:
    """Show the reasons of a set."""
    return {"id": reasons.id, "reasons": [_reason(each) for each in reasons.reasons]}


def dump_words(words: Words) -> dict[str, object]:
    """Show a text in both languages."""
    return {"zh": words.zh, "en": words.en}


def _reason(reason: RepeatReason) -> dict[str, object]:
    return {
        "code": reason.code,
        "parent": reason.counted_as,
        "zh": reason.zh,
        "en": reason.en,
        "needsText": reason.needs_text,
        "opensDefect": reason.opens_defect,
    }


def _draft(data: dict[str, Any], acting: ActingUser | None, now: datetime) -> DecisionDraft:
    return DecisionDraft(
        evaluation_id=data["evaluationId"],
        result=data["result"],
        outcome=data["outcome"],
        decided_at=_instant(data["decidedAt"], now),
        doctor=data["doctor"] or (acting.id if acting else ""),
        department=data["department"] or (acting.department if acting else ""),
        reason=data["reason"],
        free_text=data["freeText"],
        explained=data["explained"],
        encounter=data["encounter"],
        order_reference=data["orderReference"],
        dwell_ms=data["dwellMs"],
    )


def _instant(sent: datetime | None, now: datetime) -> datetime:
    return sent.astimezone(UTC) if sent else now
