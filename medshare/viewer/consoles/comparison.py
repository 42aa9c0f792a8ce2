"""Records side by side, and the evidence of a score in words that a registrar reads."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, cast

from medshare.kernel.identifiers import FacilityCode
from medshare.patients.matching.weights import Scheme, shipped
from medshare.patients.model import PatientRecord, Registration
from medshare.viewer.banner import name_of
from medshare.viewer.hospitals import Hospital

ODDS_MAX_BITS = 20


class Trait(StrEnum):
    """A line of the comparison, in the order in which registrars look."""

    NAME = "name"
    SPELLING = "spelling"
    SEX = "sex"
    BORN = "born"
    IDENTITY = "identity"
    PHONE = "phone"
    ADDRESS = "address"


class Agreement(StrEnum):
    """How a value stands to the one it is compared with."""

    SAME = "same"
    DIFFERENT = "different"
    UNSTATED = "unstated"


class Direction(StrEnum):
    """Whether a finding speaks for one person."""

    FOR = "for"
    AGAINST = "against"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Cell:
    """What a record states, and how that stands to the first record."""

    value: str
    agreement: Agreement | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """A record at the head of its column."""

    record: PatientRecord
    hospital: Hospital
    number: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """Records as columns, the first of which the others are compared with."""

    columns: tuple[Column, ...]
    rows: Mapping[Trait, tuple[Cell, ...]]


@dataclass(frozen=True, slots=True)
class Finding:
    """How far a field agrees, and what that weighs in bits: for one person, or against."""

    field: str
    level: str
    bits: float

    @property
    def direction(self) -> Direction:
        """Return what the finding speaks for."""
        if not self.bits:
            return Direction.NONE
        return Direction.FOR if self.bits > 0 else Direction.AGAINST


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why a pair was not decided by itself.

    Parameters
    ----------
    odds
        How many to one that they are one person (``in_favour``), or that they are not.
    expected, population
        How many records of the person were to be expected among how many people before anything
        was compared; ``None`` where other weights than the shipped ones decided.
    """

    findings: tuple[Finding, ...]
    odds: int
    in_favour: bool
    is_beyond: bool
    doubts: tuple[str, ...]
    vetoes: tuple[str, ...]
    weights_version: str
    expected: float | None
    population: int | None


_TRAITS: Mapping[Trait, Callable[[Registration], str]] = {
    Trait.NAME: lambda stated: name_of(stated.name),
    Trait.SPELLING: lambda stated: stated.name.alphabetic.replace("^", " ").strip(),
    Trait.SEX: lambda stated: str(stated.sex),
    Trait.BORN: lambda stated: stated.birth_date.isoformat() if stated.birth_date else "",
    Trait.IDENTITY: lambda stated: stated.identity_number or "",
    Trait.PHONE: lambda stated: stated.phone,
    Trait.ADDRESS: lambda stated: stated.address,
}


def compare(records: Sequence[PatientRecord], known: Mapping[FacilityCode, Hospital]) -> Comparison:
    """Put records side by side; a value counts as the same when it is written alike."""
    columns = tuple(_column(each, known[each.linked.facility]) for each in records)
    rows = {}
    for trait, tell in _TRAITS.items():
        first, *others = (tell(each.registration) for each in records)
        if first or any(others):
            rows[trait] = (Cell(first), *(Cell(each, _agreement(first, each)) for each in others))
    return Comparison(columns, rows)


def _column(record: PatientRecord, hospital: Hospital) -> Column:
    number = record.registration.own_number(hospital.facility.patient_identifier_system)
    return Column(record, hospital, number.value if number else "–")


def _agreement(first: str, other: str) -> Agreement:
    if not first or not other:
        return Agreement.UNSTATED
    return Agreement.SAME if first.casefold() == other.casefold() else Agreement.DIFFERENT


def evidence_of(kept: Mapping[str, object], score: float, weights_version: str) -> Evidence:
    """Read the evidence that matching kept of a pair; the score is in log2 odds."""
    told = cast("Mapping[str, Any]", kept)
    findings = [
        Finding(field, each["level"], each["bits"]) for field, each in told["levels"].items()
    ]
    weights = shipped() if weights_version == shipped().version else None
    scheme = Scheme(told["scheme"])
    return Evidence(
        findings=tuple(sorted(findings, key=lambda each: -abs(each.bits))),
        odds=round(2 ** min(abs(score), ODDS_MAX_BITS)),
        in_favour=score >= 0,
        is_beyond=abs(score) > ODDS_MAX_BITS,
        doubts=tuple(each for each in told["doubts"] if each not in told["vetoes"]),
        vetoes=tuple(told["vetoes"]),
        weights_version=weights_version,
        expected=weights.schemes[scheme].priors["match"] if weights else None,
        population=weights.population if weights else None,
    )
