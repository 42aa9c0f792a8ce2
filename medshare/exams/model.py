"""What an exam is: one examination of one person at one facility, and the rules that it keeps."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from medshare.care.model import CLOCK_SKEW
from medshare.kernel.errors import ConflictError, Issue, NotFoundError
from medshare.kernel.facts import Fact
from medshare.kernel.identifiers import (
    ExamId,
    FacilityCode,
    PatientId,
    RecordId,
    StudyInstanceUid,
)

MANAGED_ITEMS = "urn:medshare:item"
LOCAL_ITEMS = "urn:medshare:local:"


class ExamKind(StrEnum):
    """An examination (检查) gives images or curves, a laboratory test (检验) values."""

    IMAGING = "imaging"
    LABORATORY = "laboratory"


def time_name(kind: ExamKind) -> str:
    """Return what the time of an exam of this kind is called in JSON."""
    return "performedAt" if kind is ExamKind.IMAGING else "collectedAt"


class ExamStatus(StrEnum):
    """How far an exam has come."""

    REGISTERED = "registered"
    IN_PROGRESS = "in-progress"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    ENTERED_IN_ERROR = "entered-in-error"


# What was never performed, or not on this person.
VOID = frozenset({ExamStatus.CANCELLED, ExamStatus.ENTERED_IN_ERROR})


class Laterality(StrEnum):
    """The side of a paired body part."""

    LEFT = "left"
    RIGHT = "right"
    BILATERAL = "bilateral"


@dataclass(frozen=True, slots=True)
class Coding:
    """A code of a system, and what people call it."""

    system: str
    code: str
    display: str = ""


@dataclass(frozen=True, slots=True)
class Stamp:
    """An instant, with the text that it was sent as (RFC 3339 with an offset)."""

    at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class IdentifierRef:
    """A patient named by an identifier: the authority's URI and the number."""

    system: str
    value: str


@dataclass(frozen=True, slots=True)
class Details:
    """What may change about an exam after it was registered.

    Parameters
    ----------
    claimed_mark
        The mark of mutual recognition that the facility itself puts on the result. Nothing is
        recognised for it: marks follow from certificates.
    sensitivity
        The class of sensitive results that it belongs to, if it does: its own facility sees it as
        any other, the others by the rules of the class.
    sensitivity_reason
        Why its facility changed the class; empty while it is what it was registered with.
    """

    status: ExamStatus
    department: str = ""
    claimed_mark: str = ""
    laterality: Laterality | None = None
    study_instance_uids: tuple[StudyInstanceUid, ...] = ()
    sensitivity: str | None = None
    sensitivity_reason: str = ""


@dataclass(frozen=True, slots=True)
class ExamOrder:
    """An exam as its facility sends it.

    Parameters
    ----------
    accession_number
        The facility's order number; with the facility it names the exam for ever.
    happened
        When it was performed, or the specimen collected: recognition counts from here.
    patient
        By an identifier, which need not be registered yet, or by the index's key.
    """

    accession_number: str
    kind: ExamKind
    item: Coding
    happened: Stamp
    patient: IdentifierRef | PatientId
    details: Details
    modality: str | None = None
    body_site: str = ""


@dataclass(frozen=True, slots=True)
class Prior:
    """An exam as far as whoever is about to order another one has to know it.

    Parameters
    ----------
    report_version, report_status
        As of ``Exam``.
    observed
        The codes of the current report version's observations, in their order.
    """

    id: ExamId
    facility: FacilityCode
    record_id: RecordId
    kind: ExamKind
    item: Coding
    happened_at: datetime
    status: ExamStatus
    laterality: Laterality | None
    report_version: int
    report_status: str
    observed: tuple[Coding, ...] = ()


@dataclass(frozen=True, slots=True)
class Exam:
    """An exam as it stands.

    Parameters
    ----------
    record_id, patient_id
        The record that it belongs to and the person whose record that is now; ``None`` while
        the patient has not been registered.
    revision
        Grows by one with each change; the entity tag.
    report_version, report_status
        The current report version, 0 and empty while there is none.
    """

    id: ExamId
    facility: FacilityCode
    order: ExamOrder
    record_id: RecordId | None
    patient_id: PatientId | None
    revision: int = 1
    report_version: int = 0
    report_status: str = ""

    @property
    def as_prior(self) -> Prior:
        """Return what whoever orders another one has to know, less what it measured.

        Raises
        ------
        ValueError
            Its patient has not been registered.
        """
        if self.record_id is None:
            raise ValueError(self.id)
        return Prior(
            self.id,
            self.facility,
            self.record_id,
            self.order.kind,
            self.order.item,
            self.order.happened.at,
            self.order.details.status,
            self.order.details.laterality,
            self.report_version,
            self.report_status,
        )


@dataclass(frozen=True, slots=True)
class ExamLink:
    """Where images and messages that name an exam belong."""

    exam_id: ExamId
    record_id: RecordId | None
    facility: FacilityCode
    accession_number: str


@dataclass(frozen=True, slots=True)
class ExamFilter:
    """Which exams are asked for; every part that is set must hold, ``modalities`` one of them.

    ``since`` and ``until`` bound the time performed or collected; both ends are included.
    """

    patient_id: PatientId | None = None
    accession_number: str | None = None
    facility: FacilityCode | None = None
    status: ExamStatus | None = None
    kind: ExamKind | None = None
    modality: str | None = None
    modalities: frozenset[str] = frozenset()
    item: Coding | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class ExamRegistered(Fact):
    """An exam was registered, found its patient, or its details changed: read it anew."""

    kind: ClassVar[str] = "exams.exam-registered"
    exam_id: str
    facility: str
    accession_number: str
    study_instance_uids: list[str] = field(default_factory=list)

    @property
    def subject(self) -> str:
        """Keep the facts of one exam in order."""
        return self.exam_id


@dataclass(frozen=True, slots=True)
class ReportAmended(Fact):
    """An exam has a further report version, the first one included."""

    kind: ClassVar[str] = "exams.report-versioned"
    exam_id: str
    version: int
    status: str

    @property
    def subject(self) -> str:
        """Keep the facts of one exam in order."""
        return self.exam_id


class ExamUnknownError(NotFoundError):
    """There is no such exam, or none that the caller may know of."""

    slug = "exam-unknown"
    title = "There is no such exam"
    title_zh = "没有该检查检验"


REASON_REQUIRED = Issue(
    "/sensitivityReason",
    "sensitivity-reason-required",
    "Say in sensitivityReason why the class changes; to keep it, send it as it stands.",
    "请在 sensitivityReason 中说明变更敏感类别的原因；如不变更，请原样填写敏感类别。",
)


class AccessionInUseError(ConflictError):
    """The facility gave the accession number to another exam or patient."""

    slug = "accession-in-use"
    title = (
        "The accession number is in use with other content; change the exam by PUT to its own"
        " address, or send the number that the order system gave"
    )
    title_zh = "该检查号已用于其他内容或患者；请通过 PUT 修改原记录，或改用正确的检查号"


class StudyInUseError(ConflictError):
    """Another exam of the facility holds the study already."""

    slug = "study-in-use"
    title = "Another exam of the facility holds the Study Instance UID; remove it there first"
    title_zh = "该检查实例 UID 已属于本机构的其他检查，请先在原记录中移除"


class ExamWithdrawnError(ConflictError):
    """The exam is entered in error and stays so."""

    slug = "exam-withdrawn"
    title = "The exam was entered in error and stays so; register another one"
    title_zh = "该检查已标记为录入错误，状态不可再更改，请另行登记"


def faults_of_change(present: Details, wanted: Details) -> list[Issue]:
    """Return what is wrong with a change of details: a class changes for a reason only.

    Whoever does not know of classes and leaves it out takes none away.
    """
    changes = present.sensitivity != wanted.sensitivity
    return [REASON_REQUIRED] if changes and not wanted.sensitivity_reason else []


def may_become(present: ExamStatus, wanted: ExamStatus) -> bool:
    """Tell whether an exam may go from one status to another: no error is ever undone."""
    return present is not ExamStatus.ENTERED_IN_ERROR or wanted is present


def is_in_future(at: datetime, now: datetime) -> bool:
    """Tell whether an instant lies further ahead than clocks of hospitals differ."""
    return at > now + CLOCK_SKEW


def is_own_system(system: str, facility: FacilityCode) -> bool:
    """Tell whether a coding system is anybody's, or this very facility's own."""
    return not system.startswith(LOCAL_ITEMS) or system == LOCAL_ITEMS + facility
