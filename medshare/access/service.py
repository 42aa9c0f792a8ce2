"""Use cases of access: clients, tokens, accounts, sessions."""

import hashlib
import hmac
import secrets
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from medshare.access import store
from medshare.access.keys import ServerKeys
from medshare.access.model import (
    Account,
    Client,
    ClientHasKeysError,
    ClientUnknownError,
    ClientWithoutProofError,
    GrantRequest,
    Session,
    narrow,
    permissions_of,
)
from medshare.access.tokens import Grant, TokenError, TokenMaker
from medshare.infra.paging import Page, read_cursor, write_cursor
from medshare.infra.uow import UnitOfWork
from medshare.kernel.errors import (
    ErrorKind,
    MedshareError,
    PreconditionFailedError,
    UnauthenticatedError,
)

passwords = PasswordHasher()
# Verified against when the user name is unknown, so that both refusals cost the same.
NOBODYS_HASH = passwords.hash(secrets.token_hex(16))


# Each verification takes 64 MiB and four threads; a flood of logins must not take the machine.
CLIENTS_AT_ONCE = 100
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
    secret = None if client.has_keys else secrets.token_urlsafe(32)
    hashed = keys.hash_secret(secret) if secret else None
    store.add_client(uow.session, client, hashed, uow.now())
    return secret


def page_clients(uow: UnitOfWork, *, cursor: str | None, limit: int) -> Page[Client]:
    """List clients by id."""
    keys = read_cursor(cursor, 1)
    found = store.page_clients(uow.session, after=keys[0] if keys else "", limit=limit + 1)
    more = len(found) > limit
    return Page(found[:limit], write_cursor(found[limit - 1].id) if more else None)


def get_client(uow: UnitOfWork, client_id: str) -> Client:
    """Return a client.

    Raises
    ------
    ClientUnknownError
        There is none of this id.
    """
    client = store.find_client(uow.session, client_id)
    if client is None:
        raise ClientUnknownError
    return client


def replace_client(uow: UnitOfWork, changed: Client, version: int) -> Client:
    """Change a client's name, scopes, keys, and whether it is disabled; its facility stays.

    Parameters
    ----------
    version
        The version that the change was made on.

    Raises
    ------
    ClientUnknownError, PreconditionFailedError, ScopeError
        There is none of this id, it has another version by now, or a scope cannot be given.
    ClientWithoutProofError
        Its keys are taken away and it has no secret.
    """
    standing = get_client(uow, changed.id)
    if standing.version != version:
        raise PreconditionFailedError
    permissions_of(changed.scopes)
    if standing.has_keys and not changed.has_keys:
        raise ClientWithoutProofError
    changed = replace(changed, facility=standing.facility, version=version + 1)
    store.replace_client(uow.session, changed)
    return changed


def rotate_secret(
    uow: UnitOfWork, keys: ServerKeys, client_id: str, *, overlap: timedelta
) -> tuple[Client, str]:
    """Give a client a new secret, shown this once; the former one counts for ``overlap`` more.

    Raises
    ------
    ClientUnknownError, ClientHasKeysError
        There is none of this id, or it signs with keys of its own.
    """
    if get_client(uow, client_id).has_keys:
        raise ClientHasKeysError
    secret = secrets.token_urlsafe(32)
    store.replace_secret(
        uow.session, client_id, keys.hash_secret(secret), former_until=uow.now() + overlap
    )
    uow.session.expire_all()
    return get_client(uow, client_id), secret


def all_clients(uow: UnitOfWork) -> Iterator[Client]:
    """Yield every client by id."""
    page = page_clients(uow, cursor=None, limit=CLIENTS_AT_ONCE)
    yield from page.items
    while page.next_cursor is not None:
        page = page_clients(uow, cursor=page.next_cursor, limit=CLIENTS_AT_ONCE)
        yield from page.items


def disable_client(uow: UnitOfWork, client_id: str) -> None:
    """Let a client ask for no more tokens, and those it has fail within 30 seconds.

    Raises
    ------
    ClientUnknownError
        There is none of this id.
    """
    get_client(uow, client_id)
    store.disable_client(uow.session, client_id)


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


def revoke_token(uow: UnitOfWork, tokens: TokenMaker, client: Client, token: str) -> str | None:
    """Take a client's token back; return its id, ``None`` where it is no live token of theirs.

    References
    ----------
    RFC 7009 section 2.2: an invalid token is no error.
    """
    try:
        bearer = tokens.read(token, uow.now())
    except TokenError:
        return None
    if bearer.grant.client_id != client.id:
        return None
    store.revoke_token(uow.session, bearer.token_id, expires_at=bearer.expires_at, now=uow.now())
    return bearer.token_id


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
