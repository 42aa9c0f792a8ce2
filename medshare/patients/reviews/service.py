"""Use cases of the review queue and of never-link marks."""

from collections.abc import Sequence
from dataclasses import replace

from medshare.infra.paging import Page, read_cursor, write_cursor
from medshare.infra.uow import UnitOfWork
from medshare.kernel.audit import Subject
from medshare.kernel.errors import InvalidError, PreconditionFailedError
from medshare.kernel.identifiers import PatientId, RecordId
from medshare.patients import service as patients
from medshare.patients.links import by_hand, graph
from medshare.patients.links.by_hand import HandRequest
from medshare.patients.links.graph import subjects_of
from medshare.patients.links.model import RECORD_UNKNOWN, Actor, require_own
from medshare.patients.links.store import hold_persons
from medshare.patients.model import LinkedRecord
from medshare.patients.reviews import store
from medshare.patients.reviews.model import (
    MergeInsteadError,
    RecordsTogetherError,
    Review,
    ReviewDecision,
    ReviewState,
    ReviewUnknownError,
    Separation,
    SeparationUnknownError,
    SideBySide,
    may_claim,
    require_claim,
)
from medshare.patients.sight import everything


def queue(
    uow: UnitOfWork, actor: Actor, state: ReviewState, *, cursor: str | None, limit: int
) -> Page[Review]:
    """List reviews that stand so, oldest first; a facility's registrar gets the facility's own.

    What became one person meanwhile is left out, and comes back when that is undone.
    """
    keys = read_cursor(cursor, 1)
    after = keys[0] if keys else ""
    found = store.page(uow.session, state, actor.facility, after=after, limit=limit + 1)
    next_cursor = write_cursor(found[limit - 1].id) if len(found) > limit else None
    decided = state is ReviewState.DECIDED
    return Page([each for each in found[:limit] if decided or not each.is_settled], next_cursor)


def show(uow: UnitOfWork, actor: Actor, review_id: str) -> SideBySide:
    """Return a review with both sides.

    Raises
    ------
    ReviewUnknownError
        There is none, or it is about another facility's record.
    """
    review = _own(uow, actor, review_id)
    owner = patients.get_patient(uow, review.record_patient_id, everything)
    record = next(each for each in owner.records if each.linked.record_id == review.record_id)
    other = patients.get_patient(uow, review.patient_id, everything)
    return SideBySide(review, record, other, _version(uow, review))


def claim(uow: UnitOfWork, actor: Actor, review_id: str) -> Review:
    """Take a review in hand; the same again renews it.

    Raises
    ------
    ReviewUnknownError, ReviewClosedError, ReviewClaimedError
        There is none, it is decided, or another's.
    """
    store.hold(uow.session, review_id)
    review = _own(uow, actor, review_id)
    may_claim(review, actor, uow.now())
    return _put(
        uow,
        replace(review, state=ReviewState.CLAIMED, claimed_by=actor.id, claimed_at=uow.now()),
    )


def release(uow: UnitOfWork, actor: Actor, review_id: str) -> Review:
    """Give a review back to the queue.

    Raises
    ------
    ReviewUnknownError, ReviewClosedError, ReviewNotClaimedError
        There is none, it is decided, or not the caller's.
    """
    store.hold(uow.session, review_id)
    review = _own(uow, actor, review_id)
    require_claim(review, actor)
    return _put(uow, _released(review))


def decide(
    uow: UnitOfWork,
    actor: Actor,
    review_id: str,
    verdict: ReviewDecision,
    reason: str,
    version: int,
) -> Review:
    """Decide a claimed review on the links that the registrar has seen.

    *Link* puts the record to the person; *not the same* marks it as never one with any of the
    person's records; *later* gives it back.

    Raises
    ------
    ReviewUnknownError, ReviewClosedError, ReviewNotClaimedError
        There is none, it is decided, or not the caller's.
    PreconditionFailedError
        The links around the two have changed since.
    MergeInsteadError, NeverLinkError
        It cannot be linked so.
    """
    store.hold(uow.session, review_id)
    review = _own(uow, actor, review_id)
    require_claim(review, actor)
    hold_persons(uow.session, [review.record_patient_id, review.patient_id])
    if _version(uow, review) != version:
        raise PreconditionFailedError
    if verdict is ReviewDecision.LATER:
        return _put(uow, replace(_released(review), reason=reason))
    if verdict is ReviewDecision.LINK:
        _link(uow, actor, review, reason)
    else:
        _part(uow, actor, review, reason)
    return _put(
        uow,
        replace(
            review,
            state=ReviewState.DECIDED,
            decided_by=actor.id,
            decided_at=uow.now(),
            decision=verdict,
            reason=reason,
        ),
    )


def separate(
    uow: UnitOfWork, actor: Actor, records: tuple[RecordId, RecordId], reason: str
) -> tuple[Separation, tuple[Subject, ...]]:
    """Mark two records as two people; the same again changes nothing.

    Raises
    ------
    InvalidError
        There is no such record.
    RecordsTogetherError
        They are one person; unlink first.
    ForeignRecordsError
        A facility's registrar marks the facility's own records.
    """
    ours, theirs = (_record(uow, each) for each in records)
    hold_persons(uow.session, [ours.patient_id, theirs.patient_id])
    ours, theirs = (_record(uow, each) for each in records)
    require_own(actor, [ours])
    if ours.patient_id == theirs.patient_id:
        raise RecordsTogetherError
    mark = _mark(uow, actor, ours.record_id, theirs.record_id, reason)
    subjects = (*subjects_of(ours.patient_id, [ours]), *subjects_of(theirs.patient_id, [theirs]))
    return mark, subjects


def lift(
    uow: UnitOfWork, actor: Actor, separation_id: str, reason: str
) -> tuple[Separation, tuple[Subject, ...]]:
    """Lift a mark; the same again changes nothing.

    Raises
    ------
    SeparationUnknownError
        There is none.
    ForeignRecordsError
        It is on no record of the registrar's facility.
    """
    mark = store.find_separation(uow.session, separation_id)
    if mark is None:
        raise SeparationUnknownError
    both = [_record(uow, each) for each in (mark.record_id, mark.other_record_id)]
    if actor.facility not in {None, *(each.facility for each in both)}:
        require_own(actor, both)
    if mark.ended_at is None:
        store.end_separation(uow.session, mark.id, actor.id, reason, uow.now())
        now = uow.now()
        mark = replace(mark, ended_by=actor.id, ended_at=now, ended_reason=reason)
    return mark, tuple(Subject(each.patient_id, each.record_id) for each in both)


def separations_of(
    uow: UnitOfWork, patient_id: PatientId
) -> tuple[Sequence[Separation], tuple[Subject, ...]]:
    """Return every mark on a person's records, lifted ones too.

    Raises
    ------
    PatientUnknownError, PatientRetiredError
        There is no such person, or no more.
    """
    members = graph.members_of(uow, patient_id)
    found = store.separations_of(uow.session, [each.record_id for each in members])
    return found, subjects_of(patient_id, members)


def subjects_of_review(review: Review) -> tuple[Subject, ...]:
    """Name whom a review is about."""
    return (Subject(review.record_patient_id, review.record_id), Subject(review.patient_id))


def _own(uow: UnitOfWork, actor: Actor, review_id: str) -> Review:
    review = store.find(uow.session, review_id)
    if review is None or actor.facility not in (None, review.facility):
        raise ReviewUnknownError
    return review


def _put(uow: UnitOfWork, review: Review) -> Review:
    store.put(uow.session, review)
    return review


def _released(review: Review) -> Review:
    return replace(review, state=ReviewState.OPEN, claimed_by=None, claimed_at=None)


def _version(uow: UnitOfWork, review: Review) -> int:
    persons = {review.record_patient_id, review.patient_id}
    return sum(graph.version_of(uow, each) for each in persons)


def _link(uow: UnitOfWork, actor: Actor, review: Review, reason: str) -> None:
    if len(graph.members_of(uow, review.record_patient_id)) > 1:
        raise MergeInsteadError
    version = graph.version_of(uow, review.patient_id)
    by_hand.link(uow, actor, HandRequest(review.patient_id, review.record_id, version, reason))


def _part(uow: UnitOfWork, actor: Actor, review: Review, reason: str) -> None:
    for each in graph.members_of(uow, review.patient_id):
        _mark(uow, actor, review.record_id, each.record_id, reason)


def _mark(
    uow: UnitOfWork, actor: Actor, ours: RecordId, theirs: RecordId, reason: str
) -> Separation:
    standing = store.separations_between(uow.session, [ours], [theirs])
    if standing:
        return standing[0]
    low, high = sorted((ours, theirs))
    mark = Separation(uow.new_key(), low, high, reason, actor.id, uow.now())
    store.add_separation(uow.session, mark)
    return mark


def _record(uow: UnitOfWork, record_id: RecordId) -> LinkedRecord:
    found = patients.get_record(uow, record_id)
    if found is None:
        raise InvalidError(issues=[replace(RECORD_UNKNOWN, pointer="/recordIds")])
    return found
