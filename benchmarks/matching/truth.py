"""Records with the truth about them, and what a partition of them is worth."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from math import comb

from medshare.kernel.identifiers import FacilityCode
from medshare.patients import identity_numbers
from medshare.patients.model import (
    MEDICAL_RECORD,
    HumanName,
    PatientIdentifier,
    Registration,
    Sex,
)


@dataclass(frozen=True, slots=True)
class Stated:
    """What a facility states of a person; ``kind`` is the trap that the person is part of."""

    person: str
    kind: str
    facility: int
    mrn: str
    sex: str
    born: date | None
    family: str = ""
    given: str = ""
    text: str = ""
    alphabetic: str = ""
    phone: str = ""
    address: str = ""
    number: str = ""
    others: tuple[tuple[str, str, str], ...] = ()

    @property
    def facility_code(self) -> FacilityCode:
        """Return the facility that states it."""
        return FacilityCode(f"M{self.facility}")

    @property
    def registration(self) -> Registration:
        """Return it as it is registered."""
        own = PatientIdentifier(system_of(self.facility), self.mrn, MEDICAL_RECORD)
        number = PatientIdentifier(identity_numbers.SYSTEM, self.number, "NNCHN")
        return Registration(
            identifiers=(
                own,
                *((number,) if self.number else ()),
                *(PatientIdentifier(*each) for each in self.others),
            ),
            name=HumanName(
                self.text or self._whole or self.alphabetic or "-",
                self.family,
                self.given,
                self.alphabetic,
            ),
            sex=Sex(self.sex),
            birth_date=self.born,
            phone=self.phone,
            address=self.address,
        )

    @property
    def _whole(self) -> str:
        """Return the name as a form shows it: a Chinese one begins with the family name."""
        if self.family.isascii():
            return f"{self.given} {self.family}".strip()
        return self.family + self.given


def system_of(facility: int) -> str:
    """Return the system of a facility's record numbers."""
    return f"urn:oid:2.999.{100 + facility}.1"


@dataclass(frozen=True, slots=True)
class Outcome:
    """Where a record came to, and between which persons a review was opened for it."""

    stated: Stated
    patient: str
    reviews: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Figures:
    """What a partition is worth; recall counts pairs of records of one person."""

    records: int
    precision: float
    recall: float
    recall_with_review: float
    f1: float
    false_pairs: int
    recall_by_kind: dict[str, float]
    over_merged: dict[str, int]
    reviews_per_1000: float
    review_precision: float


def figures(outcomes: Sequence[Outcome]) -> Figures:
    """Compare a partition with the truth.

    A review counts as one decided rightly: where the record and the person are one, they join.
    """
    true = _pairs(Counter(each.stated.person for each in outcomes))
    found = _pairs(Counter(each.patient for each in outcomes))
    both = _pairs(Counter((each.stated.person, each.patient) for each in outcomes))
    people: dict[str, Counter[str]] = defaultdict(Counter)
    for each in outcomes:
        people[each.patient][each.stated.person] += 1
    kinds = {each.stated.person: each.stated.kind for each in outcomes}
    mixed = [members for members in people.values() if len(members) > 1]
    main = {patient: members.most_common(1)[0][0] for patient, members in people.items()}
    reviews = [
        (each, other) for each in outcomes for other in each.reviews if other != each.patient
    ]
    right = [(each, other) for each, other in reviews if main.get(other) == each.stated.person]
    reviewed = _joined(outcomes, [(each.patient, other) for each, other in right])
    precision = both / found if found else 1.0
    recall = both / true if true else 1.0
    return Figures(
        records=len(outcomes),
        precision=precision,
        recall=recall,
        recall_with_review=reviewed / true if true else 1.0,
        f1=2 * precision * recall / (precision + recall) if precision + recall else 0.0,
        false_pairs=found - both,
        recall_by_kind=_recall_by_kind(outcomes),
        over_merged=dict(Counter(_kind(kinds, members) for members in mixed)),
        reviews_per_1000=1000 * len(reviews) / max(1, len(outcomes)),
        review_precision=len(right) / len(reviews) if reviews else 1.0,
    )


def _recall_by_kind(outcomes: Sequence[Outcome]) -> dict[str, float]:
    """Return the recall of each kind of person: some traps are for registrars by design."""
    found: dict[str, float] = {}
    for kind in sorted({each.stated.kind for each in outcomes}):
        members = [each for each in outcomes if each.stated.kind == kind]
        true = _pairs(Counter(each.stated.person for each in members))
        both = _pairs(Counter((each.stated.person, each.patient) for each in members))
        if true:
            found[kind] = both / true
    return found


def _kind(kinds: dict[str, str], members: Iterable[str]) -> str:
    return "+".join(sorted({kinds[each] for each in members}))


def _pairs(sizes: Counter[object] | Counter[str] | Counter[tuple[str, str]]) -> int:
    return sum(comb(size, 2) for size in sizes.values())


def _joined(outcomes: Sequence[Outcome], joins: Iterable[tuple[str, str]]) -> int:
    parent: dict[str, str] = {}

    def root(patient: str) -> str:
        while parent.get(patient, patient) != patient:
            patient = parent[patient]
        return patient

    for one, other in joins:
        parent[root(one)] = root(other)
    return _pairs(Counter((each.stated.person, root(each.patient)) for each in outcomes))
