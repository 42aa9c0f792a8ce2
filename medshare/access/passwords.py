"""Passwords: what one must be, how it is kept, and how guessing is slowed down.

``common_passwords.csv`` holds the beginnings of the SHA-256 of about ten thousand passwords: the
commonest in the list of zxcvbn 4.5.0 (MIT; from M. Burnett's ten million), and those of 12
characters or more there and in Django 5.2's list (BSD-3-Clause). All are in lower case.

References
----------
NIST SP 800-63B-4 sections 3.1.1 (passwords) and 3.2.2 (rate limiting).
"""

import hashlib
import secrets
import threading
from datetime import timedelta
from functools import cache
from importlib.resources import files

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from medshare.access.model import Account
from medshare.kernel.errors import ErrorKind, InvalidError, Issue, MedshareError

LENGTH_LOW = 12
_hasher = PasswordHasher()
# Verified against when the user name is unknown, so that both refusals cost the same.
NOBODYS_HASH = _hasher.hash(secrets.token_hex(16))
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


def hash_password(password: str) -> str:
    """Return the Argon2id hash of a password.

    Raises
    ------
    TooManyLoginsError
        Too many others are hashed at this moment.
    """
    with _turn():
        return _hasher.hash(password)


def fits(expected_hash: str, password: str) -> bool:
    """Tell whether a password is the one that was hashed.

    Raises
    ------
    TooManyLoginsError
        Too many others are verified at this moment.
    """
    with _turn():
        try:
            return _hasher.verify(expected_hash, password)
        except (VerificationError, InvalidHashError):
            return False


class _turn:  # noqa: N801  # reads as a statement
    """Waits for one of the few places at the hasher."""

    def __enter__(self) -> None:
        if not _hashing.acquire(timeout=HASHING_WAIT_S):
            raise TooManyLoginsError

    def __exit__(self, *_: object) -> None:
        _hashing.release()


def require_good(password: str, account: Account) -> None:
    """Hold a new password to the rules; its length is held at the edge.

    Raises
    ------
    InvalidError
        It holds the user name, is one short run over and over, or one of the commonest, with
        digits and signs around it or without.
    """
    folded = password.casefold()
    if account.username.casefold() in folded or _repeats(folded) or _is_common(folded):
        raise InvalidError(issues=[WEAK])


def _repeats(text: str) -> bool:
    """Tell whether a text is a run of at most four characters over and over."""
    return any(text == (text[:length] * len(text))[: len(text)] for length in range(1, 5))


def _is_common(text: str) -> bool:
    begin, end = 0, len(text)
    while begin < end and not text[begin].isalpha():
        begin += 1
    while end > begin and not text[end - 1].isalpha():
        end -= 1
    return not _common().isdisjoint({_beginning(text), _beginning(text[begin:end])})


def _beginning(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]


@cache
def _common() -> frozenset[str]:
    table = files("medshare.access").joinpath("common_passwords.csv")
    return frozenset(table.read_text(encoding="ascii").split()[1:])


WEAK = Issue(
    "/password",
    "weak-password",
    "Choose a password that does not hold the user name, is no repetition and no common one.",
    "密码不得包含用户名，不得为重复字符，也不得为常见密码。",
)
FREE_TRIES = 5
FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=1)
FORGOTTEN_AFTER = timedelta(days=1)


def pause_after(failures: int) -> timedelta:
    """Return how long nobody can log in after so many failures in a row.

    None for the first four; a minute after the fifth, doubled by each further one up to an hour.
    """
    if failures < FREE_TRIES:
        return timedelta()
    doublings = min(failures - FREE_TRIES, 10)
    return min(FIRST_PAUSE * (1 << doublings), LONGEST_PAUSE)
