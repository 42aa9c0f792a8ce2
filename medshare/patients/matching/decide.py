"""Which person a record belongs to: the best-scored one, if nothing speaks against it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby

from medshare.kernel.identifiers import FacilityCode, PatientId, RecordId
from medshare.patients.matching.levels import Field, Level, Levels, compare
from medshare.patients.matching.profile import Newborn, Profile
from medshare.patients.matching.weights import Weights, score

_AGREEING = {Level.EXACT, Level.SPELLED, Level.SWAPPED}
_BORN_AGREES = {Level.SAME, Level.SWAPPED, Level.NEAR, Level.LUNAR}
_CORROBORATING = {
    Field.NUMBER: {Level.SAME},
    Field.GUARDIAN: {Level.SAME},
    Field.NUMBERS: {Level.SAME},
    Field.PHONE: {Level.SAME},
    Field.ADDRESS: {Level.SAME, Level.AREA, Level.NEAR, Level.SIMILAR},
}


class Grade(StrEnum):
    """How sure it is that two records are one person."""

    CERTAIN = "certain"
    PROBABLE = "probable"
    POSSIBLE = "possible"


class Doubt(StrEnum):
    """Why a pair is not linked by itself although it may score well; vetoes forbid a link."""

    OTHER_NUMBER = "other-identity-number"
    SEPARATED = "separated-by-registrar"
    OTHER_RANK = "other-rank-of-birth"
    FAMILY_NUMBER = "number-of-the-family"
    OTHER_NAME = "same-number-with-another-name"
    OTHER_BIRTH = "same-number-with-another-birth-date"
    NO_CORROBORATION = "name-and-birth-date-alone"
    NEWBORN = "newborn-without-a-name"
    NAME_DIFFERS = "name-differs"
    BIRTH_DATE = "birth-date-differs-or-is-missing"


VETOES = frozenset({Doubt.OTHER_NUMBER, Doubt.SEPARATED, Doubt.OTHER_RANK})


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
    """Whom a record joins, whom a registrar shall compare it with, and whoever was looked at."""

    joins: PersonEvidence | None
    reviews: tuple[PersonEvidence, ...]
    persons: tuple[PersonEvidence, ...]
    is_unidentified: bool = False


def judge(weights: Weights, subject: Subject, candidates: Sequence[Candidate]) -> Judgement:
    """Decide whom a record joins.

    A hard conflict with any record of a person keeps from the whole person; that a record says
    little does not. Where several persons match for certain a registrar decides between them,
    unless one of them has the record's own identity number and the others do not.

    Parameters
    ----------
    candidates
        All records of every person whom any candidate key met.
    """
    if subject.profile.is_placeholder:
        return Judgement(None, (), (), is_unidentified=True)
    persons = sorted(
        _persons(weights, subject, candidates), key=lambda each: (-each.best.odds, each.patient_id)
    )
    certain = [each for each in persons if each.grade is Grade.CERTAIN]
    joins = _winner(certain)
    reviews = [
        each
        for each in persons
        if each is not joins and each.grade in {Grade.CERTAIN, Grade.PROBABLE}
    ]
    if joins is not None:
        # Of somebody who is found for certain a merely probable double needs no look.
        reviews = [each for each in reviews if each.grade is Grade.CERTAIN]
    return Judgement(joins, tuple(reviews), tuple(persons))


def _winner(certain: Sequence[PersonEvidence]) -> PersonEvidence | None:
    numbered = [each for each in certain if each.best.levels.get(Field.NUMBER) is Level.SAME]
    if len(numbered) == 1:
        return numbered[0]
    return certain[0] if certain else None


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
    if pair.odds >= weights.thresholds[Grade.CERTAIN] and not pair.doubts:
        return Grade.CERTAIN
    if pair.odds >= weights.thresholds[Grade.PROBABLE] or _needs_a_look(pair):
        return Grade.PROBABLE
    return Grade.POSSIBLE if pair.odds >= weights.thresholds[Grade.POSSIBLE] else None


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
    return PairEvidence(candidate.record_id, levels, weighed.parts, weighed.odds, doubts)


def doubts_of(levels: Levels, ours: Profile, theirs: Profile) -> tuple[Doubt, ...]:
    """Return why two records are not linked by themselves, vetoes first."""
    is_han = ours.name.is_han or theirs.name.is_han
    is_numbered = Level.SAME in {levels.get(Field.NUMBER), levels.get(Field.NUMBERS)}
    found = {
        Doubt.OTHER_NUMBER: levels.get(Field.NUMBER) is Level.DIFFERENT,
        Doubt.OTHER_RANK: _ranks_differ(ours.newborn, theirs.newborn),
        Doubt.FAMILY_NUMBER: _is_family_number(ours, theirs),
        Doubt.OTHER_NAME: _is_number_under_another_name(levels),
        Doubt.OTHER_BIRTH: _is_number_of_another_birth(levels),
        Doubt.NO_CORROBORATION: not any(
            levels.get(field) in enough for field, enough in _CORROBORATING.items()
        ),
        Doubt.NEWBORN: ours.newborn is not None or theirs.newborn is not None,
        # Of a name in letters the score says it all: slips are common, twins differ in more.
        Doubt.NAME_DIFFERS: is_han and _names_differ(levels),
        Doubt.BIRTH_DATE: is_han and not is_numbered and levels.get(Field.BORN) not in _BORN_AGREES,
    }
    return tuple(doubt for doubt, holds in found.items() if holds)


def _ranks_differ(ours: Newborn | None, theirs: Newborn | None) -> bool:
    if ours is None or theirs is None:
        return False
    ranks = {ours.rank, theirs.rank}
    kinds = {ours.kind, theirs.kind} - {"婴"}
    return len(kinds) > 1 or ("" not in ranks and len(ranks) > 1)


def _is_family_number(ours: Profile, theirs: Profile) -> bool:
    return ours.guardian != theirs.guardian and bool(
        {ours.number, ours.guardian} & {theirs.number, theirs.guardian} - {""}
    )


def _is_number_under_another_name(levels: Levels) -> bool:
    if levels.get(Field.NUMBER) is not Level.SAME:
        return False
    if {levels.get(Field.FAMILY), levels.get(Field.GIVEN)} <= _AGREEING:
        return False
    is_slip = levels.get(Field.GIVEN) in {Level.ONE_CHARACTER, Level.NEAR, Level.HOMOPHONE} or (
        levels.get(Field.FAMILY) in {Level.NEAR, Level.HOMOPHONE}
    )
    return not (is_slip and _is_whole(levels) and levels.get(Field.BORN) is Level.SAME)


def _is_whole(levels: Levels) -> bool:
    return Level.DIFFERENT not in {levels.get(Field.FAMILY), levels.get(Field.GIVEN)}


def _is_number_of_another_birth(levels: Levels) -> bool:
    return levels.get(Field.NUMBER) is Level.SAME and levels.get(Field.BORN) is Level.DIFFERENT


def _names_differ(levels: Levels) -> bool:
    """Tell whether a name differs in more than a slip, or says nothing, without a number."""
    if levels.get(Field.NUMBER) is Level.SAME:
        return False
    parts = (levels.get(Field.FAMILY), levels.get(Field.GIVEN))
    if Level.ONE_CHARACTER in parts or Level.HOMOPHONE in parts:
        return True
    return Level.DIFFERENT in parts or None in parts
