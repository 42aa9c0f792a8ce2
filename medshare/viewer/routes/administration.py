"""The administrator's pages: facilities, the clients of their systems, and people's accounts."""

from dataclasses import dataclass

from flask import Response

from medshare.access import accounts, service
from medshare.access.model import Role
from medshare.facilities import service as facilities
from medshare.facilities.model import CharsetPolicy
from medshare.infra.perform import Context
from medshare.kernel.audit import AuditAction
from medshare.kernel.operation import Recorded
from medshare.kernel.permission import Permission
from medshare.recognition.certificates import service as certificates
from medshare.viewer.consoles.schemas import load_list
from medshare.viewer.hospitals import hospitals
from medshare.viewer.pages import Pages
from medshare.web.endpoint import Routes

ADMINISTRATION = "/viewer/administration"
SHOWN = 50
USUAL_SCOPES = "system/*.cruds system/Organization.rs"


def administration_routes(pages: Pages) -> Routes:
    """Return the administrator's pages."""
    routes = Routes(error_face=pages.refusal)
    desk = _Desk(pages)
    for path, name, access, view in (
        ("", "facilities", Permission.FACILITY_WRITE, desk.facilities),
        ("/clients", "clients", Permission.CLIENT_READ, desk.clients),
        ("/accounts", "accounts", Permission.USER_READ, desk.accounts),
    ):
        routes.endpoint(
            f"{ADMINISTRATION}{path}",
            name=f"viewer.{name}",
            access=access,
            audit=Recorded(AuditAction.SEARCH, about_patients=False),
        )(view)
    return routes


@dataclass(frozen=True, slots=True)
class _Desk:
    """The views, which share the pages."""

    pages: Pages

    def facilities(self, context: Context) -> Response:
        """Show the facilities with their application entities, and what one is changed by."""
        cursor = load_list()
        with context.read() as uow:
            page = facilities.page(uow, cursor=cursor, limit=SHOWN)
            scopes = certificates.scopes(uow)
        return self.pages.answer(
            context.principal,
            "admin_facilities",
            facilities=page.items,
            next_cursor=page.next_cursor,
            scopes=scopes,
            charsets=tuple(CharsetPolicy),
        )

    def clients(self, context: Context) -> Response:
        """Show the systems that ask for tokens; a secret is shown once, when it is made."""
        cursor = load_list()
        with context.read() as uow:
            page = service.page_clients(uow, cursor=cursor, limit=SHOWN)
            known = hospitals(uow)
        return self.pages.answer(
            context.principal,
            "admin_clients",
            usual_scopes=USUAL_SCOPES,
            clients=page.items,
            next_cursor=page.next_cursor,
            known=known,
        )

    def accounts(self, context: Context) -> Response:
        """Show the people who may log in, and what their accounts are changed by."""
        cursor = load_list()
        with context.read() as uow:
            page = accounts.page_accounts(uow, cursor=cursor, limit=SHOWN)
            known = hospitals(uow)
        return self.pages.answer(
            context.principal,
            "admin_accounts",
            accounts=page.items,
            next_cursor=page.next_cursor,
            known=known,
            roles=tuple(Role),
        )
