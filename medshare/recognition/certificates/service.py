"""Use cases of scopes and certificates."""

from collections.abc import Sequence
from datetime import datetime

from medshare.exams import service as exams
from medshare.facilities import service as facilities
from medshare.infra.paging import Page, read_cursor, write_cursor
from medshare.infra.uow import UnitOfWork
from medshare.kernel.errors import InvalidError
from medshare.kernel.identifiers import FacilityCode
from medshare.recognition import revision
from medshare.recognition.certificates import store
from medshare.recognition.certificates.model import (
    Certificate,
    CertificateTakenError,
    CertificateUnknownError,
    CertificateWithdrawnError,
    MarkWithdrawn,
    Scope,
    ScopeCycleError,
    has_cycle,
    issues_of,
    withdrawn_from,
)
from medshare.recognition.programme import Withdrawal


def put_scopes(uow: UnitOfWork, brought: Sequence[Scope]) -> None:
    """Register scopes, or change those that stand.

    Raises
    ------
    ScopeCycleError
        One would contain itself.
    """
    after = {each.code: each for each in [*store.scopes(uow.session), *brought]}
    if has_cycle(after.values()):
        raise ScopeCycleError
    store.put_scopes(uow.session, brought)
    revision.renew(uow)


def scopes(uow: UnitOfWork) -> list[Scope]:
    """Return every scope, the widest first."""
    return store.scopes(uow.session)


def register(uow: UnitOfWork, certificate: Certificate) -> bool:
    """Register a certificate; tell whether it was new.

    Raises
    ------
    FacilityUnknownError
        No such facility takes part.
    InvalidError
        Its scope, an item or its period cannot be.
    CertificateTakenError
        Its id stands for other content.
    """
    rule = certificate.rule
    stands = store.find(uow.session, rule.id)
    if stands is not None:
        if stands != certificate:
            raise CertificateTakenError
        return False
    facilities.get(uow, FacilityCode(rule.facility))
    managed = {each.code for each in exams.managed_items(uow)}
    issues = issues_of(rule, {each.code for each in scopes(uow)}, managed)
    if issues:
        raise InvalidError(issues=issues)
    store.add(uow.session, certificate)
    revision.renew(uow)
    return True


def withdraw(
    uow: UnitOfWork, certificate_id: str, invalid_from: datetime, reason: str
) -> Certificate:
    """End a certificate, for results since ``invalid_from`` too, and tell those who relied on it.

    Raises
    ------
    CertificateUnknownError, CertificateWithdrawnError
        There is none, or it ended like that before.
    InvalidError
        The look-back begins after its period.
    """
    stands = store.find_to_change(uow.session, certificate_id)
    if stands is None:
        raise CertificateUnknownError
    if stands.rule.withdrawn is not None:
        raise CertificateWithdrawnError
    since = withdrawn_from(stands.rule, invalid_from)
    store.withdraw(uow.session, certificate_id, Withdrawal(uow.now(), since), reason)
    revision.renew(uow)
    items = sorted(stands.rule.items)
    uow.tell(MarkWithdrawn(certificate_id, stands.rule.facility, items, since.isoformat()))
    return get(uow, certificate_id)


def get(uow: UnitOfWork, certificate_id: str) -> Certificate:
    """Return a certificate.

    Raises
    ------
    CertificateUnknownError
        There is none.
    """
    found = store.find(uow.session, certificate_id)
    if found is None:
        raise CertificateUnknownError
    return found


def all_certificates(uow: UnitOfWork) -> list[Certificate]:
    """Return every certificate, by id."""
    return store.certificates(uow.session)


def page(uow: UnitOfWork, *, cursor: str | None, limit: int) -> Page[Certificate]:
    """List certificates by id."""
    keys = read_cursor(cursor, 1)
    found = store.page(uow.session, after=keys[0] if keys else "", limit=limit + 1)
    more = len(found) > limit
    return Page(found[:limit], write_cursor(found[limit - 1].rule.id) if more else None)
