"""Use cases of claimed marks."""

from medshare.infra.paging import Page, read_cursor, write_cursor
from medshare.infra.uow import UnitOfWork
from medshare.kernel.identifiers import FacilityCode
from medshare.recognition.claims import store
from medshare.recognition.claims.model import UncoveredClaim


def page(
    uow: UnitOfWork, *, facility: FacilityCode | None, cursor: str | None, limit: int
) -> Page[UncoveredClaim]:
    """List the claims without a certificate, newest first; of one facility, or of all.

    A claim leaves the list when a certificate comes to cover it, and enters it when one is
    withdrawn or the exam changes.
    """
    keys = read_cursor(cursor, 1)
    found = store.page(
        uow.session,
        facility=facility,
        before=keys[0] if keys else "",
        limit=limit + 1,
        as_of=uow.now(),
    )
    more = len(found) > limit
    return Page(found[:limit], write_cursor(found[limit - 1].exam_id) if more else None)
