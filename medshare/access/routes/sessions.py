"""``/api/v1/session``: a person logs in, looks after their own credentials, and logs out."""

from datetime import timedelta

from flask import Response, request

from medshare.access import accounts, second_factor, sessions
from medshare.access.authenticator import COOKIE, principal_of
from medshare.access.keys import ServerKeys
from medshare.access.model import (
    Account,
    LoginAttempt,
    LoginRefusedError,
    SecondFactorRequiredError,
    Session,
)
from medshare.access.schemas import (
    dump_session,
    load_code,
    load_login,
    load_password_change,
    load_proof,
)
from medshare.infra.perform import Context
from medshare.infra.uow import UnitOfWork
from medshare.kernel.audit import AuditAction, AuditOutcome
from medshare.kernel.errors import MedshareError, UnauthenticatedError
from medshare.kernel.operation import Recorded
from medshare.kernel.permission import Permission, Public
from medshare.web.answers import json_answer, no_content
from medshare.web.endpoint import Routes

LOGIN = Recorded(AuditAction.LOGIN, about_patients=False)
OWN_CHANGE = Recorded(AuditAction.UPDATE, about_patients=False)


def session_routes(keys: ServerKeys) -> Routes:
    """Return the routes; ``keys`` hash user names and seal second factors."""
    routes = Routes()
    _add_login(routes, keys)
    _add_session(routes)
    _add_password(routes, keys)
    _add_second_factor(routes, keys)
    return routes


def _add_login(routes: Routes, keys: ServerKeys) -> None:
    @routes.endpoint(
        "/api/v1/session",
        method="POST",
        name="access.login",
        access=Public("A person proves themselves here."),
        audit=LOGIN,
    )
    def login(context: Context) -> Response:
        """Log a person in."""
        attempt = load_login()
        account, step = _proved(context, keys, attempt)
        with context.write() as uow:
            sessions.accept(uow, keys, account, step)
            sessions.close_session(uow, own_key())
            key = sessions.open_session(uow, account, lifetime=lifetime_of(context))
            session = opened(context, uow, key)
            context.principal = principal_of(session.state, uow.now())
        return with_cookie(json_answer(dump_session(session)), key)

    @routes.endpoint(
        "/api/v1/session/step-up",
        method="POST",
        name="access.step-up",
        access=Permission.SESSION,
        audit=LOGIN,
    )
    def step_up(context: Context) -> Response:
        """Prove oneself anew, for what is grave."""
        session = _own_session(context)
        account, step = _proved(context, keys, load_proof(session.account.username))
        with context.write() as uow:
            sessions.accept(uow, keys, account, step)
            sessions.prove_anew(uow, own_key())
        return no_content()


def _proved(context: Context, keys: ServerKeys, attempt: LoginAttempt) -> tuple[Account, int]:
    """Return whose attempt it is; a failed one is counted, in the change that records it."""
    with context.read() as uow:
        sessions.require_no_pause(uow, keys, attempt.username)
    try:
        with context.read() as uow:
            return sessions.check_login(uow, keys, attempt)
    except (LoginRefusedError, SecondFactorRequiredError) as error:
        _count_failure(context, keys, attempt.username, error)
        raise


def _require_password(context: Context, keys: ServerKeys, account: Account, password: str) -> None:
    """Hold a person to their password; guessing is slowed down as at a login."""
    with context.read() as uow:
        sessions.require_no_pause(uow, keys, account.username)
    try:
        with context.read() as uow:
            accounts.require_password(uow, account, password)
    except LoginRefusedError as error:
        _count_failure(context, keys, account.username, error)
        raise


def _count_failure(context: Context, keys: ServerKeys, username: str, error: MedshareError) -> None:
    context.outcome, context.reason = AuditOutcome.UNAUTHENTICATED, error.slug
    with context.write() as uow:
        sessions.note_failure(uow, keys, username)


def _add_session(routes: Routes) -> None:
    @routes.endpoint(
        "/api/v1/session",
        name="access.session",
        access=Permission.SESSION,
        audit=Recorded(AuditAction.READ, about_patients=False),
    )
    def show(context: Context) -> Response:
        """Show a person their own session."""
        return json_answer(dump_session(_own_session(context)))

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
            sessions.close_session(uow, own_key())
        response = no_content()
        response.delete_cookie(COOKIE, secure=True, httponly=True, samesite="Strict", path="/")
        return response


def _add_password(routes: Routes, keys: ServerKeys) -> None:
    @routes.endpoint(
        "/api/v1/session/password",
        method="PUT",
        name="access.change-password",
        access=Permission.SESSION,
        audit=OWN_CHANGE,
    )
    def change_password(context: Context) -> Response:
        """Exchange one's own password; every other session of the account ends."""
        current, wanted = load_password_change()
        account = _own_session(context).account
        _require_password(context, keys, account, current)
        with context.write() as uow:
            accounts.change_password(uow, account, wanted)
            sessions.close_others(uow, account, own_key())
        return no_content()


def _add_second_factor(routes: Routes, keys: ServerKeys) -> None:
    rule = "/api/v1/session/second-factor"

    @routes.endpoint(
        rule,
        method="POST",
        name="access.begin-second-factor",
        access=Permission.SESSION,
        audit=OWN_CHANGE,
        step_up=True,
    )
    def begin(context: Context) -> Response:
        """Ask for a second factor, which counts once it is confirmed."""
        account = _own_session(context).account
        with context.write() as uow:
            secret = accounts.begin_second_factor(uow, keys, account)
        address = second_factor.address_of(secret, account.username)
        return json_answer({"secret": secret, "address": address})

    @routes.endpoint(
        rule,
        method="PUT",
        name="access.confirm-second-factor",
        access=Permission.SESSION,
        audit=OWN_CHANGE,
        step_up=True,
    )
    def confirm(context: Context) -> Response:
        """Confirm a second factor by its first code."""
        code = load_code()
        account = _own_session(context).account
        with context.write() as uow:
            accounts.confirm_second_factor(uow, keys, account, code)
        return no_content()

    @routes.endpoint(
        rule,
        method="DELETE",
        name="access.drop-second-factor",
        access=Permission.SESSION,
        audit=Recorded(AuditAction.DELETE, about_patients=False),
        step_up=True,
    )
    def drop(context: Context) -> Response:
        """Do without a second factor."""
        account = _own_session(context).account
        with context.write() as uow:
            accounts.drop_second_factor(uow, account)
        return no_content()


def _own_session(context: Context) -> Session:
    """Return the session that the request came with.

    Raises
    ------
    UnauthenticatedError
        It ended since the request was let in.
    """
    with context.read() as uow:
        return opened(context, uow, own_key())


def opened(context: Context, uow: UnitOfWork, key: str) -> Session:
    """Return the open session of a key.

    Raises
    ------
    UnauthenticatedError
        There is none.
    """
    session = sessions.find_session(uow, key, idle=idle_of(context), lifetime=lifetime_of(context))
    if session is None:
        raise UnauthenticatedError
    return session


def own_key() -> str:
    """Return the key in the request's cookie, empty where there is none."""
    return request.cookies.get(COOKIE, "")


def with_cookie(response: Response, key: str) -> Response:
    """Give the browser the key of its session."""
    response.set_cookie(COOKIE, key, secure=True, httponly=True, samesite="Strict", path="/")
    return response


def idle_of(context: Context) -> timedelta:
    """Return how long a session may be idle."""
    return timedelta(seconds=context.house.settings.session_idle_s)


def lifetime_of(context: Context) -> timedelta:
    """Return how long a session may last."""
    return timedelta(seconds=context.house.settings.session_lifetime_s)
