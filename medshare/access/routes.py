"""``/oauth/token``, ``/api/v1/clients``, ``/api/v1/accounts`` and ``/api/v1/session``."""

from datetime import timedelta
from http import HTTPStatus

import orjson
from flask import Response, request

from medshare.access import service
from medshare.access.authenticator import COOKIE, principal_of
from medshare.access.keys import ServerKeys
from medshare.access.model import ScopeError, Session
from medshare.access.schemas import (
    GrantTypeError,
    dump_account,
    dump_client,
    dump_session,
    load_account,
    load_client,
    load_login,
    load_token_request,
)
from medshare.access.tokens import Grant, TokenMaker
from medshare.infra.perform import Context
from medshare.kernel.audit import AuditAction, AuditObject
from medshare.kernel.errors import ErrorKind, MedshareError
from medshare.kernel.operation import Recorded
from medshare.kernel.permission import Permission, Public
from medshare.kernel.principal import Principal, PrincipalKind
from medshare.settings import Settings
from medshare.web.answers import created, json_answer, no_content, page_answer
from medshare.web.body import load_page_arguments
from medshare.web.endpoint import Routes
from medshare.web.problems import STATUSES

TOKEN_PATH = "/oauth/token"  # noqa: S105  # an address, not a secret
management_routes = Routes()
session_routes = Routes()
LOGIN = Recorded(AuditAction.LOGIN, about_patients=False)


def oauth_error(error: MedshareError) -> Response:
    """Write an error as the token endpoint must (RFC 6749 section 5.2)."""
    code = "invalid_request"
    if error.kind is ErrorKind.UNAUTHENTICATED:
        code = "invalid_client"
    elif isinstance(error, ScopeError):
        code = "invalid_scope"
    elif isinstance(error, GrantTypeError):
        code = "unsupported_grant_type"
    elif error.kind in (ErrorKind.UNAVAILABLE, ErrorKind.INTERNAL, ErrorKind.STORAGE_FULL):
        code = "temporarily_unavailable"
    status = STATUSES[error.kind]
    if error.kind is ErrorKind.INVALID:
        status = HTTPStatus.BAD_REQUEST
    body = orjson.dumps({"error": code, "error_description": error.detail})
    response = Response(body, status=status.value, content_type="application/json")
    if status is HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = 'Basic realm="medshare"'
    return response


def token_routes(settings: Settings, keys: ServerKeys, tokens: TokenMaker) -> Routes:
    """Return the token endpoint."""
    routes = Routes(error_face=oauth_error)
    audience = settings.effective_base_url + TOKEN_PATH

    @routes.endpoint(
        TOKEN_PATH,
        method="POST",
        name="access.token",
        access=Public("A client proves itself here."),
        audit=LOGIN,
    )
    def token(context: Context) -> Response:
        """Give a client its access token."""
        proof, wanted = load_token_request()
        with context.read() as uow:
            client, assertion = service.authenticate_client(
                uow, keys, proof, audience=audience, basic=settings.client_secret_basic
            )
            context.principal = Principal(
                PrincipalKind.CLIENT,
                client.id,
                client.facility,
                acting_user=wanted.acting_user,
                purpose=wanted.purpose,
            )
            text, grant = service.issue_token(uow, tokens, client, wanted)
        if assertion is not None:
            with context.write() as uow:
                service.spend(uow, assertion)
        return json_answer(_token(text, grant, tokens.lifetime))

    return routes


def _token(text: str, grant: Grant, lifetime: timedelta) -> dict[str, object]:
    return {
        "access_token": text,
        "token_type": "Bearer",
        "expires_in": int(lifetime.total_seconds()),
        "scope": " ".join(grant.scopes),
    }


def client_routes(keys: ServerKeys) -> Routes:
    """Return what administrators use to register clients."""
    routes = Routes()

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
        return created(dump_client(client, secret), f"/api/v1/clients/{client.id}")

    return routes


@management_routes.endpoint(
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


@management_routes.endpoint(
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


@management_routes.endpoint(
    "/api/v1/accounts",
    method="POST",
    name="access.add-account",
    access=Permission.USER_WRITE,
    audit=Recorded(AuditAction.CREATE, about_patients=False),
)
def add_account(context: Context) -> Response:
    """Open an account for a person."""
    account, password = load_account(context.house.clock.new_key())
    context.touched(AuditObject("account", account.id))
    with context.write() as uow:
        service.add_account(uow, account, password)
    return created(dump_account(account), f"/api/v1/accounts/{account.id}")


@session_routes.endpoint(
    "/api/v1/session",
    method="POST",
    name="access.login",
    access=Public("A person proves themselves here."),
    audit=LOGIN,
)
def login(context: Context) -> Response:
    """Log a person in."""
    username, password = load_login()
    with context.read() as uow:
        account = service.check_password(uow, username, password)
    context.principal = principal_of(account)
    with context.write() as uow:
        service.close_session(uow, request.cookies.get(COOKIE, ""))
        key = service.open_session(uow, account, lifetime=_lifetime(context))
        session = Session(account, uow.now(), uow.now(), service.csrf_token_of(key))
    response = json_answer(dump_session(session))
    response.set_cookie(COOKIE, key, secure=True, httponly=True, samesite="Strict", path="/")
    return response


@session_routes.endpoint(
    "/api/v1/session",
    name="access.session",
    access=Permission.SESSION,
    audit=Recorded(AuditAction.READ, about_patients=False),
)
def show(context: Context) -> Response:
    """Show a person their own session."""
    key = request.cookies.get(COOKIE, "")
    idle = timedelta(seconds=context.house.settings.session_idle_s)
    with context.read() as uow:
        session = service.find_session(uow, key, idle=idle, lifetime=_lifetime(context))
    if session is None:
        raise service.LoginRefusedError
    return json_answer(dump_session(session))


@session_routes.endpoint(
    "/api/v1/session",
    method="DELETE",
    name="access.logout",
    access=Permission.SESSION,
    audit=Recorded(AuditAction.LOGOUT, about_patients=False),
)
def logout(context: Context) -> Response:
    """Log a person out."""
    with context.write() as uow:
        service.close_session(uow, request.cookies.get(COOKIE, ""))
    response = no_content()
    response.delete_cookie(COOKIE, secure=True, httponly=True, samesite="Strict", path="/")
    return response


def _lifetime(context: Context) -> timedelta:
    return timedelta(seconds=context.house.settings.session_lifetime_s)
