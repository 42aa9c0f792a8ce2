"""What a facility registers about a person, and how it is told of the link."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import ClassVar

from medshare.kernel.errors import ConflictError, NotFoundError
from medshare.kernel.facts import Fact
from medshare.kernel.identifiers import FacilityCode, PatientId, RecordId
from medshare.patients import identity_numbers, names

MEDICAL_RECORD = "MR"


class Sex(StrEnum):
    """Administrative gender, in FHIR's words."""

    MALE = "male"
    FEMALE = "female"
    OTHER = "other"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class PatientIdentifier:
    """An identifier as HL7 writes it: assigner, value and type (table 0203)."""

    system: str
    value: str
    type: str

    @property
    def normalised(self) -> "PatientIdentifier":
        """Return it in its one spelling, where its system has one."""
        if self.system != identity_numbers.SYSTEM:
            return self
        return replace(self, value=identity_numbers.normalise(self.value))


@dataclass(frozen=True, slots=True)
class HumanName:
    """A name; what is not known is empty.

    ``text`` is the whole as on a form, ``alphabetic`` its spelling in Latin letters, in DICOM's
    ``Family^Given`` or with spaces.
    """

    text: str = ""
    family: str = ""
    given: str = ""
    alphabetic: str = ""

    @property
    def surname(self) -> str:
        """Return the family name; where only the whole is known, what it is likely to be."""
        if self.family:
            return self.family
        if self.text and not self.text.isascii():
            return self.text[0]
        return self.alphabetic.partition("^")[0] if "^" in self.alphabetic else ""

    @property
    def forms(self) -> frozenset[str]:
        """Return every way of writing the name, folded for comparison."""
        written = (self.text, self.family + self.given, self.alphabetic)
        return frozenset(filter(None, map(names.fold, written)))


@dataclass(frozen=True, slots=True)
class Registration:
    """What a facility says about a person: its own number for them, and their demographics."""

    identifiers: tuple[PatientIdentifier, ...]
    name: HumanName
    sex: Sex
    birth_date: date | None = None
    phone: str = ""
    address: str = ""
    deceased_on: date | None = None

    @property
    def normalised(self) -> "Registration":
        """Return it with every identifier in its one spelling, in one order."""
        identifiers = (each.normalised for each in self.identifiers)
        in_order = sorted(identifiers, key=lambda each: (each.system, each.value))
        return replace(self, identifiers=tuple(in_order))

    @property
    def identity_number(self) -> str | None:
        """Return the person's citizen identity number, when a valid one was stated.

        A guardian's number says nothing of who the person is, and one that fails its check digit
        nothing for certain.
        """
        stated = (each.value for each in self.identifiers if each.system == identity_numbers.SYSTEM)
        number = next(stated, None)
        if number is None or identity_numbers.fault_of(number) is not None:
            return None
        if identity_numbers.is_a_guardians(number, self.birth_date):
            return None
        return number

    def own_number(self, system: str) -> PatientIdentifier | None:
        """Return the medical record number that a facility's system assigned."""
        return next((each for each in self.identifiers if each.system == system), None)


@dataclass(frozen=True, slots=True)
class LinkedRecord:
    """One facility's record, and the person that it belongs to now."""

    record_id: RecordId
    patient_id: PatientId
    facility: FacilityCode


@dataclass(frozen=True, slots=True)
class PatientRecord:
    """A record with its content; ``version`` counts its changes from 1."""

    linked: LinkedRecord
    version: int
    registration: Registration
    updated_at: datetime


class Outcome(StrEnum):
    """Whether a record joined a person who was known, or began a new one.

    A record in ``REVIEW`` began a person of its own too, and a registrar compares the two.
    """

    LINKED = "linked"
    REVIEW = "review"
    NEW = "new"


class Reason(StrEnum):
    """Why a record was linked or not.

    There is one reason for all ways of not finding anybody, and one for every review: a facility
    must not learn from it that a number is known elsewhere under another name. What agrees is
    what the facility itself stated.
    """

    IDENTITY_NUMBER_AND_NAME = "identity-number-and-name"
    NAME_AND_MORE = "name-and-more"
    AGREEING_PERSONAL_NUMBER = "agreeing-personal-number"
    AGREEING_BIRTH_DATE = "agreeing-birth-date"
    AGREEING_PHONE = "agreeing-phone"
    AGREEING_ADDRESS = "agreeing-address"
    POSSIBLE_SAME_PERSON = "possible-same-person"
    NO_AGREEING_PERSON = "no-agreeing-person"
    UNIDENTIFIED = "unidentified"
    LOADED_UNMATCHED = "loaded-without-matching"
    POSSIBLE_DUPLICATE = "possible-duplicate-in-facility"
    BY_REGISTRAR = "by-registrar"
    VOUCHED_FOR = "vouched-for-by-a-later-record"
    LINK_KEPT = "link-kept-though-content-differs"


@dataclass(frozen=True, slots=True)
class Decision:
    """Which person a record belongs to (``None``: a new one), why, and by whose weights."""

    outcome: Outcome
    explanation: tuple[Reason, ...]
    patient_id: PatientId | None
    made_by: str


@dataclass(frozen=True, slots=True)
class Registered:
    """How a registration ended; ``fresh`` is false when the very same stood already.

    ``united`` are records of others who turned out to be the same person.
    """

    entry: PatientRecord
    outcome: Outcome
    explanation: tuple[Reason, ...]
    fresh: bool
    united: tuple[LinkedRecord, ...] = ()

    @property
    def record(self) -> LinkedRecord:
        """Return the record without its content."""
        return self.entry.linked


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """Whom somebody looks for: by an identifier, or by name and birth date and what else is known.

    ``name`` may be any form of the name.
    """

    identifier: PatientIdentifier | None = None
    name: str = ""
    birth_date: date | None = None
    sex: Sex | None = None
    phone: str = ""


@dataclass(frozen=True, slots=True)
class FoundPatient:
    """A person with those of their records that the asker may see, never none."""

    patient_id: PatientId
    records: tuple[PatientRecord, ...]


@dataclass(frozen=True, slots=True)
class RecordRegistered(Fact):
    """A facility has registered somebody: what waited for one of the identifiers can go on."""

    kind: ClassVar[str] = "patients.record-registered"

    record_id: str
    patient_id: str
    facility: str
    identifiers: list[list[str]]

    @property
    def subject(self) -> str:
        """Return the record."""
        return self.record_id


class RecordStandsError(ConflictError):
    """The facility's number is registered with other content."""

    slug = "patient-record-stands"
    title = "The number is registered with other content; change it by PUT on the record"
    title_zh = "该病历号已登记且内容不同，请对该记录使用 PUT 更新"


class PatientUnknownError(NotFoundError):
    """There is no such person, or no record of them that the caller may see."""

    slug = "patient-unknown"
    title = "There is no such patient"
    title_zh = "没有该患者"


class RecordUnknownError(NotFoundError):
    """The facility has no such record."""

    slug = "patient-record-unknown"
    title = "There is no such patient record"
    title_zh = "没有该患者记录"


def keeps_link(decision: Decision, current: PatientId, *, alone: bool) -> bool:
    """Tell whether a decision made anew would leave a record with its person.

    Parameters
    ----------
    alone
        Whether the record is the only one of its person.
    """
    if decision.patient_id is None:
        return alone
    return decision.patient_id == current
