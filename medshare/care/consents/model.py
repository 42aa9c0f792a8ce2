"""A person's word on sharing, as a facility took it down."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from medshare.care.model import PatientReference
from medshare.kernel.errors import ConflictError, Issue, NotFoundError
from medshare.kernel.identifiers import FacilityCode, PatientId, RecordId


class Provision(StrEnum):
    """Whether results are kept back or shared (FHIR R4 Consent.provision.type).

    An opt-out denies; an opt-in permits a class of results that is shared with consent only.
    """

    DENY = "deny"
    PERMIT = "permit"


class GivenBy(StrEnum):
    """Whose word it is."""

    PATIENT = "patient"
    GUARDIAN = "guardian"


@dataclass(frozen=True, slots=True)
class Word:
    """Whose word a consent or its withdrawal rests on.

    Parameters
    ----------
    guardian
        The guardian's name and relation, where it is theirs.
    proof
        What shows it: the number of a signed form, say.
    recorded_by
        The person who took it down, as their facility asserts it.
    """

    given_by: GivenBy
    guardian: str
    proof: str
    recorded_by: str


@dataclass(frozen=True, slots=True)
class Scope:
    """Which results a consent is about.

    Parameters
    ----------
    facilities
        Whose results; empty: those of all.
    sensitivity
        Of which class only; ``None``: whatever their class, which an opt-in never is.
    """

    facilities: tuple[FacilityCode, ...] = ()
    sensitivity: str | None = None

    def covers(self, facility: FacilityCode, sensitivity: str | None) -> bool:
        """Tell whether a facility's result of a class (or of none) is among them."""
        named = not self.facilities or facility in self.facilities
        return named and self.sensitivity in (None, sensitivity)


@dataclass(frozen=True, slots=True)
class ConsentRequest:
    """A word on sharing as it is sent."""

    provision: Provision
    patient: PatientReference
    scope: Scope
    word: Word


@dataclass(frozen=True, slots=True)
class Consent:
    """A word on sharing that stands, or stood until it was withdrawn.

    An opt-out keeps what it covers from every other facility; an opt-in lets them see it.
    """

    id: str
    provision: Provision
    facility: FacilityCode
    record_id: RecordId
    patient_id: PatientId
    scope: Scope
    word: Word
    recorded_at: datetime
    withdrawal: Word | None = None
    withdrawn_at: datetime | None = None


class ConsentUnknownError(NotFoundError):
    """The facility took down no such consent."""

    slug = "consent-unknown"
    title = "There is no such opt-out or opt-in"
    title_zh = "没有该拒绝或同意共享记录"


class ConsentWithdrawnError(ConflictError):
    """The consent was withdrawn before."""

    slug = "consent-withdrawn"
    title = "The opt-out or opt-in has been withdrawn already"
    title_zh = "该拒绝或同意共享已被撤回"


GUARDIAN_NAMELESS = Issue(
    "/guardian",
    "guardian-required",
    "Name the guardian and their relation to the patient.",
    "请填写监护人姓名及与患者的关系。",
)


def faults_of(word: Word) -> list[Issue]:
    """Return what is wrong with whose word it is."""
    nameless = word.given_by is GivenBy.GUARDIAN and not word.guardian
    return [GUARDIAN_NAMELESS] if nameless else []
