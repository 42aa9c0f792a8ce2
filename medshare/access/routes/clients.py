"""``/api/v1/clients``: what administrators register hospital systems with."""

from flask import Response

from medshare.access import service
from medshare.access.keys import ServerKeys
from medshare.access.schemas import dump_client, load_change, load_client, load_overlap
from medshare.infra.perform import Context
from medshare.kernel.audit import AuditAction, AuditObject
from medshare.kernel.operation import Recorded
from medshare.kernel.permission import Permission
from medshare.web.answers import created, json_answer, no_content, page_answer
from medshare.web.body import load_page_arguments
from medshare.web.conditions import load_version, tagged
from medshare.web.endpoint import Routes

CHANGE = Recorded(AuditAction.UPDATE, about_patients=False)


def client_routes(keys: ServerKeys) -> Routes:
    """Return the routes; ``keys`` hash the secrets that are made."""
    routes = Routes()
    _add_registration(routes, keys)
    _add_lookup(routes)
    _add_changes(routes)
    return routes


def _add_registration(routes: Routes, keys: ServerKeys) -> None:
    @routes.endpoint(
        "/api/v1/clients",
        method="POST",
        name="access.add-client",
        access=Permission.CLIENT_WRITE,
        audit=Recorded(AuditAction.CREATE, about_patients=False),
    )
    def add_client(context: Context) -> Response:
        """Register a client."""
        client = load_client()
        context.touched(AuditObject("client", client.id))
        with context.write() as uow:
            secret = service.add_client(uow, keys, client)
        address = f"/api/v1/clients/{client.id}"
        return tagged(created(dump_client(client, secret), address), client.version)

    @routes.endpoint(
        "/api/v1/clients/<client_id>/secret",
        method="POST",
        name="access.rotate-client-secret",
        access=Permission.CLIENT_WRITE,
        audit=CHANGE,
    )
    def rotate_secret(context: Context, client_id: str) -> Response:
        """Give a client a new secret."""
        overlap = load_overlap()
        context.touched(AuditObject("client", client_id))
        with context.write() as uow:
            client, secret = service.rotate_secret(uow, keys, client_id, overlap=overlap)
        return tagged(json_answer(dump_client(client, secret)), client.version)


def _add_lookup(routes: Routes) -> None:
    @routes.endpoint(
        "/api/v1/clients",
        name="access.list-clients",
        access=Permission.CLIENT_READ,
        audit=Recorded(AuditAction.SEARCH, about_patients=False),
    )
    def list_clients(context: Context) -> Response:
        """List clients by id."""
        arguments = load_page_arguments()
        with context.read() as uow:
            page = service.page_clients(uow, cursor=arguments.cursor, limit=arguments.limit)
        return page_answer(page, [dump_client(each) for each in page.items])

    @routes.endpoint(
        "/api/v1/clients/<client_id>",
        name="access.get-client",
        access=Permission.CLIENT_READ,
        audit=Recorded(AuditAction.READ, about_patients=False),
    )
    def get_client(context: Context, client_id: str) -> Response:
        """Show a client."""
        context.touched(AuditObject("client", client_id))
        with context.read() as uow:
            client = service.get_client(uow, client_id)
        return tagged(json_answer(dump_client(client)), client.version)


def _add_changes(routes: Routes) -> None:
    @routes.endpoint(
        "/api/v1/clients/<client_id>",
        method="PUT",
        name="access.replace-client",
        access=Permission.CLIENT_WRITE,
        audit=CHANGE,
    )
    def replace_client(context: Context, client_id: str) -> Response:
        """Change a client."""
        version = load_version()
        changed = load_change(client_id)
        context.touched(AuditObject("client", client_id))
        with context.write() as uow:
            client = service.replace_client(uow, changed, version)
        return tagged(json_answer(dump_client(client)), client.version)

    @routes.endpoint(
        "/api/v1/clients/<client_id>",
        method="DELETE",
        name="access.disable-client",
        access=Permission.CLIENT_WRITE,
        audit=Recorded(AuditAction.DELETE, about_patients=False),
    )
    def disable_client(context: Context, client_id: str) -> Response:
        """Let a client ask for no more tokens."""
        context.touched(AuditObject("client", client_id))
        with context.write() as uow:
            service.disable_client(uow, client_id)
        return no_content()
