"""Changes as they are told to hospitals, subscriptions to them, and when a delivery is tried."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from medshare.kernel.errors import ConflictError, Issue, NotFoundError
from medshare.kernel.identifiers import FacilityCode, PatientId, RecordId

PATIENCE = timedelta(hours=24)
_FIRST_PAUSE = timedelta(seconds=5)
_LONGEST_PAUSE = timedelta(hours=4)
_TRIPLINGS = 8


class ChangeKind(StrEnum):
    """What can change; a kind is never renamed."""

    RECORD_REGISTERED = "patients.record-registered"
    PATIENTS_MERGED = "patients.merged"
    PATIENTS_UNMERGED = "patients.unmerged"
    RECORD_LINKED = "patients.record-linked"
    RECORD_UNLINKED = "patients.record-unlinked"
    EXAM_REGISTERED = "exams.exam-registered"
    REPORT_VERSIONED = "exams.report-versioned"
    STUDY_STORED = "imaging.study-stored"
    STUDY_CHANGED = "imaging.study-changed"
    STUDY_RETRACTED = "imaging.study-retracted"
    STUDY_RESTORED = "imaging.study-restored"

    @property
    def is_clinical(self) -> bool:
        """Whether it tells of care, and so only to those in whose care the patient is."""
        return not self.startswith("patients.")


@dataclass(frozen=True, slots=True)
class Change:
    """One change: what, when, about whom. It holds ids only; what they stand for is read anew.

    ``patient_id`` and ``other_patient_id`` are the persons as of then: of a merge the one who
    remained and the one retired, of a link the one the record came to and the one it left.
    """

    kind: ChangeKind
    at: datetime
    facility: FacilityCode | None = None
    record_id: RecordId | None = None
    patient_id: PatientId | None = None
    other_patient_id: PatientId | None = None
    exam_id: str | None = None
    report_version: int | None = None
    report_status: str | None = None
    study_instance_uid: str | None = None
    sequence: int = 0


@dataclass(frozen=True, slots=True)
class Subscription:
    """Where a facility wants to hear of which kinds of changes.

    ``in_care`` says that it was made by a named person with a purpose, so that it hears of other
    facilities' exams while their patient is in its care.
    """

    id: str
    facility: FacilityCode
    url: str
    kinds: tuple[ChangeKind, ...]
    in_care: bool
    created_at: datetime
    stopped: bool = False


class DeliveryState(StrEnum):
    """Where the telling of one change to one subscription stands."""

    PENDING = "pending"
    DELIVERED = "delivered"
    DEAD = "dead"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One change for one subscription; ``id`` is the ``webhook-id`` of every attempt."""

    id: str
    subscription_id: str
    sequence: int
    state: DeliveryState
    attempts: int
    due_at: datetime
    give_up_at: datetime
    answer: str = ""


@dataclass(frozen=True, slots=True)
class FeedQuery:
    """Which changes are asked for: after which number, of which kinds, how many."""

    since: int
    kinds: tuple[ChangeKind, ...]
    limit: int


@dataclass(frozen=True, slots=True)
class Feed:
    """Changes in order, and the number to ask from next."""

    changes: Sequence[Change]
    next: int


class WebhookUnknownError(NotFoundError):
    """The facility has no such subscription."""

    slug = "webhook-unknown"
    title = "There is no such webhook"
    title_zh = "没有该订阅"


class TooManyWebhooksError(ConflictError):
    """A facility has as many subscriptions as it may."""

    slug = "too-many-webhooks"
    title = "The facility has as many webhooks as it may; remove one first"
    title_zh = "本机构的订阅数已达上限，请先删除"


WEBHOOKS_MAX = 20
BAD_URL = Issue(
    "/url",
    "webhook-url",
    "Send an https address without user, fragment or white space, as the server's policy allows.",
    "请填写 https 地址，不含用户名、片段和空格，且须符合服务器策略。",
)


def next_attempt(attempts: int, now: datetime, give_up_at: datetime) -> datetime | None:
    """Return when a failed delivery is tried again, ``None`` when it has been tried enough.

    The pause is 5 s, then three times as long each time, never more than four hours; the last
    attempt is made when patience ends.

    Parameters
    ----------
    attempts
        How often it was tried, from 1.
    """
    if now >= give_up_at:
        return None
    tripled: int = 3 ** min(attempts - 1, _TRIPLINGS)
    pause = min(_FIRST_PAUSE * tripled, _LONGEST_PAUSE)
    return min(now + pause, give_up_at)
