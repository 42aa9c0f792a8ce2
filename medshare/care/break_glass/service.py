"""Use cases of emergency access."""

from medshare.care.break_glass import store
from medshare.care.break_glass.model import (
    GlassBroken,
    GlassRequest,
    Grant,
    GrantReviewedError,
    GrantUnknownError,
    OwnGrantError,
    Review,
)
from medshare.care.service import NO_OWN_RECORD, own_record
from medshare.infra.paging import Page, read_cursor, write_cursor
from medshare.infra.uow import UnitOfWork
from medshare.kernel.errors import InvalidError
from medshare.kernel.identifiers import FacilityCode


def break_glass(uow: UnitOfWork, facility: FacilityCode, user: str, request: GlassRequest) -> Grant:
    """Open a person's data to one user of a facility for an hour, refusals to share included.

    Raises
    ------
    InvalidError
        The facility has not registered the person: without a record nobody can be told.
    """
    patient = own_record(uow, facility, request.patient)
    if patient is None:
        raise InvalidError(issues=[NO_OWN_RECORD])
    grant = Grant(
        id=uow.new_key(),
        facility=facility,
        user=user,
        record_id=patient.record_id,
        patient_id=patient.patient_id,
        reason=request.reason,
        text=request.text,
        granted_at=uow.now(),
    )
    store.add(uow.session, grant)
    uow.tell(GlassBroken(grant.id, grant.record_id, grant.patient_id, grant.facility, grant.reason))
    return grant


def page(
    uow: UnitOfWork,
    *,
    facility: FacilityCode | None,
    reviewed: bool,
    cursor: str | None,
    limit: int,
) -> Page[Grant]:
    """List emergency accesses, oldest first: those that wait for a review, or the others."""
    keys = read_cursor(cursor, 1)
    found = store.page(
        uow.session,
        facility=facility,
        reviewed=reviewed,
        after=keys[0] if keys else "",
        limit=limit + 1,
    )
    more = len(found) > limit
    return Page(found[:limit], write_cursor(found[limit - 1].id) if more else None)


def get(uow: UnitOfWork, grant_id: str, facility: FacilityCode | None) -> Grant:
    """Return an emergency access of a facility, or of any where ``facility`` is ``None``.

    Raises
    ------
    GrantUnknownError
        There is none.
    """
    grant = store.find(uow.session, grant_id)
    if grant is None or facility not in (None, grant.facility):
        raise GrantUnknownError
    return grant


def review(
    uow: UnitOfWork,
    grant_id: str,
    found: Review,
    *,
    reviewer: str,
    facility: FacilityCode | None,
) -> Grant:
    """Take down what somebody else found of an emergency access, once.

    Parameters
    ----------
    reviewer
        Under which name the reviewer breaks glass themselves.
    facility
        Whose accesses the reviewer may see; ``None``: all.

    Raises
    ------
    GrantUnknownError, GrantReviewedError, OwnGrantError
        There is none, it was reviewed before, or it is the reviewer's own.
    """
    grant = store.find_to_change(uow.session, grant_id)
    if grant is None or facility not in (None, grant.facility):
        raise GrantUnknownError
    if grant.review is not None:
        raise GrantReviewedError
    if grant.user == reviewer:
        raise OwnGrantError
    store.review(uow.session, grant_id, found)
    reviewed = store.find_to_change(uow.session, grant_id)
    if reviewed is None:
        raise GrantUnknownError
    return reviewed
