"""Use cases of clients and their tokens."""

import secrets
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from medshare.access.keys import ServerKeys
from medshare.access.model import (
    Client,
    ClientHasKeysError,
    ClientUnknownError,
    ClientWithoutProofError,
    GrantRequest,
    narrow,
    permissions_of,
)
from medshare.access.store import clients as store
from medshare.access.tokens import Grant, TokenError, TokenMaker
from medshare.infra.paging import Page, read_cursor, write_cursor
from medshare.infra.uow import UnitOfWork
from medshare.kernel.errors import (
    PreconditionFailedError,
)

CLIENTS_AT_ONCE = 100


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
