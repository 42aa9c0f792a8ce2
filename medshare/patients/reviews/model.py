"""Reviews and separations: who may decide, and what a decision does."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from medshare.kernel.errors import ConflictError, NotFoundError
from medshare.kernel.identifiers import FacilityCode, PatientId, RecordId
from medshare.patients.links.model import Actor
from medshare.patients.model import FoundPatient, PatientRecord

# A registrar who went home does not hold a review for ever.
CLAIM = timedelta(minutes=30)


class ReviewState(StrEnum):
    """Where a review stands."""

    OPEN = "open"
    CLAIMED = "claimed"
    DECIDED = "decided"


class ReviewDecision(StrEnum):
    """What a registrar says: one person, two, or not known yet."""

    LINK = "link"
    NOT_THE_SAME = "not-the-same"
    LATER = "later"


@dataclass(frozen=True, slots=True)
class Review:
    """A record and a person that may be one.

    ``score`` is the log2 odds that they are. ``patient_id`` is the person's id by now, and
    ``record_patient_id`` the person that the record belongs to by now.
    """

    id: str
    record_id: RecordId
    facility: FacilityCode
    record_patient_id: PatientId
    patient_id: PatientId
    score: float
    grade: str
    evidence: dict[str, object]
    weights_version: str
    state: ReviewState
    opened_at: datetime
    claimed_by: str | None = None
    claimed_at: datetime | None = None
    decided_by: str | None = None
    decided_at: datetime | None = None
    decision: ReviewDecision | None = None
    reason: str | None = None

    @property
    def is_settled(self) -> bool:
        """Whether the two are one person already, by whatever act: there is nothing to decide."""
        return self.record_patient_id == self.patient_id


@dataclass(frozen=True, slots=True)
class Separation:
    """Two records that are never one person, until it is lifted."""

    id: str
    record_id: RecordId
    other_record_id: RecordId
    reason: str
    made_by: str
    made_at: datetime
    ended_by: str | None = None
    ended_at: datetime | None = None
    ended_reason: str | None = None


@dataclass(frozen=True, slots=True)
class SideBySide:
    """A review with both sides as they are now, and the version of the links around them."""

    review: Review
    record: PatientRecord
    patient: FoundPatient
    version: int


class ReviewUnknownError(NotFoundError):
    """There is no such review, or none that the registrar may decide."""

    slug = "review-unknown"
    title = "There is no such review"
    title_zh = "没有该审核任务"


class ReviewClosedError(ConflictError):
    """The review was decided, or the two became one person otherwise."""

    slug = "review-closed"
    title = "The review is decided"
    title_zh = "该审核任务已处理"


class ReviewClaimedError(ConflictError):
    """Another registrar is at it."""

    slug = "review-claimed"
    title = "Another registrar is deciding this review; take another, or wait half an hour"
    title_zh = "其他登记员正在处理该任务，请选择其他任务或半小时后再试"


class ReviewNotClaimedError(ConflictError):
    """Who decides has to claim first."""

    slug = "review-not-claimed"
    title = "Claim the review before you decide or release it"
    title_zh = "请先领取该审核任务"


class MergeInsteadError(ConflictError):
    """The record has come to share its person with others."""

    slug = "merge-instead"
    title = "The record's patient has other records; merge the two patients instead"
    title_zh = "该记录所属患者已有其他记录，请改为合并两位患者"


class RecordsTogetherError(ConflictError):
    """Records of one person cannot be marked as two."""

    slug = "records-together"
    title = "The records belong to one patient; unlink one of them first"
    title_zh = "两条记录属于同一患者，请先拆分"


class SeparationUnknownError(NotFoundError):
    """There is no such mark."""

    slug = "separation-unknown"
    title = "There is no such mark"
    title_zh = "没有该标记"


def may_claim(review: Review, actor: Actor, now: datetime) -> None:
    """Let a registrar take a review that nobody holds, or that somebody has held too long.

    Raises
    ------
    ReviewClosedError, ReviewClaimedError
        It is decided, or another's.
    """
    if review.state is ReviewState.DECIDED or review.is_settled:
        raise ReviewClosedError
    held = review.claimed_at is not None and now < review.claimed_at + CLAIM
    if review.claimed_by not in (None, actor.id) and held:
        raise ReviewClaimedError


def require_claim(review: Review, actor: Actor) -> None:
    """Let only the registrar who claimed a review go on with it.

    Raises
    ------
    ReviewClosedError, ReviewNotClaimedError
        It is decided, or not theirs.
    """
    if review.state is ReviewState.DECIDED or review.is_settled:
        raise ReviewClosedError
    if review.claimed_by != actor.id:
        raise ReviewNotClaimedError
