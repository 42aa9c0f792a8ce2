"""What somebody looks after about their own account: password and second factor."""

from flask import Response

from medshare.access import accounts, second_factor
from medshare.access.keys import ServerKeys
from medshare.access.model import Account
from medshare.infra.perform import Context
from medshare.infra.uow import UnitOfWork
from medshare.kernel.audit import AuditAction
from medshare.kernel.operation import Recorded
from medshare.kernel.permission import Permission
from medshare.viewer.hospitals import hospitals
from medshare.viewer.pages import Pages, part
from medshare.viewer.qr import code_of
from medshare.web.endpoint import Routes

ACCOUNT = "/viewer/account"
GROUP = 4  # letters of a secret that people read at a time


def account_routes(pages: Pages, keys: ServerKeys) -> tuple[Routes, Routes]:
    """Return the page, whose refusals are pages, and what its script asks for."""
    return _page(pages), _asked(keys)


def _page(pages: Pages) -> Routes:
    routes = Routes(error_face=pages.refusal)

    @routes.endpoint(
        ACCOUNT,
        name="viewer.account",
        access=Permission.SESSION,
        audit=Recorded(AuditAction.READ, about_patients=False),
    )
    def account(context: Context) -> Response:
        """Show somebody their own account."""
        with context.read() as uow:
            own = _own(context, uow)
            facility = hospitals(uow).get(own.facility) if own.facility else None
        return pages.answer(context.principal, "account", account=own, facility=facility)

    return routes


def _asked(keys: ServerKeys) -> Routes:
    routes = Routes()

    @routes.endpoint(
        f"{ACCOUNT}/second-factor",
        method="POST",
        name="viewer.begin-second-factor",
        access=Permission.SESSION,
        audit=Recorded(AuditAction.UPDATE, about_patients=False),
        step_up=True,
    )
    def begin(context: Context) -> Response:
        """Show a fresh secret for an authenticator, this once."""
        with context.write() as uow:
            own = _own(context, uow)
            secret = accounts.begin_second_factor(uow, keys, own)
        groups = [secret[at : at + GROUP] for at in range(0, len(secret), GROUP)]
        code = code_of(second_factor.address_of(secret, own.username))
        return part(context, "parts/second_factor", code=code, groups=groups)

    return routes


def _own(context: Context, uow: UnitOfWork) -> Account:
    return accounts.get_account(uow, context.principal.id)
