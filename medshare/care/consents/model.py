"""A person's refusal to share, as a facility took it down."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from medshare.care.model import PatientReference
from medshare.kernel.errors import ConflictError, Issue, NotFoundError
from medshare.kernel.identifiers import FacilityCode, PatientId, RecordId


class GivenBy(StrEnum):
    """Whose word it is."""

    PATIENT = "patient"
    GUARDIAN = "guardian"


@dataclass(frozen=True, slots=True)
class Word:
    """Whose word an opt-out or its withdrawal rests on.

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
class OptOutRequest:
    """A refusal as it is sent; ``facilities`` empty means the results of all of them."""

    patient: PatientReference
    facilities: tuple[FacilityCode, ...]
    word: Word


@dataclass(frozen=True, slots=True)
class OptOut:
    """A refusal that stands, or stood until it was withdrawn.

    It hides the results of ``facilities`` (empty: of all) from every other facility.
    """

    id: str
    facility: FacilityCode
    record_id: RecordId
    patient_id: PatientId
    facilities: tuple[FacilityCode, ...]
    word: Word
    recorded_at: datetime
    withdrawal: Word | None = None
    withdrawn_at: datetime | None = None

    def hides(self, facility: FacilityCode) -> bool:
        """Tell whether it hides a facility's results from the others."""
        return self.withdrawn_at is None and (not self.facilities or facility in self.facilities)


class OptOutUnknownError(NotFoundError):
    """The facility took down no such opt-out."""

    slug = "opt-out-unknown"
    title = "There is no such opt-out"
    title_zh = "没有该拒绝共享记录"


class OptOutWithdrawnError(ConflictError):
    """The opt-out was withdrawn before."""

    slug = "opt-out-withdrawn"
    title = "The opt-out has been withdrawn already"
    title_zh = "该拒绝共享已被撤回"


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
