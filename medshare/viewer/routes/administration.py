"""The administrator's pages: facilities, the clients of their systems, and people's accounts."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from medshare.access import accounts, service
from medshare.access.model import Role
from medshare.facilities import service as facilities
from medshare.facilities.model import CharsetPolicy
from medshare.infra.uow import UnitOfWork
from medshare.kernel.audit import AuditAction
from medshare.kernel.operation import Recorded
from medshare.kernel.permission import Permission
from medshare.recognition.certificates import service as certificates
from medshare.viewer.pages import Pages
from medshare.viewer.routes.listing import Listing
from medshare.web.endpoint import Routes

ADMINISTRATION = "/viewer/administration"
USUAL_SCOPES = "system/*.cruds system/Organization.rs"


def _joined(uow: UnitOfWork) -> Mapping[str, Any]:
    """Return what a facility can be a member of, and how it may write texts."""
    return {"scopes": certificates.scopes(uow), "charsets": tuple(CharsetPolicy)}


FACILITIES = Listing("admin_facilities", facilities.page, _joined)
CLIENTS = Listing("admin_clients", service.page_clients, lambda _: {"usual_scopes": USUAL_SCOPES})
ACCOUNTS = Listing("admin_accounts", accounts.page_accounts, lambda _: {"roles": tuple(Role)})


def administration_routes(pages: Pages) -> Routes:
    """Return the administrator's pages."""
    routes = Routes(error_face=pages.refusal)
    for path, name, access, listing in (
        ("", "facilities", Permission.FACILITY_WRITE, FACILITIES),
        ("/clients", "clients", Permission.CLIENT_READ, CLIENTS),
        ("/accounts", "accounts", Permission.USER_READ, ACCOUNTS),
    ):
        routes.endpoint(
            f"{ADMINISTRATION}{path}",
            name=f"viewer.{name}",
            access=access,
            audit=Recorded(AuditAction.SEARCH, about_patients=False),
        )(partial(listing.answer, pages=pages))
    return routes
