"""Use cases of matching defects."""

from dataclasses import replace

from medshare.infra.paging import Page, read_cursor, write_cursor
from medshare.infra.uow import UnitOfWork
from medshare.recognition.defects import store
from medshare.recognition.defects.model import (
    CaseUnknownError,
    Declined,
    DefectCase,
    DefectOutcome,
    check_claim,
    check_resolution,
)


def open_case(uow: UnitOfWork, declined: Declined) -> DefectCase:
    """Open the case of a decline; the same decision again is the case that stands."""
    stands = store.find_by_decision(uow.session, declined.decision)
    if stands is not None:
        return stands
    case = DefectCase(uow.new_key(), declined, uow.now())
    store.add(uow.session, case)
    return case


def require(uow: UnitOfWork, case_id: str, facility: str | None) -> None:
    """Hold a case to be there for a facility's officer, or for a city-wide one.

    Raises
    ------
    CaseUnknownError
        It is not, or it is about another facility's result.
    """
    case = _to_change(uow, case_id)
    if facility not in (None, case.declined.facility):
        raise CaseUnknownError


def claim(uow: UnitOfWork, case_id: str, by: str) -> DefectCase:
    """Say who works on a case.

    Raises
    ------
    CaseUnknownError, CaseClaimedError, CaseResolvedError
        It cannot be.
    """
    case = _to_change(uow, case_id)
    check_claim(case, by)
    claimed = case if case.claimed_by else replace(case, claimed_by=by, claimed_at=uow.now())
    store.change(uow.session, claimed)
    return claimed


def resolve(
    uow: UnitOfWork, case_id: str, by: str, outcome: DefectOutcome, note: str
) -> DefectCase:
    """Close a case.

    Raises
    ------
    CaseUnknownError, CaseClaimedError, CaseUnclaimedError, CaseResolvedError
        It cannot be.
    """
    case = _to_change(uow, case_id)
    check_resolution(case, by)
    resolved = replace(case, outcome=outcome, note=note, resolved_at=uow.now())
    store.change(uow.session, resolved)
    return resolved


def page(
    uow: UnitOfWork, *, facility: str | None, open_only: bool, cursor: str | None, limit: int
) -> Page[DefectCase]:
    """List cases, the oldest first; of one source facility, or of all."""
    keys = read_cursor(cursor, 1)
    found = store.page(
        uow.session,
        facility=facility,
        open_only=open_only,
        after=keys[0] if keys else "",
        limit=limit + 1,
    )
    more = len(found) > limit
    return Page(found[:limit], write_cursor(found[limit - 1].id) if more else None)


def _to_change(uow: UnitOfWork, case_id: str) -> DefectCase:
    case = store.find_to_change(uow.session, case_id)
    if case is None:
        raise CaseUnknownError
    return case
