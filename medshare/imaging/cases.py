"""What people decide about studies: quarantined instances, unresolved patients, retractions.

Pure; the stores keep these, the use cases stand in the modules of their names.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from medshare.imaging.attributes import Element
from medshare.imaging.model import Verdict
from medshare.kernel.audit import Subject
from medshare.kernel.errors import ConflictError, InvalidError, Issue, NotFoundError
from medshare.kernel.identifiers import FacilityCode, RecordId


class CaseUnknownError(NotFoundError):
    """There is no such case, or it is another facility's."""

    slug = "not-found"
    title = "Nothing was found"


class CaseDecidedError(ConflictError):
    """It has been decided already."""

    slug = "already-decided"
    title = "It has been decided already; read it again"
    title_zh = "该事项已处理，请重新查询"


class NotAcceptableVersionError(ConflictError):
    """The instance cannot take the place of the one that is stored."""

    slug = "no-version"
    title = (
        "Only other bytes that the study's own facility sent under the same study, series and "
        "patient can be accepted; dismiss it"
    )
    title_zh = "仅本机构就同一检查、序列和患者发送的不同内容可被接受，请选择驳回"


class AlreadyAttachedError(ConflictError):
    """The study is attached to a patient, and not by an assignment that could be undone."""

    slug = "already-attached"
    title = "The study has its patient; an assignment can be undone, the sender's own word cannot"
    title_zh = "该检查已关联患者；仅人工指定的关联可以撤销"


class NothingToRetractError(ConflictError):
    """All of it has been retracted."""

    slug = "already-retracted"
    title = "It has been retracted already"
    title_zh = "该影像已被撤回"


UNKNOWN_RECORD = Issue(
    "/patient",
    "no-own-record",
    "The facility has registered no such patient; register the patient first.",
    "本机构未登记该患者，请先登记患者。",
)


class UnknownRecordError(InvalidError):
    """The facility has no record under the identifier."""

    def __init__(self) -> None:
        super().__init__(issues=[UNKNOWN_RECORD])


class QuarantineStatus(StrEnum):
    """What has become of a quarantined instance."""

    WAITING = "waiting"
    DISMISSED = "dismissed"
    ACCEPTED = "accepted"


class QuarantineDecision(StrEnum):
    """What may be decided about one."""

    DISMISS = "dismiss"
    ACCEPT = "accept"


@dataclass(frozen=True, slots=True)
class QuarantinedInstance:
    """An instance that was kept out of the index; ``facility`` sent it.

    ``subject`` is whose study it arrived for, if that is the sender's own and its patient known.
    """

    id: str
    facility: FacilityCode
    reason: Verdict
    study_instance_uid: str
    series_instance_uid: str
    sop_instance_uid: str
    sop_class_uid: str
    patient_id: str
    blob_key: str
    sha256: str
    size_bytes: int
    received_at: datetime
    status: QuarantineStatus
    decided_at: datetime | None
    decided_by: str | None
    subject: Subject | None = None


class WhyUnresolved(StrEnum):
    """Why a study has no patient."""

    NO_PATIENT_ID = "no-patient-id"
    NOT_REGISTERED = "not-registered"


def why_unresolved(patient_id: str) -> WhyUnresolved:
    """Say why a study that is attached to nobody is so."""
    return WhyUnresolved.NOT_REGISTERED if patient_id else WhyUnresolved.NO_PATIENT_ID


@dataclass(frozen=True, slots=True)
class UnresolvedStudy:
    """A study without a patient, and what its sender said: the study's part of DICOM JSON."""

    id: int
    study_instance_uid: str
    why: WhyUnresolved
    stated: Mapping[str, Element]
    stored_at: datetime


@dataclass(frozen=True, slots=True)
class Assignment:
    """The word that a study is of a facility's record."""

    id: str
    study_instance_uid: str
    record_id: RecordId
    assigned_at: datetime
    assigned_by: str


@dataclass(frozen=True, slots=True)
class InstanceWarning:
    """A remark of the scan about an instance that was kept; ``attribute`` is a path or empty."""

    sop_instance_uid: str
    code: str
    attribute: str


class RetractionReason(StrEnum):
    """Why something is retracted: the codes of rejection notes (PS3.16 CID 7011)."""

    QUALITY = "quality"
    PATIENT_SAFETY = "patient-safety"
    WRONG_WORKLIST_ENTRY = "wrong-worklist-entry"
    RETENTION_EXPIRED = "retention-expired"


REASON_CODES: Mapping[RetractionReason, str] = {
    RetractionReason.QUALITY: "113001",
    RetractionReason.PATIENT_SAFETY: "113037",
    RetractionReason.WRONG_WORKLIST_ENTRY: "113038",
    RetractionReason.RETENTION_EXPIRED: "113039",
}
"""Each reason's code in the coding scheme DCM."""


@dataclass(frozen=True, slots=True)
class Retraction:
    """A withdrawal: of a study, one of its series or one of its instances."""

    id: str
    facility: FacilityCode
    study_instance_uid: str
    series_instance_uid: str
    sop_instance_uid: str
    reason: RetractionReason
    instances: int
    retracted_at: datetime
    retracted_by: str
    undone_at: datetime | None
    undone_by: str | None
    subject: Subject | None = None
