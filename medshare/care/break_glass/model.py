"""Access to a person's data in an emergency: short, for one user, reviewed afterwards."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar

from medshare.care.model import PatientReference
from medshare.kernel.errors import ConflictError, ForbiddenError, NotFoundError
from medshare.kernel.facts import Fact
from medshare.kernel.identifiers import FacilityCode, PatientId, RecordId

LASTS = timedelta(minutes=60)


class GlassReason(StrEnum):
    """Why somebody looks without a reason in the books."""

    EMERGENCY = "emergency"
    UNCONSCIOUS = "unconscious"
    PUBLIC_HEALTH = "public-health"
    OTHER = "other"


class GlassOutcome(StrEnum):
    """What the review found."""

    JUSTIFIED = "justified"
    UNJUSTIFIED = "unjustified"


@dataclass(frozen=True, slots=True)
class GlassRequest:
    """Whose data is needed, and why."""

    patient: PatientReference
    reason: GlassReason
    text: str


@dataclass(frozen=True, slots=True)
class Review:
    """What somebody else found of it."""

    outcome: GlassOutcome
    comment: str
    reviewed_by: str
    reviewed_at: datetime


@dataclass(frozen=True, slots=True)
class Grant:
    """That one user of a facility may see one person's data until ``expires_at``."""

    id: str
    facility: FacilityCode
    user: str
    record_id: RecordId
    patient_id: PatientId
    reason: GlassReason
    text: str
    granted_at: datetime
    review: Review | None = None

    @property
    def expires_at(self) -> datetime:
        """When it ends."""
        return self.granted_at + LASTS


@dataclass(frozen=True, slots=True)
class GlassBroken(Fact):
    """Somebody looks in an emergency: those who watch over it and the patient are to be told."""

    kind: ClassVar[str] = "care.glass-broken"

    grant_id: str
    record_id: str
    patient_id: str
    facility: str
    reason: str

    @property
    def subject(self) -> str:
        """Return the grant."""
        return self.grant_id


class GrantUnknownError(NotFoundError):
    """There is no such grant."""

    slug = "break-glass-unknown"
    title = "There is no such emergency access"
    title_zh = "没有该紧急访问记录"


class GrantReviewedError(ConflictError):
    """It was reviewed before."""

    slug = "break-glass-reviewed"
    title = "The emergency access has been reviewed already"
    title_zh = "该紧急访问已完成复核"


class OwnGrantError(ForbiddenError):
    """Nobody reviews their own emergency access."""

    slug = "own-break-glass"
    title = "Let somebody else review your own emergency access"
    title_zh = "不能复核本人的紧急访问"
