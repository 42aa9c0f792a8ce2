"""Use cases of retraction: a facility takes its own images back, and may bring them back.

Nothing is deleted. What is retracted is found by no search; those who could have read it hear
that it is gone, everybody else that nothing is there.
"""

from medshare.imaging import retraction_store as store
from medshare.imaging.cases import (
    CaseDecidedError,
    CaseUnknownError,
    NothingToRetractError,
    Retraction,
    RetractionReason,
)
from medshare.imaging.facts import StudyRestored, StudyRetracted
from medshare.imaging.model import Selection, StudyNotFoundError
from medshare.imaging.store import take_turns_on_studies
from medshare.infra.paging import Page, read_cursor, write_cursor
from medshare.infra.uow import UnitOfWork
from medshare.kernel.identifiers import FacilityCode


def retract(
    uow: UnitOfWork,
    facility: FacilityCode,
    selection: Selection,
    reason: RetractionReason,
    by: str,
) -> Retraction:
    """Retract a study, a series or an instance of a facility.

    Raises
    ------
    StudyNotFoundError
        The facility has no such thing.
    NothingToRetractError
        All of it has been retracted.
    """
    take_turns_on_studies(uow.session, [selection.study_instance_uid])
    found = store.find_own_instances(uow.session, facility, selection)
    if not found:
        raise StudyNotFoundError
    standing = [key for key, is_retracted in found if not is_retracted]
    if not standing:
        raise NothingToRetractError
    retraction = Retraction(
        id=uow.new_key(),
        facility=facility,
        study_instance_uid=selection.study_instance_uid,
        series_instance_uid=selection.series_instance_uid or "",
        sop_instance_uid=selection.sop_instance_uid or "",
        reason=reason,
        instances=len(standing),
        retracted_at=uow.now(),
        retracted_by=by,
        undone_at=None,
        undone_by=None,
    )
    store.add(uow.session, retraction, standing)
    uow.tell(
        StudyRetracted(
            retraction.study_instance_uid,
            facility,
            retraction.id,
            retraction.series_instance_uid,
            retraction.sop_instance_uid,
        )
    )
    return get(uow, facility, retraction.id)


def get(uow: UnitOfWork, facility: FacilityCode, retraction_id: str) -> Retraction:
    """Return a retraction of a facility.

    Raises
    ------
    CaseUnknownError
        The facility has none of this id.
    """
    found = store.find(uow.session, retraction_id)
    if found is None or found.facility != facility:
        raise CaseUnknownError
    return found


def page(
    uow: UnitOfWork, facility: FacilityCode, *, cursor: str | None, limit: int
) -> Page[Retraction]:
    """List a facility's retractions, oldest first."""
    keys = read_cursor(cursor, 1)
    found = store.page(uow.session, facility, after=keys[0] if keys else "", limit=limit + 1)
    more = len(found) > limit
    return Page(found[:limit], write_cursor(found[limit - 1].id) if more else None)


def undo(uow: UnitOfWork, facility: FacilityCode, retraction_id: str, by: str) -> Retraction:
    """Bring back what a retraction took away.

    Raises
    ------
    CaseUnknownError
        The facility has none of this id.
    CaseDecidedError
        It has been undone.
    """
    retraction = get(uow, facility, retraction_id)
    take_turns_on_studies(uow.session, [retraction.study_instance_uid])
    if not store.undo(uow.session, retraction, uow.now(), by):
        raise CaseDecidedError
    uow.tell(StudyRestored(retraction.study_instance_uid, facility, retraction.id))
    return get(uow, facility, retraction_id)
