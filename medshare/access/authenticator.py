"""The authenticator and the decider: the kernel's ports over tokens and sessions."""

import hmac
import threading
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import lru_cache
from urllib.parse import unquote

import structlog

from medshare.access import embedding, model, service, sessions
from medshare.access.model import Role, SessionState, read_purpose
from medshare.access.revocations import Revocations
from medshare.access.tokens import TokenError, TokenMaker
from medshare.infra.db import Database
from medshare.infra.uow import UnitOfWork
from medshare.kernel.errors import (
    ForbiddenError,
    InvalidError,
    Issue,
    StorageFullError,
    UnauthenticatedError,
    UnavailableError,
)
from medshare.kernel.identifiers import FacilityCode
from medshare.kernel.operation import Operation
from medshare.kernel.permission import Permission
from medshare.kernel.ports import Clock, Credentials
from medshare.kernel.principal import (
    ANONYMOUS,
    ActingUser,
    Principal,
    PrincipalKind,
    PurposeOfUse,
)

log = structlog.get_logger(__name__)

COOKIE = "__Host-medshare-session"
RECHECK = timedelta(seconds=30)
SEEN_EVERY = timedelta(seconds=60)
RECENTLY = timedelta(minutes=5)
"""For how long a password or a second factor counts for what is grave."""
CACHE_MAX = 4096
ASSERTED_MAX = 200
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


class TwoCredentialsError(UnauthenticatedError):
    """A token and a session came with one request: whose word it is cannot be told."""

    slug = "two-credentials"
    title = "Send an access token or a session, not both"
    title_zh = "请仅使用访问令牌或会话之一"


class Authenticator:
    """Turns a bearer token or a session cookie into a principal."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        tokens: TokenMaker,
        revocations: Revocations,
        *,
        session_idle: timedelta,
        session_lifetime: timedelta,
    ) -> None:
        self._database = database
        self._clock = clock
        self._tokens = tokens
        self._revocations = revocations
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
        TwoCredentialsError
            A token and a session at once.
        InvalidError
            The acting user or the purpose in the headers cannot be read.
        """
        headers = credentials.headers
        authorization = headers.get("authorization", "")
        key = credentials.cookies.get(COOKIE)
        embedded = credentials.cookies.get(embedding.COOKIE)
        if authorization and (key or embedded):
            raise TwoCredentialsError
        if authorization:
            scheme, _, token = authorization.partition(" ")
            if scheme.lower() != "bearer":
                raise UnauthenticatedError
            return _asserted(self._by_token(token.strip()), headers)
        if embedded:
            return self._by_embedding(embedded, credentials)
        return _for_purpose(self._by_session(key, credentials), headers) if key else ANONYMOUS

    def _by_token(self, token: str) -> Principal:
        bearer = self._tokens.read(token, self._clock.now())
        if self._revocations.holds(bearer.token_id):
            raise TokenError
        grant = bearer.grant
        return Principal(
            kind=PrincipalKind.CLIENT,
            id=grant.client_id,
            facility=self._facility_of(grant.client_id),
            permissions=_permissions_of(grant.scopes),
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
            found = sessions.find_session(
                UnitOfWork(session, self._clock), key, idle=self._idle, lifetime=self._lifetime
            )
        if found is None:
            raise UnauthenticatedError
        if not credentials.is_safe_method and not _proves(credentials, found.csrf_token):
            raise CsrfError
        if self._clock.now() - found.state.last_seen_at > SEEN_EVERY:
            self._see(key)
        return principal_of(found.state, self._clock.now())

    def _by_embedding(self, key: str, credentials: Credentials) -> Principal:
        with self._database.read() as session:
            found = embedding.find(UnitOfWork(session, self._clock), key)
        if found is None:
            raise UnauthenticatedError
        if not credentials.is_safe_method and not _proves(credentials, sessions.csrf_token_of(key)):
            raise CsrfError
        return found.principal

    def _see(self, key: str) -> None:
        """Note that a session is in use; where that cannot be written it ends the sooner."""
        try:
            with self._database.write() as session:
                sessions.see_session(UnitOfWork(session, self._clock), key)
        except (StorageFullError, UnavailableError):
            log.warning("session not noted as seen")


@lru_cache(maxsize=256)
def _permissions_of(scopes: tuple[str, ...]) -> frozenset[Permission]:
    return model.permissions_of(scopes)


def _proves(credentials: Credentials, csrf_token: str) -> bool:
    offered = credentials.headers.get("x-csrf-token", "")
    return hmac.compare_digest(offered.encode(), csrf_token.encode())


def principal_of(state: SessionState, now: datetime) -> Principal:
    """Return the principal that a logged-in person is.

    Whoever has to change their password may do nothing else.
    """
    account = state.account
    roles = frozenset() if account.must_change_password else account.roles
    return Principal(
        kind=PrincipalKind.PERSON,
        id=account.id,
        facility=account.facility,
        permissions=model.permissions_of_roles(roles),
        roles=frozenset(account.roles),
        acting_user=ActingUser(account.username, account.display_name, account.department),
        purpose=PurposeOfUse.TREAT if Role.CLINICIAN in account.roles else PurposeOfUse.HOPERAT,
        recently_proved=now - state.proved_at < RECENTLY,
    )


def _asserted(principal: Principal, headers: Mapping[str, str]) -> Principal:
    """Add the person and purpose that the facility asserts for this one request."""
    if "x-acting-user" in headers:
        acting = ActingUser(
            id=_decoded(headers["x-acting-user"]),
            name=_decoded(headers.get("x-acting-user-name", "")),
            department=_decoded(headers.get("x-department", "")),
        )
        principal = replace(principal, acting_user=acting if acting.id else None)
    return _for_purpose(principal, headers)


def _for_purpose(principal: Principal, headers: Mapping[str, str]) -> Principal:
    """Take the purpose that one request states in place of the usual one."""
    if "x-purpose-of-use" not in headers:
        return principal
    return replace(principal, purpose=read_purpose(headers["x-purpose-of-use"]))


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

    def admit(self, principal: Principal, operation: Operation) -> str:
        """Return the basis, or raise ``UnauthenticatedError`` or ``ForbiddenError``."""
        return model.admit(principal, operation)
