"""What an alert is, whom it has reached, and when a changed report matters to treatment."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from medshare.exams.reports import Observation, ReportDraft
from medshare.kernel.audit import Subject
from medshare.kernel.errors import NotFoundError
from medshare.kernel.identifiers import ExamId, FacilityCode, PatientId, RecordId
from medshare.recognition.alerts import Severity


class Cause(StrEnum):
    """What befell a result that somebody relied on."""

    AMENDED = "amended"
    ENTERED_IN_ERROR = "entered-in-error"
    RETRACTED = "retracted"
    MARK_WITHDRAWN = "mark-withdrawn"
    UNMERGED = "unmerged"


class Rung(StrEnum):
    """Whom an alert reaches, one after the other, while nobody acknowledges it."""

    DOCTOR = "doctor"
    DEPARTMENT = "department"
    HEAD = "head"


class AlertState(StrEnum):
    """Which alerts a list holds."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"


@dataclass(frozen=True, slots=True)
class Escalation:
    """After how long an alert reaches the department and its head."""

    department: timedelta
    head: timedelta


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """Who has taken note of an alert, when, and what was done."""

    by: str
    at: datetime
    note: str = ""


@dataclass(frozen=True, slots=True)
class Alert:
    """Word to somebody who decided on a result, or looked at it, that it has changed.

    Parameters
    ----------
    source
        The very change, so that its fact may come twice.
    decision_id
        ``None`` where the result was looked at and left undecided.
    """

    id: str
    cause: Cause
    severity: Severity
    source: str
    facility: FacilityCode
    evaluation_id: str
    decision_id: str | None
    result: str
    doctor: str
    department: str
    patient_id: PatientId
    record_id: RecordId
    source_record_id: RecordId
    raised_at: datetime
    acknowledgement: Acknowledgement | None = None

    @property
    def key(self) -> tuple[str, str, str, str, str]:
        """Return by what the same alert is known again."""
        return self.evaluation_id, self.result, self.doctor, self.cause, self.source

    @property
    def subjects(self) -> tuple[Subject, ...]:
        """Return whose data it is about."""
        records = dict.fromkeys((self.record_id, self.source_record_id))
        return tuple(Subject(self.patient_id, each) for each in records)

    def reached(self, now: datetime, escalation: Escalation) -> tuple[Rung, ...]:
        """Return whom it has reached: an acknowledged alert climbs no further."""
        until = self.acknowledgement.at if self.acknowledgement else now
        waited = until - self.raised_at
        rungs = [Rung.DOCTOR]
        if waited >= escalation.department:
            rungs.append(Rung.DEPARTMENT)
        if waited >= escalation.head:
            rungs.append(Rung.HEAD)
        return tuple(rungs)


@dataclass(frozen=True, slots=True)
class AlertFilter:
    """Which alerts of a facility are asked for; every part that is set must hold.

    ``exam_id`` is the exam whose result changed, in whichever version and item.
    """

    state: AlertState | None = None
    doctor: str = ""
    department: str = ""
    exam_id: ExamId | None = None


class AlertUnknownError(NotFoundError):
    """There is no such alert, or it is another facility's."""

    slug = "alert-unknown"
    title = "There is no such alert"
    title_zh = "没有该提醒"


def is_significant(before: ReportDraft, after: ReportDraft) -> bool:
    """Tell whether treatment may change by an amendment.

    It may where the impression or any measured value is another; findings in other words, another
    signature or another layout are for reading.
    """
    return _impressions(before) != _impressions(after) or _values(before) != _values(after)


def _impressions(draft: ReportDraft) -> set[tuple[str, str]]:
    return {(each.language, " ".join(each.impression.split())) for each in draft.texts}


def _values(draft: ReportDraft) -> set[tuple[object, ...]]:
    return {_value(each) for each in draft.observations}


def _value(observation: Observation) -> tuple[object, ...]:
    return (
        observation.code.system,
        observation.code.code,
        observation.value,
        observation.value_text,
        observation.comparator,
        observation.ucum,
        observation.flag,
    )
