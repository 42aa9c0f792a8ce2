"""Use cases of facilities."""

from collections.abc import Collection

from medshare.facilities import store
from medshare.facilities.model import Facility, FacilityUnknownError, Member, Sender
from medshare.infra.paging import Page, read_cursor, write_cursor
from medshare.infra.uow import UnitOfWork
from medshare.kernel.identifiers import FacilityCode


def add(uow: UnitOfWork, facility: Facility) -> None:
    """Let a facility take part.

    Raises
    ------
    FacilityTakenError
        Its code, OID, identifier system or an AE title is taken.
    """
    store.add(uow.session, facility)


def replace(uow: UnitOfWork, facility: Facility) -> None:
    """Change everything about a facility but its code.

    Raises
    ------
    FacilityUnknownError
        There is none of this code.
    FacilityTakenError
        Its OID, identifier system or an AE title is another's.
    """
    get(uow, facility.code)
    store.replace(uow.session, facility)


def get(uow: UnitOfWork, code: FacilityCode) -> Facility:
    """Return a facility.

    Raises
    ------
    FacilityUnknownError
        There is none of this code.
    """
    facility = store.find(uow.session, code)
    if facility is None:
        raise FacilityUnknownError
    return facility


def get_sender(uow: UnitOfWork, code: FacilityCode) -> Sender:
    """Return all that ingest asks of a facility.

    Raises
    ------
    FacilityUnknownError
        There is none of this code.
    """
    sender = store.find_sender(uow.session, code)
    if sender is None:
        raise FacilityUnknownError
    return sender


def find_by_ae_title(uow: UnitOfWork, ae_title: str) -> Facility | None:
    """Return the facility that a DICOM application entity belongs to, if any."""
    return store.find_by_ae_title(uow.session, ae_title)


def find_by_identifier_system(uow: UnitOfWork, system: str) -> Facility | None:
    """Return the facility that assigns the identifiers of a system, if any."""
    return store.find_by_identifier_system(uow.session, system)


def page(uow: UnitOfWork, *, cursor: str | None, limit: int) -> Page[Facility]:
    """List facilities by code."""
    keys = read_cursor(cursor, 1)
    found = store.page(uow.session, after=keys[0] if keys else "", limit=limit + 1)
    more = len(found) > limit
    return Page(found[:limit], write_cursor(found[limit - 1].code) if more else None)


def all_known(uow: UnitOfWork, codes: Collection[FacilityCode]) -> bool:
    """Tell whether every one of these facilities takes part."""
    return set(codes) <= {each.code for each in members(uow)}


def members(uow: UnitOfWork) -> tuple[Member, ...]:
    """Return the level and the scopes of every facility, by code."""
    return tuple(store.members(uow.session))
