"""The authenticator and the decider: the kernel's ports over tokens and sessions."""

import threading
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import unquote

from medshare.access import model, service
from medshare.access.model import Account, Role
from medshare.access.tokens import TokenError, TokenMaker
from medshare.infra.db import Database
from medshare.infra.uow import UnitOfWork
from medshare.kernel.errors import ForbiddenError, InvalidError, Issue, UnauthenticatedError
from medshare.kernel.identifiers import FacilityCode
from medshare.kernel.permission import Permission, Public
from medshare.kernel.ports import Clock, Credentials
from medshare.kernel.principal import (
    ANONYMOUS,
    ActingUser,
    Principal,
    PrincipalKind,
    PurposeOfUse,
)

COOKIE = "__Host-medshare-session"
RECHECK = timedelta(seconds=30)
SEEN_EVERY = timedelta(seconds=60)
CACHE_MAX = 4096
ASSERTED_MAX = 200
PURPOSE_ISSUE = Issue(
    "X-Purpose-Of-Use",
    "purpose-of-use",
    "Send one of: " + ", ".join(PurposeOfUse) + ".",
    "请填写以下之一：" + "、".join(PurposeOfUse) + "。",
)
ACTING_ISSUE = Issue(
    "X-Acting-User",
    "acting-user",
    "Send at most 200 characters, percent-encoded UTF-8.",
    "请使用百分号编码的 UTF-8，最长 200 个字符。",
)


class CsrfError(ForbiddenError):
    """A change came with a session cookie and without its proof."""

    slug = "csrf"
    title = "Send the session's CSRF token in X-CSRF-Token"
    title_zh = "请在 X-CSRF-Token 中发送会话的 CSRF 令牌"


class Authenticator:
    """Turns a bearer token or a session cookie into a principal."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        tokens: TokenMaker,
        *,
        session_idle: timedelta,
        session_lifetime: timedelta,
    ) -> None:
        self._database = database
        self._clock = clock
        self._tokens = tokens
        self._idle = session_idle
        self._lifetime = session_lifetime
        self._checked: dict[str, tuple[datetime, FacilityCode]] = {}
        self._lock = threading.Lock()

    def authenticate(self, credentials: Credentials) -> Principal:
        """Return who asks, ``ANONYMOUS`` when nothing was presented.

        Raises
        ------
        UnauthenticatedError
            A token or a session was presented and does not hold.
        InvalidError
            The acting user or the purpose in the headers cannot be read.
        """
        authorization = credentials.headers.get("authorization", "")
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() == "bearer":
            return _asserted(self._by_token(token.strip()), credentials.headers)
        if scheme and scheme.lower() != "basic":
            raise UnauthenticatedError
        key = credentials.cookies.get(COOKIE)
        if key:
            return self._by_session(key, credentials)
        return ANONYMOUS

    def _by_token(self, token: str) -> Principal:
        grant = self._tokens.read(token, self._clock.now())
        return Principal(
            kind=PrincipalKind.CLIENT,
            id=grant.client_id,
            facility=self._facility_of(grant.client_id),
            permissions=model.permissions_of(grant.scopes),
            acting_user=grant.acting_user,
            purpose=grant.purpose,
        )

    def _facility_of(self, client_id: str) -> FacilityCode:
        """Return a client's facility; its being enabled is looked up every 30 seconds."""
        now = self._clock.now()
        with self._lock:
            known = self._checked.get(client_id)
        if known is not None and now - known[0] < RECHECK:
            return known[1]
        with self._database.read() as session:
            client = service.find_client(UnitOfWork(session, self._clock), client_id)
        if client is None or client.disabled:
            raise TokenError
        with self._lock:
            if len(self._checked) >= CACHE_MAX:
                self._checked.clear()
            self._checked[client_id] = (now, client.facility)
        return client.facility

    def _by_session(self, key: str, credentials: Credentials) -> Principal:
        with self._database.read() as session:
            found = service.find_session(
                UnitOfWork(session, self._clock), key, idle=self._idle, lifetime=self._lifetime
            )
        if found is None:
            raise UnauthenticatedError
        if not credentials.is_safe_method and not _proves(credentials, found.csrf_token):
            raise CsrfError
        if self._clock.now() - found.last_seen_at > SEEN_EVERY:
            with self._database.write() as session:
                service.see_session(UnitOfWork(session, self._clock), key)
        return principal_of(found.account)


def _proves(credentials: Credentials, csrf_token: str) -> bool:
    return credentials.headers.get("x-csrf-token", "") == csrf_token


def principal_of(account: Account) -> Principal:
    """Return the principal that a logged-in person is."""
    return Principal(
        kind=PrincipalKind.PERSON,
        id=account.id,
        facility=account.facility,
        permissions=model.permissions_of_roles(account.roles),
        roles=frozenset(account.roles),
        acting_user=ActingUser(account.username, account.display_name, account.department),
        purpose=PurposeOfUse.TREAT if Role.CLINICIAN in account.roles else PurposeOfUse.HOPERAT,
    )


def _asserted(principal: Principal, headers: Mapping[str, str]) -> Principal:
    """Add the person and purpose that the facility asserts for this one request."""
    acting = principal.acting_user
    if "x-acting-user" in headers:
        acting = ActingUser(
            id=_decoded(headers["x-acting-user"]),
            name=_decoded(headers.get("x-acting-user-name", "")),
            department=_decoded(headers.get("x-department", "")),
        )
    purpose = principal.purpose
    if "x-purpose-of-use" in headers:
        purpose = read_purpose(headers["x-purpose-of-use"])
    return replace(principal, acting_user=acting if acting and acting.id else None, purpose=purpose)


def read_purpose(text: str) -> PurposeOfUse:
    """Read a purpose of use.

    Raises
    ------
    InvalidError
        It is not one that medshare knows.
    """
    try:
        return PurposeOfUse(text.strip())
    except ValueError:
        raise InvalidError(issues=[PURPOSE_ISSUE]) from None


def _decoded(text: str) -> str:
    try:
        decoded = unquote(text.strip(), errors="strict")
    except UnicodeDecodeError:
        raise InvalidError(issues=[ACTING_ISSUE]) from None
    if len(decoded) > ASSERTED_MAX or not decoded.isprintable():
        raise InvalidError(issues=[ACTING_ISSUE])
    return decoded


class Decider:
    """Says whether a principal may use an operation at all."""

    def admit(self, principal: Principal, access: Permission | Public) -> str:
        """Return the basis, or raise ``UnauthenticatedError`` or ``ForbiddenError``."""
        return model.admit(principal, access)
