"""Matching as the use cases of the index call it: judge, keep what was weighed, open reviews."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from medshare.infra.uow import UnitOfWork
from medshare.kernel.identifiers import FacilityCode, PatientId, RecordId
from medshare.patients.matching import store
from medshare.patients.matching.decide import (
    Candidate,
    Grade,
    Judgement,
    PersonEvidence,
    Subject,
    judge,
)
from medshare.patients.matching.explain import decision_of, evidence_of
from medshare.patients.matching.keys import keys_of, phone_key
from medshare.patients.matching.profile import Profile, profile_of
from medshare.patients.matching.weights import Weights, shipped
from medshare.patients.model import Decision, Registration

CANDIDATES_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Matched:
    """A judgement, and the decision as a facility is told it."""

    judgement: Judgement
    decision: Decision


def hold(uow: UnitOfWork, *registrations: Registration) -> None:
    """Make whoever registers somebody like these wait until the commit.

    Call it once a transaction, before any person is held: so nobody waits in a circle.
    """
    store.hold_keys(
        uow.session, (key for each in registrations for key in keys_of(profile_of(each)))
    )


def match(
    uow: UnitOfWork,
    facility: FacilityCode | None,
    registration: Registration,
    *,
    but: RecordId | None = None,
    weights: Weights | None = None,
    by_record_numbers: bool = False,
) -> Matched:
    """Decide which person a registration is of; nothing is changed.

    Parameters
    ----------
    but
        The record that states it, where it is one already.
    weights
        Others than the shipped ones, to try them.
    by_record_numbers
        Whether a hospital's number counts that somebody met by other keys has too. By itself it
        meets nobody: who only knows a number shall not learn that it is known.
    """
    weights = weights or shipped()
    profile = profile_of(registration)
    met = store.meet(uow.session, keys_of(profile))
    candidates = store.candidates(uow.session, met.record_ids, but=but)
    if by_record_numbers:
        profile, candidates = _numbered(uow, registration, profile, candidates)
    separated = store.separated_from(uow.session, but) if but else frozenset()
    subject = Subject(facility or FacilityCode(""), _telling(profile, met.worn_out), separated)
    judgement = judge(weights, subject, candidates)
    if judgement.joins is not None and judgement.unites:
        persons = [each.patient_id for each in (judgement.joins, *judgement.unites)]
        parted = store.parted(uow.session, persons)
        judgement = judge(weights, subject, candidates, parted)
    return Matched(judgement, decision_of(weights, judgement))


def persons_met(uow: UnitOfWork, registrations: Iterable[Registration]) -> set[PatientId]:
    """Return whoever shares a key with any of some registrations: whom they could join."""
    return {
        person
        for each in registrations
        for person in store.persons_of(
            uow.session, store.meet(uow.session, keys_of(profile_of(each))).record_ids
        )
    }


def search(
    uow: UnitOfWork, facility: FacilityCode | None, registration: Registration
) -> list[PersonEvidence]:
    """Return the persons who may be meant, the surest first, at most ``CANDIDATES_SHOWN``."""
    persons = match(uow, facility, registration, by_record_numbers=True).judgement.persons
    graded = [each for each in persons if each.grade is not None]
    order = {grade: place for place, grade in enumerate(Grade)}
    graded.sort(key=lambda each: (order[each.grade or Grade.POSSIBLE], -each.best.odds))
    return graded[:CANDIDATES_SHOWN]


def _numbered(
    uow: UnitOfWork, described: Registration, profile: Profile, candidates: Sequence[Candidate]
) -> tuple[Profile, list[Candidate]]:
    """Count the hospitals' numbers that the one described shares with candidates as personal."""
    ids = [each.record_id for each in candidates]
    shared = store.shared_numbers(uow.session, described.normalised.identifiers, ids)
    stated = frozenset(shared.values())
    numbered = [
        replace(each, profile=_with_numbers(each.profile, {shared[each.record_id]}))
        if each.record_id in shared
        else each
        for each in candidates
    ]
    return _with_numbers(profile, stated), numbered


def _with_numbers(profile: Profile, numbers: Collection[tuple[str, str]]) -> Profile:
    return replace(profile, numbers=profile.numbers | frozenset(numbers))


def _telling(profile: Profile, worn_out: frozenset[int]) -> Profile:
    """Forget a phone that hundreds state: a ward's, or what a desk types for want of one."""
    return replace(profile, phone="") if phone_key(profile) in worn_out else profile


def keep(
    uow: UnitOfWork, record_id: RecordId, matched: Matched, *, current: PatientId | None = None
) -> None:
    """Write down what was decided about a record, and ask registrars where it is in doubt.

    Parameters
    ----------
    current
        The person with whom the record is, if that is not what was decided.
    """
    weights, now = shipped(), uow.now()
    evidence = evidence_of(weights, matched.judgement)
    store.add_decision(uow.session, uow.new_key(), record_id, matched.decision, evidence, now)
    for person in _in_doubt(matched.judgement, current):
        if not store.has_open_review(uow.session, record_id, person.patient_id):
            key = uow.new_key()
            store.open_review(uow.session, key, record_id, person, weights.version, now)


def _in_doubt(judgement: Judgement, current: PatientId | None) -> list[PersonEvidence]:
    """Return whom a registrar looks at: of the record's own person only a conflict with it."""
    asked = list(judgement.reviews)
    if current is not None and judgement.joins is not None:
        asked += [judgement.joins, *judgement.unites]
    others = [each for each in asked if each.patient_id != current]
    own = [each for each in judgement.persons if each.patient_id == current and each.vetoes]
    return others + own


def reindex(
    uow: UnitOfWork, record_id: RecordId, before: Registration, after: Registration
) -> None:
    """Let a record be met by what it says now."""
    old, new = keys_of(profile_of(before)), keys_of(profile_of(after))
    store.drop_keys(uow.session, record_id, old - new)
    store.add_keys(uow.session, {record_id: new - old})
