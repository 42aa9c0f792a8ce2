"""``/api/v1/login``: to the hospital's identity provider and back."""

import re
from http import HTTPStatus

from flask import Response, request

from medshare.access import provider_logins, sessions
from medshare.access.authenticator import principal_of
from medshare.access.model import (
    ProviderLogin,
    ProviderMissingError,
    ProviderRefusedError,
)
from medshare.access.provider import Provider
from medshare.access.routes.sessions import (
    LOGIN,
    lifetime_of,
    opened,
    own_key,
    with_cookie,
)
from medshare.access.schemas import load_next_path, load_provider_answer
from medshare.infra.perform import Context
from medshare.kernel.permission import Public
from medshare.web.answers import lead_on
from medshare.web.endpoint import Routes

CALLBACK_PATH = "/api/v1/login/callback"
STATE_COOKIE = "__Host-medshare-login"
PROVES_THERE = Public("A person proves themselves at the identity provider.")
_OWN_PATH = re.compile(r"/(?!/)[A-Za-z0-9/_.~-]{0,400}")
DEFAULT_NEXT = "/docs"


def provider_routes(provider: Provider | None) -> Routes:
    """Return the routes; without a provider they say that there is none."""
    routes = Routes()

    @routes.endpoint(
        "/api/v1/login", name="access.begin-provider-login", access=PROVES_THERE, audit=LOGIN
    )
    def begin(context: Context) -> Response:
        """Send the browser to the identity provider."""
        wanted = load_next_path()
        next_path = wanted if _OWN_PATH.fullmatch(wanted) else DEFAULT_NEXT
        address, state, login = _required(provider).begin(next_path)
        with context.write() as uow:
            provider_logins.keep(uow, state, login)
        response = Response(status=HTTPStatus.SEE_OTHER, headers={"Location": address})
        # Lax, since it has to come back from the provider's site.
        response.set_cookie(
            STATE_COOKIE, state, secure=True, httponly=True, samesite="Lax", path="/"
        )
        return response

    @routes.endpoint(
        CALLBACK_PATH, name="access.end-provider-login", access=PROVES_THERE, audit=LOGIN
    )
    def end(context: Context) -> Response:
        """Take the browser back from the identity provider, logged in."""
        state, code = load_provider_answer()
        login = _waiting(context, state)
        subject = _required(provider).subject(code, login)
        key = _open(context, state, subject)
        response = with_cookie(lead_on(login.next_path), key)
        response.delete_cookie(STATE_COOKIE, secure=True, httponly=True, samesite="Lax", path="/")
        return response

    return routes


def _required(provider: Provider | None) -> Provider:
    if provider is None:
        raise ProviderMissingError
    return provider


def _waiting(context: Context, state: str) -> ProviderLogin:
    """Return the login that this very browser took to the provider."""
    if not state or state != request.cookies.get(STATE_COOKIE):
        raise ProviderRefusedError
    with context.read() as uow:
        return provider_logins.waiting(uow, state)


def _open(context: Context, state: str, subject: str) -> str:
    """Open the session of a subject's account in place of the one that the browser has."""
    with context.write() as uow:
        sessions.close_session(uow, own_key())
        key = provider_logins.open_session(uow, state, subject, lifetime=lifetime_of(context))
        context.principal = principal_of(opened(context, uow, key).state, uow.now())
    return key
