"""Which person a record belongs to: the best-scored one, if nothing speaks against it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby

from medshare.kernel.identifiers import FacilityCode, PatientId, RecordId
from medshare.patients.matching.doubts import VETOES, Doubt, doubts_of, may_be_vouched_for
from medshare.patients.matching.levels import Field, Level, Levels, compare
from medshare.patients.matching.profile import Profile
from medshare.patients.matching.weights import Scheme, Weights, scheme_of, score


class Grade(StrEnum):
    """How sure it is that two records are one person."""

    CERTAIN = "certain"
    PROBABLE = "probable"
    POSSIBLE = "possible"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A record that is already linked, as matching looks at it."""

    record_id: RecordId
    patient_id: PatientId
    facility: FacilityCode
    profile: Profile


@dataclass(frozen=True, slots=True)
class Subject:
    """The record that is to be decided upon; ``separated`` are records that it never joins."""

    facility: FacilityCode
    profile: Profile
    separated: frozenset[RecordId] = frozenset()


@dataclass(frozen=True, slots=True)
class PairEvidence:
    """A pair of records: its levels, what each weighs in bits, the sum, and what is doubtful."""

    record_id: RecordId
    scheme: Scheme
    levels: Levels
    parts: Mapping[Field, float]
    odds: float
    doubts: tuple[Doubt, ...]

    @property
    def is_vetoed(self) -> bool:
        """Tell whether the pair can never be one person."""
        return not VETOES.isdisjoint(self.doubts)


@dataclass(frozen=True, slots=True)
class PersonEvidence:
    """A person, by the record of theirs that speaks most for it, and by every veto.

    ``record_ids`` are the records on which the judgement rests.
    """

    patient_id: PatientId
    record_ids: frozenset[RecordId]
    best: PairEvidence
    vetoes: tuple[Doubt, ...]
    grade: Grade | None
    is_of_facility: bool

    @property
    def doubts(self) -> tuple[Doubt, ...]:
        """Return everything that stands against linking by itself."""
        return tuple(dict.fromkeys((*self.vetoes, *self.best.doubts)))


@dataclass(frozen=True, slots=True)
class Judgement:
    """Whom a record joins, whom a registrar shall compare it with, and whoever was looked at.

    ``unites`` are persons who are the one that it joins, as it shows.
    """

    joins: PersonEvidence | None
    unites: tuple[PersonEvidence, ...]
    reviews: tuple[PersonEvidence, ...]
    persons: tuple[PersonEvidence, ...]
    is_unidentified: bool = False


def judge(
    weights: Weights,
    subject: Subject,
    candidates: Sequence[Candidate],
    parted: frozenset[frozenset[PatientId]] = frozenset(),
) -> Judgement:
    """Decide whom a record joins.

    A hard conflict with any record of a person keeps from the whole person; that a record says
    little does not. Where several persons match for certain they are one, if nothing that they
    say themselves speaks against it; else a registrar decides between them, unless one of them
    has the record's identity number. So the order in which records come decides little.

    Parameters
    ----------
    candidates
        All records of every person whom any candidate key met.
    parted
        Which persons somebody said are two.
    """
    if subject.profile.is_placeholder:
        return Judgement(None, (), (), (), is_unidentified=True)
    persons = sorted(
        _persons(weights, subject, candidates), key=lambda each: (-each.best.odds, each.patient_id)
    )
    certain = [each for each in persons if each.grade is Grade.CERTAIN]
    joins = _winner(certain)
    unites = _united(weights, joins, certain, candidates, parted) if joins else []
    others = [each for each in certain if each is not joins and each not in unites]
    if joins is None or (others and not _has_number(joins)):
        reviews = [each for each in persons if each.grade in {Grade.CERTAIN, Grade.PROBABLE}]
        return Judgement(None, (), tuple(reviews), tuple(persons))
    # Of somebody who is found for certain a merely probable double needs no look.
    return Judgement(joins, tuple(unites), tuple(others), tuple(persons))


def _winner(certain: Sequence[PersonEvidence]) -> PersonEvidence | None:
    numbered = list(filter(_has_number, certain))
    if len(numbered) == 1:
        return numbered[0]
    return certain[0] if certain else None


def _has_number(person: PersonEvidence) -> bool:
    return person.best.levels.get(Field.NUMBER) is Level.SAME


def _united(
    weights: Weights,
    joins: PersonEvidence,
    certain: Sequence[PersonEvidence],
    candidates: Sequence[Candidate],
    parted: frozenset[frozenset[PatientId]],
) -> list[PersonEvidence]:
    """Return whoever else is the person that is joined, the best first."""
    known = {each.record_id: each for each in candidates}
    united = [joins]
    for person in certain:
        ids = (each.patient_id for each in united)
        if person is joins or any(frozenset({each, person.patient_id}) in parted for each in ids):
            continue
        members = [known[each] for one in united for each in one.record_ids]
        theirs = [known[each] for each in person.record_ids]
        if all(_may_be_one(weights, ours, other) for ours in members for other in theirs):
            united.append(person)
    return united[1:]


def _may_be_one(weights: Weights, ours: Candidate, theirs: Candidate) -> bool:
    """Tell whether nothing speaks against two records that a third one vouches for."""
    if ours.profile.is_placeholder or theirs.profile.is_placeholder:
        return False
    pair = weigh(weights, Subject(ours.facility, ours.profile), theirs)
    if not may_be_vouched_for(pair.levels, pair.doubts):
        return False
    return (
        pair.scheme is Scheme.LISTED
        or pair.odds >= weights.schemes[pair.scheme].thresholds[Grade.POSSIBLE]
    )


def _persons(
    weights: Weights, subject: Subject, candidates: Iterable[Candidate]
) -> Iterable[PersonEvidence]:
    def person(candidate: Candidate) -> PatientId:
        return candidate.patient_id

    for patient_id, group in groupby(sorted(candidates, key=person), key=person):
        members = list(group)
        if any(not each.profile.is_placeholder for each in members):
            yield _person(weights, subject, patient_id, members)


def _person(
    weights: Weights, subject: Subject, patient_id: PatientId, members: Sequence[Candidate]
) -> PersonEvidence:
    named = [each for each in members if not each.profile.is_placeholder]
    pairs = [weigh(weights, subject, each) for each in named]
    vetoes = tuple(dict.fromkeys(d for pair in pairs for d in pair.doubts if d in VETOES))
    open_pairs = [each for each in pairs if not each.is_vetoed] or pairs
    best = max(open_pairs, key=lambda each: (not each.doubts, each.odds, each.record_id))
    grade = None if vetoes else _grade(weights, best)
    of_facility = any(each.facility == subject.facility for each in members)
    record_ids = frozenset(each.record_id for each in members)
    return PersonEvidence(patient_id, record_ids, best, vetoes, grade, of_facility)


def _grade(weights: Weights, pair: PairEvidence) -> Grade | None:
    thresholds = weights.schemes[pair.scheme].thresholds
    if pair.odds >= thresholds[Grade.CERTAIN] and not pair.doubts:
        return Grade.CERTAIN
    if pair.odds >= thresholds[Grade.PROBABLE] or _needs_a_look(pair):
        return Grade.PROBABLE
    return Grade.POSSIBLE if pair.odds >= thresholds[Grade.POSSIBLE] else None


def _needs_a_look(pair: PairEvidence) -> bool:
    """Tell whether one number under two names has to be looked at, however unlikely it is."""
    return pair.levels.get(Field.NUMBER) is Level.SAME


def weigh(weights: Weights, subject: Subject, candidate: Candidate) -> PairEvidence:
    """Compare a record with one that is linked."""
    ours, theirs = subject.profile, candidate.profile
    levels = compare(ours, theirs)
    if candidate.facility == subject.facility:
        levels[Field.RECORD] = Level.SAME_FACILITY
    weighed = score(weights, levels, ours, theirs)
    doubts = doubts_of(levels, ours, theirs)
    if candidate.record_id in subject.separated:
        doubts = (Doubt.SEPARATED, *doubts)
    return PairEvidence(
        candidate.record_id, scheme_of(ours, theirs), levels, weighed.parts, weighed.odds, doubts
    )
