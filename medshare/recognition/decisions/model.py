"""What a doctor decides, the rules that a decision keeps, and what follows from it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from medshare.care.model import CLOCK_SKEW
from medshare.kernel.audit import Subject
from medshare.kernel.errors import ConflictError, Issue, NotFoundError
from medshare.kernel.identifiers import FacilityCode, PatientId, RecordId
from medshare.recognition.evaluations.model import Channel
from medshare.recognition.model import Outcome, Tier
from medshare.recognition.policies.model import ReasonSet

BATCH_MAX = 100


class ExplanationMethod(StrEnum):
    """How the purpose of a repeat was explained to the patient."""

    ORAL = "oral"
    WRITTEN = "written"
    ELECTRONIC = "electronic"


@dataclass(frozen=True, slots=True)
class Explanation:
    """Who explained to the patient why the exam is repeated, when and how (办法 第十七条)."""

    by: str
    at: datetime
    method: ExplanationMethod


@dataclass(frozen=True, slots=True)
class DecisionDraft:
    """A decision as it is sent.

    Parameters
    ----------
    result
        A result at a version, as its evaluation names it.
    order_reference
        The ordering system's own id of the order that was meant.
    dwell_ms
        For how long the doctor looked before deciding.
    """

    evaluation_id: str
    result: str
    outcome: Outcome
    decided_at: datetime
    doctor: str
    department: str = ""
    reason: str = ""
    free_text: str = ""
    explained: Explanation | None = None
    encounter: str = ""
    order_reference: str = ""
    dwell_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Revocation:
    """The undoing of a decision."""

    at: datetime
    by: str
    note: str = ""


class WriteBackStep(StrEnum):
    """What is written into the hospital's own system."""

    ORDER = "order"
    SPECIMEN = "specimen"
    REPORT = "report"
    RECORD = "record"


class WriteBackState(StrEnum):
    """How far a step of writing back has come."""

    PENDING = "pending"
    WRITTEN = "written"
    FAILED = "failed"
    COMPENSATED = "compensated"


@dataclass(frozen=True, slots=True)
class WriteBack:
    """A step's latest state, and the hospital's own id of what was written."""

    step: WriteBackStep
    state: WriteBackState
    at: datetime
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Recorded:
    """A decision as it is kept; the draft never changes, what followed stands beside it.

    Parameters
    ----------
    patient_id
        The person that it was about when it was made.
    record_id, source_record_id
        The deciding facility's record, and the record that the result belongs to.
    source_item, performed_at
        Of the existing exam; ``item`` is what the decision answers.
    reason_set, reason_parent
        Of the reason, where there is one.
    """

    id: str
    facility: FacilityCode
    patient_id: PatientId
    record_id: RecordId
    source_record_id: RecordId
    source_facility: FacilityCode
    source_item: str
    performed_at: datetime
    item: str
    tier: Tier
    channel: Channel
    draft: DecisionDraft
    recorded_at: datetime
    reason_set: str = ""
    reason_parent: str = ""
    revocation: Revocation | None = None
    write_backs: tuple[WriteBack, ...] = ()

    @property
    def subjects(self) -> tuple[Subject, ...]:
        """Return whose data it is about, by both records."""
        return tuple(
            Subject(self.patient_id, each)
            for each in dict.fromkeys((self.record_id, self.source_record_id))
        )


class ViewKind(StrEnum):
    """What of a result was looked at."""

    REPORT = "report"
    IMAGES = "images"


@dataclass(frozen=True, slots=True)
class View:
    """Somebody looked at a result before deciding, or without."""

    evaluation_id: str
    result: str
    kind: ViewKind
    viewer: str
    department: str
    at: datetime
    dwell_ms: int | None = None


class DecisionUnknownError(NotFoundError):
    """There is no such decision, or it is another facility's."""

    slug = "decision-unknown"
    title = "There is no such decision"
    title_zh = "没有该互认决定"


class DecisionStandsError(ConflictError):
    """The result was decided on otherwise for this order."""

    slug = "decision-stands"
    title = "The result was decided on otherwise for this order; undo that decision first"
    title_zh = "该结果在本次医嘱中已有其他决定，请先撤销"


class ResultExcludedError(ConflictError):
    """The evaluation excludes the result, so it cannot stand for the order."""

    slug = "result-excluded"
    title = "The evaluation excludes the result; its reasons tell why, and the remedies what to do"
    title_zh = "该结果已被评估排除，不能认可；原因及处理办法见评估结果"


class ResultChangedError(ConflictError):
    """The result is not what it was when it was judged."""

    slug = "result-changed"
    title = "The result has changed since the evaluation; evaluate the order again"
    title_zh = "评估之后结果已发生变化，请重新评估"


class TrialEvaluationError(ConflictError):
    """The evaluation was judged by another instant than the present."""

    slug = "evaluation-is-trial"
    title = "The evaluation was a trial of another time; evaluate the order without at"
    title_zh = "该评估为其他时间的试算，请去掉 at 重新评估"


class UndoTooLateError(ConflictError):
    """The time in which a decision can be undone is over."""

    slug = "undo-too-late"
    title = "The time in which the decision can be undone is over; record a new evaluation"
    title_zh = "已超过可撤销时限，请重新评估后记录"


DOCTOR_MISSING = Issue(
    "/doctor",
    "doctor-required",
    "Send who decides, or the acting user with the request.",
    "请填写作出决定的医师，或在请求中说明操作用户。",
)
DECIDED_IN_FUTURE = Issue(
    "/decidedAt",
    "time-in-future",
    "Send a time that is not in the future; check the clock of the sending system.",
    "时间不能晚于当前时间，请核对发送系统的时钟。",
)
REASON_REQUIRED = Issue(
    "/reason",
    "reason-required",
    "A result that is due is repeated for a reason; choose one of the policy's.",
    "应予互认的结果需说明重复检查的原因，请从目录中选择。",
)
REASON_UNKNOWN = Issue(
    "/reason",
    "reason-unknown",
    "The reason is not in the set in force; fetch the reasons and choose one of them.",
    "该原因不在现行目录中，请重新获取原因目录后选择。",
)
REASON_NOT_MEANT = Issue(
    "/reason",
    "reason-not-applicable",
    "Only a repeat has a reason; leave it out.",
    "仅重复检查需要填写原因，请省略。",
)
TEXT_REQUIRED = Issue(
    "/freeText",
    "free-text-required",
    "This reason is explained in words; send them as freeText.",
    "该原因需要文字说明，请填写 freeText。",
)


def issues_of(
    draft: DecisionDraft, tier: Tier, reasons: ReasonSet, now: datetime
) -> Sequence[Issue]:
    """Say what is wrong with a decision in itself."""
    issues = []
    if not draft.doctor:
        issues.append(DOCTOR_MISSING)
    if draft.decided_at > now + CLOCK_SKEW:
        issues.append(DECIDED_IN_FUTURE)
    reason = reasons.find(draft.reason) if draft.reason else None
    if draft.outcome is not Outcome.REPEATED:
        return [*issues, REASON_NOT_MEANT] if draft.reason else issues
    if draft.reason and reason is None:
        issues.append(REASON_UNKNOWN)
    if not draft.reason and tier is Tier.DUE:
        issues.append(REASON_REQUIRED)
    if reason is not None and reason.needs_text and not draft.free_text:
        issues.append(TEXT_REQUIRED)
    return issues


def may_undo(recorded_at: datetime, now: datetime, limit: timedelta) -> bool:
    """Tell whether a decision can still be undone; the limit itself is in time."""
    return now - recorded_at <= limit


def is_overlooked(asked_at: datetime, now: datetime, limit: timedelta) -> bool:
    """Tell whether a due result on which nobody decided counts as overlooked by now."""
    return now - asked_at > limit
