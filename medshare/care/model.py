"""Encounters, and for how long each opens a patient's data to the facility that recorded it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from medshare.kernel.errors import ConflictError, Issue, NotFoundError
from medshare.kernel.identifiers import FacilityCode, PatientId, RecordId
from medshare.patients.model import PatientIdentifier

# How far a hospital's clock may run ahead of ours.
CLOCK_SKEW = timedelta(minutes=5)


class EncounterKind(StrEnum):
    """What brings a patient into a facility's care."""

    ENCOUNTER = "encounter"
    ORDER = "order"
    REFERRAL = "referral"


@dataclass(frozen=True, slots=True)
class PatientReference:
    """Whom an encounter is with: an identifier of the facility's own record, or our patient."""

    identifier: PatientIdentifier | None = None
    patient_id: PatientId | None = None


@dataclass(frozen=True, slots=True)
class EncounterRequest:
    """An encounter as a facility states it.

    ``number`` is the facility's own visit, order or referral number: with the kind it names one
    encounter of the facility.
    """

    kind: EncounterKind
    number: str
    patient: PatientReference
    started_at: datetime
    ended_at: datetime | None = None
    department: str = ""


@dataclass(frozen=True, slots=True)
class Encounter:
    """An encounter, order or referral that a facility recorded with a patient of its own.

    ``patient_id`` is the person that the record belongs to now. Open while ``ended_at`` is
    ``None``.
    """

    id: str
    facility: FacilityCode
    kind: EncounterKind
    number: str
    record_id: RecordId
    patient_id: PatientId
    started_at: datetime
    ended_at: datetime | None
    department: str = ""


@dataclass(frozen=True, slots=True)
class CareWindows:
    """How long an encounter opens data: ``recent`` after its end, ``open`` after its start."""

    recent: timedelta
    open: timedelta


class EncounterStandsError(ConflictError):
    """The facility's number is recorded with other content."""

    slug = "encounter-stands"
    title = "The number is recorded with other content; send another number, or end the encounter"
    title_zh = "该编号已记录且内容不同，请使用其他编号或结束该就诊"


class EncounterEndedError(ConflictError):
    """The encounter has ended at another time."""

    slug = "encounter-ended"
    title = "The encounter has ended at another time; an end is recorded once"
    title_zh = "该就诊已在其他时间结束，结束时间只能记录一次"


class EncounterUnknownError(NotFoundError):
    """There is no such encounter, or it is another facility's."""

    slug = "encounter-unknown"
    title = "There is no such encounter"
    title_zh = "没有该就诊记录"


def opens(
    started_at: datetime, ended_at: datetime | None, now: datetime, windows: CareWindows
) -> bool:
    """Tell whether an encounter opens its patient's data now; both ends of a window count."""
    if ended_at is None:
        return now - windows.open <= started_at <= now + CLOCK_SKEW
    return now - windows.recent <= ended_at <= now + CLOCK_SKEW


def faults_of(started_at: datetime, ended_at: datetime | None, now: datetime) -> list[Issue]:
    """Return what is wrong with the times of an encounter."""
    faults = []
    if started_at > now + CLOCK_SKEW:
        faults.append(_IN_FUTURE["startedAt"])
    if ended_at is not None and ended_at > now + CLOCK_SKEW:
        faults.append(_IN_FUTURE["endedAt"])
    if ended_at is not None and ended_at < started_at:
        faults.append(_END_BEFORE_START)
    return faults


def repeats(request: EncounterRequest, record_id: RecordId, standing: Encounter) -> bool:
    """Tell whether a request says again what stands; it may not know of the end yet."""
    return (
        record_id == standing.record_id
        and request.started_at == standing.started_at
        and request.department == standing.department
        and request.ended_at in (None, standing.ended_at)
    )


_IN_FUTURE = {
    field: Issue(
        f"/{field}",
        "time-in-future",
        "Send a time that is not in the future; check the clock of the sending system.",
        "时间不能晚于当前时间，请核对发送系统的时钟。",
    )
    for field in ("startedAt", "endedAt")
}
_END_BEFORE_START = Issue(
    "/endedAt",
    "end-before-start",
    "Send an end that is not before the start.",
    "结束时间不能早于开始时间。",
)
