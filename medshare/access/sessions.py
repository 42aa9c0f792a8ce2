"""Logging in, staying logged in, and proving oneself anew for what is grave."""

import hashlib
import hmac
import secrets
from datetime import timedelta

from medshare.access import passwords, sealed_texts, second_factor
from medshare.access.keys import ServerKeys
from medshare.access.model import (
    Account,
    Failures,
    LoginAttempt,
    LoginRefusedError,
    SecondFactorRequiredError,
    Session,
)
from medshare.access.store import people as store
from medshare.infra.uow import UnitOfWork
from medshare.kernel.errors import ErrorKind, MedshareError


class TooManyAttemptsError(MedshareError):
    """Logins under a name have failed too often; it is told of unknown names alike."""

    kind = ErrorKind.TOO_MANY_REQUESTS
    slug = "too-many-attempts"
    title = "Too many failed logins under this name; wait, or ask an administrator"
    title_zh = "该用户名登录失败次数过多，请稍后再试或联系管理员"


def require_no_pause(uow: UnitOfWork, keys: ServerKeys, username: str) -> None:
    """Refuse a login while its name waits for failed ones to cool down.

    Raises
    ------
    TooManyAttemptsError
        It does; ``retry_after_s`` says how long.
    """
    failures = store.find_failures(uow.session, keys.hash_secret(username))
    if failures.last_at is None:
        return
    left = failures.last_at + passwords.pause_after(failures.count) - uow.now()
    if left > timedelta():
        raise TooManyAttemptsError(params={"retry_after_s": int(left.total_seconds()) + 1})


def check_login(uow: UnitOfWork, keys: ServerKeys, attempt: LoginAttempt) -> tuple[Account, int]:
    """Return the account that an attempt proves, and the time step of its code (0: none).

    Raises
    ------
    LoginRefusedError
        The name is unknown, the password wrong, or the account disabled.
    SecondFactorRequiredError
        The password is right and the code is not.
    TooManyLoginsError
        Too many others are logging in.
    """
    found = store.find_account(uow.session, attempt.username)
    account, expected = found or (None, passwords.NOBODYS_HASH)
    right = passwords.fits(expected, attempt.password)
    if account is None or account.disabled or not right:
        raise LoginRefusedError
    return account, _step_of(uow, keys, account, attempt.code)


def _step_of(uow: UnitOfWork, keys: ServerKeys, account: Account, code: str) -> int:
    factor = store.find_second_factor(uow.session, account.id)
    if factor is None:
        return 0
    secret = sealed_texts.unseal(keys, account.id, factor.sealed)
    step = second_factor.step_of(secret, code, uow.now())
    if step is None or step <= factor.last_step:
        raise SecondFactorRequiredError
    return step


def note_failure(uow: UnitOfWork, keys: ServerKeys, username: str) -> None:
    """Count a failed login, whoever the name belongs to."""
    name = keys.hash_secret(username)
    now = uow.now()
    store.drop_old_failures(uow.session, now - passwords.FORGOTTEN_AFTER)
    count = store.find_failures(uow.session, name).count + 1
    store.set_failures(uow.session, name, Failures(count, now))


def accept(uow: UnitOfWork, keys: ServerKeys, account: Account, step: int) -> None:
    """Use the code up and forget the failures before it.

    Raises
    ------
    SecondFactorRequiredError
        Another login used the same code in the same moment.
    """
    if step and not store.use_step(uow.session, account.id, step):
        raise SecondFactorRequiredError
    store.set_failures(uow.session, keys.hash_secret(account.username), Failures())


def open_session(uow: UnitOfWork, account: Account, *, lifetime: timedelta) -> str:
    """Begin a session under a fresh key and return the key, which is stored nowhere."""
    key = secrets.token_urlsafe(32)
    store.drop_ended_sessions(uow.session, uow.now() - lifetime)
    store.add_session(uow.session, hash_of(key), account.id, uow.now(), proved_at=uow.now())
    return key


def find_session(
    uow: UnitOfWork, key: str, *, idle: timedelta, lifetime: timedelta
) -> Session | None:
    """Return the session of a key unless it has been idle, or open, for too long."""
    state = store.find_session(uow.session, hash_of(key))
    if state is None or state.account.disabled:
        return None
    now = uow.now()
    if now - state.last_seen_at > idle or now - state.created_at > lifetime:
        return None
    return Session(state, csrf_token_of(key))


def see_session(uow: UnitOfWork, key: str) -> None:
    """Note that a session is in use."""
    store.see_session(uow.session, hash_of(key), uow.now())


def prove_anew(uow: UnitOfWork, key: str) -> None:
    """Note that the person of a session has just proved themselves again."""
    store.prove_session(uow.session, hash_of(key), uow.now())


def close_session(uow: UnitOfWork, key: str) -> None:
    """End a session; harmless when it has ended."""
    store.drop_session(uow.session, hash_of(key))


def close_others(uow: UnitOfWork, account: Account, key: str) -> None:
    """End every session of an account but the one of a key."""
    store.drop_sessions_of(uow.session, account.id, but=hash_of(key))


def hash_of(key: str) -> str:
    """Return what stands for a session's key in the database."""
    return hashlib.sha256(key.encode()).hexdigest()


def csrf_token_of(key: str) -> str:
    """Return the token that proves that a change was asked for by our own pages."""
    return hmac.new(key.encode(), b"csrf", hashlib.sha256).hexdigest()
