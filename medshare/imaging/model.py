"""The imaging domain: what is asked of the index, what it holds, what becomes of an instance.

Pure; the reading of DICOM files stands in the files named after its matter.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from medshare.access.model import Visibility
from medshare.imaging.attributes import Attribute, Level, Matching, levels_of
from medshare.kernel.audit import Subject
from medshare.kernel.errors import (
    ConflictError,
    ErrorKind,
    MalformedError,
    MedshareError,
    NotFoundError,
)
from medshare.kernel.facts import Fact
from medshare.kernel.identifiers import (
    ExamId,
    FacilityCode,
    PatientId,
    RecordId,
    StudyInstanceUid,
)


class StudyNotFoundError(NotFoundError):
    """No such study, series or instance, or none that the caller may know of."""

    slug = "not-found"
    title = "Nothing was found"


class StudyRetractedError(MedshareError):
    """The study, series or instance was retracted; only those who could read it hear so."""

    kind = ErrorKind.GONE
    slug = "retracted"
    title = "The facility has retracted it; ask the facility for what replaces it"
    title_zh = "该影像已被所属机构撤回，请向该机构查询替代影像"


class StoredMeanwhileError(ConflictError):
    """Another request stored the same instance in the same moment."""

    slug = "stored-meanwhile"
    title = "Another request stored one of the instances meanwhile; send them again"
    title_zh = "另一请求同时存储了其中的实例，请重新发送"


class QueryError(MalformedError):
    """A search cannot be understood; ``issues`` names each parameter."""

    slug = "invalid-query"
    title = "The search breaks a rule"
    title_zh = "检索条件不符合规则"


@dataclass(frozen=True, slots=True)
class Condition:
    """One key of a search.

    ``values`` are alternatives for UIDs, texts, numbers and modalities; one date or time or the two
    ends of a range of them, either of which may be empty; one name; none where ``matching`` is
    ``EMPTY``; and as ``criteria`` says for the others.
    """

    attribute: Attribute
    values: tuple[str, ...]
    matching: Matching


class Order(StrEnum):
    """How matches are sorted."""

    NEWEST = "newest"
    OLDEST = "oldest"


@dataclass(frozen=True, slots=True)
class ImagingQuery:
    """A search as it was asked, with the caller's visibility: it cannot be run without one.

    Parameters
    ----------
    patient
        Restricts the search to studies of one person.
    returned
        Tags of the attributes that each match comes back with, of its level or those above.
    after
        The sort keys of the match behind which the page begins; ``offset`` counts from there.
    fuzzy
        Names are matched by likeness.
    with_total
        Every match is counted.
    asker
        The facility whose own numbers of a person come back as Other Patient IDs.
    """

    level: Level
    visibility: Visibility
    conditions: tuple[Condition, ...] = ()
    patient: PatientId | None = None
    returned: frozenset[str] = frozenset()
    limit: int = 100
    offset: int = 0
    after: tuple[str | int, ...] = ()
    order: Order = Order.NEWEST
    fuzzy: bool = False
    with_total: bool = False
    asker: FacilityCode | None = None

    @property
    def levels(self) -> frozenset[Level]:
        """The levels of which attributes come back."""
        return levels_of(self.returned)


class Match(NamedTuple):
    """One match: the lines of its excerpt, whose it is, what it is, and its sort keys.

    ``instance_key`` is 0 above the level of instances.
    """

    lines: list[bytes]
    subject: Subject | None
    study_instance_uid: str
    series_instance_uid: str
    sop_instance_uid: str
    sort_keys: tuple[str | int, ...]
    instance_key: int = 0


@dataclass(frozen=True, slots=True)
class Matches:
    """One page of matches.

    ``remaining`` tells how many there are behind it: exact to 1,000, 1,001 beyond. ``total`` is
    how many match at all, where that was asked for.
    """

    page: Sequence[Match]
    remaining: int
    total: int | None = None


@dataclass(frozen=True, slots=True)
class StudyClaim:
    """What a study says of itself, from which its patient and its exam are found.

    ``patient_identifier_system`` is the authority under which its Patient ID is read: always its
    sender's own, whatever the Issuer of Patient ID claims.
    """

    facility: FacilityCode
    patient_identifier_system: str
    patient_id: str
    accession_number: str
    study_instance_uid: StudyInstanceUid


@dataclass(frozen=True, slots=True)
class StudyLinks:
    """The record and the exam that a study belongs to, as far as they are known."""

    record_id: RecordId | None = None
    exam_id: ExamId | None = None


@dataclass(frozen=True, slots=True)
class StoredFile:
    """An instance's bytes, durable in the blob store.

    ``crc32`` is theirs where they leave exactly as they stand, else ``None``.
    """

    blob_key: str
    sha256: str
    size_bytes: int
    crc32: int | None = None


@dataclass(frozen=True, slots=True)
class StudyHolding:
    """What the index says of a study that an instance wants to join."""

    id: int
    facility: FacilityCode
    patient_id: str
    record_id: RecordId | None = None
    is_retracted: bool = False


@dataclass(frozen=True, slots=True)
class InstanceHolding:
    """What is known of an instance that is sent again; ``id`` is its key, once it has one."""

    id: int | None
    sha256: str
    is_retracted: bool = False


@dataclass(frozen=True, slots=True)
class RetrievedInstance:
    """Where an instance is and how it was stored; ``crc32`` as of a ``StoredFile``."""

    id: int
    study_instance_uid: str
    series_instance_uid: str
    sop_instance_uid: str
    sop_class_uid: str
    transfer_syntax_uid: str
    blob_key: str
    size_bytes: int
    crc32: int | None = None


@dataclass(frozen=True, slots=True)
class Selection:
    """A study, one of its series or one of its instances, as an address names it."""

    study_instance_uid: str
    series_instance_uid: str | None = None
    sop_instance_uid: str | None = None


class Verdict(StrEnum):
    """What becomes of an instance that could be read."""

    NEW = "new"
    KNOWN = "known"
    OTHER_BYTES = "other-bytes"
    OTHER_FACILITY = "other-facility"
    OTHER_PATIENT = "other-patient"
    RETRACTED = "retracted"


@dataclass(frozen=True, slots=True)
class Candidate:
    """The facts of an instance that ``judge`` looks at."""

    facility: FacilityCode
    patient_id: str
    sha256: str


def judge(
    candidate: Candidate, study: StudyHolding | None, instance: InstanceHolding | None
) -> Verdict:
    """Decide what becomes of an instance; nothing stored is ever overwritten.

    The same bytes again are welcome from anybody. Other bytes under a known UID, an instance for
    another facility's study, and a study UID that arrives for a second patient are kept out; so is
    what was retracted, until that is undone.
    """
    if instance is not None:
        if instance.sha256 != candidate.sha256:
            return Verdict.OTHER_BYTES
        return Verdict.RETRACTED if instance.is_retracted else Verdict.KNOWN
    if study is None:
        return Verdict.NEW
    if study.facility != candidate.facility:
        return Verdict.OTHER_FACILITY
    if study.patient_id != candidate.patient_id:
        return Verdict.OTHER_PATIENT
    return Verdict.RETRACTED if study.is_retracted else Verdict.NEW


@dataclass(frozen=True, slots=True)
class StudyArrived(Fact):
    """A study came whose patient or exam the index did not know at that moment."""

    kind = "imaging.study-arrived"

    study_instance_uid: str

    @property
    def subject(self) -> str:
        """Return the study's UID."""
        return self.study_instance_uid
