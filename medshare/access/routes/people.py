"""``/api/v1/accounts`` and ``/api/v1/session``: the people who log in."""

from datetime import timedelta

from flask import Response, request

from medshare.access import service
from medshare.access.authenticator import COOKIE, principal_of
from medshare.access.model import Session
from medshare.access.schemas import (
    dump_account,
    dump_session,
    load_account,
    load_login,
)
from medshare.infra.perform import Context
from medshare.kernel.audit import AuditAction, AuditObject
from medshare.kernel.operation import Recorded
from medshare.kernel.permission import Permission, Public
from medshare.web.answers import created, json_answer, no_content
from medshare.web.endpoint import Routes

routes = Routes()
LOGIN = Recorded(AuditAction.LOGIN, about_patients=False)


@routes.endpoint(
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


@routes.endpoint(
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


@routes.endpoint(
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


@routes.endpoint(
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
