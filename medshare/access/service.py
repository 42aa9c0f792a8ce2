"""Use cases of access: clients, tokens, accounts, sessions."""

import hashlib
import hmac
import secrets
import threading
from datetime import datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from medshare.access import store
from medshare.access.assertions import Assertion, AssertionRefusedError, claimed_client, verify
from medshare.access.keys import ServerKeys
from medshare.access.model import (
    Account,
    Client,
    ClientProof,
    ClientUnknownError,
    GrantRequest,
    InvalidClientError,
    Session,
    narrow,
    permissions_of,
)
from medshare.access.tokens import Grant, TokenMaker
from medshare.infra.paging import Page, read_cursor, write_cursor
from medshare.infra.uow import UnitOfWork
from medshare.kernel.errors import ErrorKind, MedshareError, UnauthenticatedError

passwords = PasswordHasher()
# Verified against when the user name is unknown, so that both refusals cost the same.
NOBODYS_HASH = passwords.hash(secrets.token_hex(16))


# Each verification takes 64 MiB and four threads; a flood of logins must not take the machine.
HASHING_AT_ONCE = 2
HASHING_WAIT_S = 3.0
_hashing = threading.BoundedSemaphore(HASHING_AT_ONCE)


class TooManyLoginsError(MedshareError):
    """More people log in at once than the server verifies passwords for."""

    kind = ErrorKind.TOO_MANY_REQUESTS
    slug = "too-many-logins"
    title = "Too many people are logging in; try again in a moment"
    title_zh = "登录人数过多，请稍后重试"


class LoginRefusedError(UnauthenticatedError):
    """User name or password are wrong; which of them is not told."""

    slug = "login-refused"
    title = "User name or password are wrong"
    title_zh = "用户名或密码错误"


def add_client(uow: UnitOfWork, keys: ServerKeys, client: Client) -> str | None:
    """Register a client; return its secret, shown this once, or ``None`` when it has keys.

    Raises
    ------
    ClientTakenError, FacilityMissingError, ScopeError
        The id is taken, the facility does not take part, or a scope cannot be given.
    """
    permissions_of(client.scopes)
    secret = None if client.jwks else secrets.token_urlsafe(32)
    hashed = keys.hash_secret(secret) if secret else None
    store.add_client(uow.session, client, hashed, uow.now())
    return secret


def page_clients(uow: UnitOfWork, *, cursor: str | None, limit: int) -> Page[Client]:
    """List clients by id."""
    keys = read_cursor(cursor, 1)
    found = store.page_clients(uow.session, after=keys[0] if keys else "", limit=limit + 1)
    more = len(found) > limit
    return Page(found[:limit], write_cursor(found[limit - 1].id) if more else None)


def disable_client(uow: UnitOfWork, client_id: str) -> None:
    """Let a client ask for no more tokens, and those it has fail within 30 seconds.

    Raises
    ------
    ClientUnknownError
        There is none of this id.
    """
    if store.find_client(uow.session, client_id) is None:
        raise ClientUnknownError
    store.disable_client(uow.session, client_id)


def authenticate_client(
    uow: UnitOfWork, keys: ServerKeys, proof: ClientProof, *, audience: str, basic: bool
) -> tuple[Client, Assertion | None]:
    """Find out which client stands at the token endpoint; changes nothing.

    An assertion that comes back must be spent before anything is given for it.

    Parameters
    ----------
    audience
        The endpoint's own address, as assertions must name it.
    basic
        Whether shared secrets are allowed at all.

    Raises
    ------
    InvalidClientError
        Whatever is wrong: an unknown client looks like a wrong key.
    """
    if proof.assertion:
        return _by_assertion(uow, proof.assertion, audience)
    client = store.find_client(uow.session, proof.client_id)
    expected = store.find_secret_hash(uow.session, proof.client_id) or ""
    matches = hmac.compare_digest(expected, keys.hash_secret(proof.secret))
    if not basic or client is None or client.disabled or not matches:
        raise InvalidClientError
    return client, None


def _by_assertion(uow: UnitOfWork, text: str, audience: str) -> tuple[Client, Assertion]:
    try:
        client = store.find_client(uow.session, claimed_client(text))
        if client is None or client.disabled or client.jwks is None:
            raise AssertionRefusedError
        return client, verify(text, client.jwks, audience=audience, now=uow.now())
    except AssertionRefusedError:
        raise InvalidClientError from None


def spend(uow: UnitOfWork, assertion: Assertion) -> None:
    """Use an assertion up, across every process that shares the database.

    Raises
    ------
    InvalidClientError
        It was used before.
    """
    first = store.use_assertion(
        uow.session,
        assertion.client_id,
        assertion.jti,
        expires_at=assertion.expires_at,
        now=uow.now(),
    )
    if not first:
        raise InvalidClientError


def issue_token(
    uow: UnitOfWork, tokens: TokenMaker, client: Client, request: GrantRequest
) -> tuple[str, Grant]:
    """Sign a token for an authenticated client.

    Raises
    ------
    ScopeError
        A scope is asked for that the client was not given.
    """
    scopes = narrow(request.scope, client.scopes)
    grant = Grant(client.id, scopes, request.acting_user, request.purpose)
    return tokens.issue(client, grant, token_id=uow.new_key(), now=uow.now()), grant


def find_client(uow: UnitOfWork, client_id: str) -> Client | None:
    """Return a client by its id."""
    return store.find_client(uow.session, client_id)


def add_account(uow: UnitOfWork, account: Account, password: str) -> None:
    """Open an account.

    Raises
    ------
    AccountTakenError, FacilityMissingError
        The user name is taken, or the facility does not take part.
    """
    store.add_account(uow.session, account, passwords.hash(password), uow.now())


def check_password(uow: UnitOfWork, username: str, password: str) -> Account:
    """Return the account of a person who knows its password.

    Raises
    ------
    LoginRefusedError
        The name is unknown, the password wrong, or the account disabled.
    TooManyLoginsError
        Too many others are logging in.
    """
    account, expected = store.find_account(uow.session, username) or (None, NOBODYS_HASH)
    if not _hashing.acquire(timeout=HASHING_WAIT_S):
        raise TooManyLoginsError
    try:
        passwords.verify(expected, password)
    except (VerificationError, InvalidHashError):
        raise LoginRefusedError from None
    finally:
        _hashing.release()
    if account is None or account.disabled:
        raise LoginRefusedError
    return account


def open_session(uow: UnitOfWork, account: Account, *, lifetime: timedelta) -> str:
    """Begin a session under a fresh key and return the key, which is stored nowhere."""
    key = secrets.token_urlsafe(32)
    store.drop_ended_sessions(uow.session, uow.now() - lifetime)
    store.add_session(uow.session, hash_of(key), account.id, uow.now())
    return key


def find_session(
    uow: UnitOfWork, key: str, *, idle: timedelta, lifetime: timedelta
) -> Session | None:
    """Return the session of a key unless it has been idle, or open, for too long."""
    found = store.find_session(uow.session, hash_of(key))
    if found is None:
        return None
    account, created_at, last_seen_at = found
    now: datetime = uow.now()
    if account.disabled or now - last_seen_at > idle or now - created_at > lifetime:
        return None
    return Session(account, created_at, last_seen_at, csrf_token_of(key))


def see_session(uow: UnitOfWork, key: str) -> None:
    """Note that a session is in use."""
    store.see_session(uow.session, hash_of(key), uow.now())


def close_session(uow: UnitOfWork, key: str) -> None:
    """End a session; harmless when it has ended."""
    store.drop_session(uow.session, hash_of(key))


def hash_of(key: str) -> str:
    """Return what stands for a session's key in the database."""
    return hashlib.sha256(key.encode()).hexdigest()


def csrf_token_of(key: str) -> str:
    """Return the token that proves that a change was asked for by our own pages."""
    return hmac.new(key.encode(), b"csrf", hashlib.sha256).hexdigest()
