"""Use cases of people's accounts: opening, changing, passwords and second factors."""

import secrets
from dataclasses import replace

from medshare.access import passwords, sealed_texts, second_factor
from medshare.access.keys import ServerKeys
from medshare.access.model import (
    Account,
    AccountUnknownError,
    LoginRefusedError,
    SecondFactorRequiredError,
    SecondFactorUnknownError,
)
from medshare.access.store import people as store
from medshare.access.store.people import SecondFactor
from medshare.infra.paging import Page, read_cursor, write_cursor
from medshare.infra.uow import UnitOfWork
from medshare.kernel.errors import PreconditionFailedError


def add_account(uow: UnitOfWork, account: Account, password: str) -> None:
    """Open an account.

    Raises
    ------
    AccountTakenError, FacilityMissingError, InvalidError
        The user name is taken, the facility does not take part, or the password is weak.
    """
    passwords.require_good(password, account)
    store.add_account(uow.session, account, passwords.hash_password(password), uow.now())


def get_account(uow: UnitOfWork, account_id: str) -> Account:
    """Return an account.

    Raises
    ------
    AccountUnknownError
        There is none of this id.
    """
    found = store.get_account(uow.session, account_id)
    if found is None:
        raise AccountUnknownError
    return found[0]


def page_accounts(uow: UnitOfWork, *, cursor: str | None, limit: int) -> Page[Account]:
    """List accounts by user name."""
    keys = read_cursor(cursor, 1)
    found = store.page_accounts(uow.session, after=keys[0] if keys else "", limit=limit + 1)
    more = len(found) > limit
    return Page(found[:limit], write_cursor(found[limit - 1].username) if more else None)


def replace_account(uow: UnitOfWork, changed: Account, version: int) -> Account:
    """Change an account; its user name stays. One that is disabled loses its sessions.

    Parameters
    ----------
    version
        The version that the change was made on.

    Raises
    ------
    AccountUnknownError, PreconditionFailedError
        There is none of this id, or it has another version by now.
    AccountTakenError, FacilityMissingError
        Its subject at the provider is another's, or the facility does not take part.
    """
    standing = get_account(uow, changed.id)
    if standing.version != version:
        raise PreconditionFailedError
    changed = replace(
        changed,
        username=standing.username,
        must_change_password=standing.must_change_password,
        has_second_factor=standing.has_second_factor,
        version=version + 1,
    )
    store.replace_account(uow.session, changed)
    if changed.disabled or changed.roles != standing.roles:
        store.drop_sessions_of(uow.session, changed.id)
    return changed


def change_password(uow: UnitOfWork, account: Account, wanted: str) -> None:
    """Exchange the password of an account whose owner has proved themselves.

    Raises
    ------
    InvalidError
        The new one is weak.
    """
    passwords.require_good(wanted, account)
    hashed = passwords.hash_password(wanted)
    store.set_password(uow.session, account.id, hashed, temporary=False)


def reset_password(uow: UnitOfWork, account_id: str) -> str:
    """Give an account a temporary password and return it, this once.

    All its sessions end, its second factor goes, and it must choose a password at its login.

    Raises
    ------
    AccountUnknownError
        There is none of this id.
    """
    account = get_account(uow, account_id)
    password = secrets.token_urlsafe(15)
    hashed = passwords.hash_password(password)
    store.set_password(uow.session, account.id, hashed, temporary=True)
    store.set_second_factor(uow.session, account.id, None)
    store.drop_sessions_of(uow.session, account.id)
    return password


def begin_second_factor(uow: UnitOfWork, keys: ServerKeys, account: Account) -> str:
    """Make an account a second factor and return its secret.

    It counts once it is confirmed; until then the one that the account has, if any, goes on to.
    """
    secret = second_factor.new_secret()
    nonce = secrets.token_bytes(sealed_texts.NONCE_BYTES)
    sealed = sealed_texts.seal(keys, account.id, secret, nonce)
    store.set_pending_factor(uow.session, account.id, sealed)
    return secret


def confirm_second_factor(uow: UnitOfWork, keys: ServerKeys, account: Account, code: str) -> None:
    """Let an account's second factor count from now on.

    Raises
    ------
    SecondFactorUnknownError, SecondFactorRequiredError
        It has not asked for one, or the code is not the current one.
    """
    pending = store.find_pending_factor(uow.session, account.id)
    if pending is None:
        raise SecondFactorUnknownError
    secret = sealed_texts.unseal(keys, account.id, pending)
    step = second_factor.step_of(secret, code, uow.now())
    if step is None:
        raise SecondFactorRequiredError
    store.set_second_factor(uow.session, account.id, SecondFactor(pending, step))


def reseal_second_factors(uow: UnitOfWork, keys: ServerKeys) -> int:
    """Encrypt every second factor by the key that counts from now on; return how many."""
    sealed = store.sealed_factors(uow.session)
    for account_id, *texts in sealed:
        present, pending = (text and _resealed(keys, account_id, text) for text in texts)
        store.put_sealed_factors(uow.session, account_id, present, pending)
    return len(sealed)


def _resealed(keys: ServerKeys, account_id: str, sealed: str) -> str:
    secret = sealed_texts.unseal(keys, account_id, sealed)
    return sealed_texts.seal(
        keys, account_id, secret, secrets.token_bytes(sealed_texts.NONCE_BYTES)
    )


def drop_second_factor(uow: UnitOfWork, account: Account) -> None:
    """Take an account's second factor away."""
    store.set_second_factor(uow.session, account.id, None)


def require_password(uow: UnitOfWork, account: Account, password: str) -> None:
    """Hold a person to the password of their account.

    Raises
    ------
    LoginRefusedError
        It is another one.
    """
    found = store.get_account(uow.session, account.id)
    if found is None or not passwords.fits(found[1], password):
        raise LoginRefusedError
