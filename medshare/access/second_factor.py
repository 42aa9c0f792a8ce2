"""Time-based one-time passwords (RFC 6238), their secrets kept encrypted."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from contextlib import suppress
from datetime import datetime

import pyotp
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from medshare.access.keys import ServerKeys
from medshare.kernel.errors import MedshareError

STEP_S = 30
STEPS_APART = 1
"""A code counts in its own time step and in the one before and after."""
ISSUER = "medshare"
NONCE_BYTES = 12


class SealBrokenError(MedshareError):
    """A secret was not encrypted by this server's key, or was altered."""

    slug = "seal-broken"


def new_secret() -> str:
    """Return a fresh secret of 160 bits, in base 32."""
    return pyotp.random_base32()


def address_of(secret: str, username: str) -> str:
    """Return the ``otpauth:`` address that an authenticator shows as a QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=username, issuer_name=ISSUER)


def step_of(secret: str, code: str, now: datetime) -> int | None:
    """Return the time step that a code belongs to, ``None`` where it is of none near now."""
    current = int(now.timestamp()) // STEP_S
    totp = pyotp.TOTP(secret, interval=STEP_S)
    for step in range(current - STEPS_APART, current + STEPS_APART + 1):
        if totp.verify(code, for_time=datetime.fromtimestamp(step * STEP_S, now.tzinfo)):
            return step
    return None


def seal(keys: ServerKeys, account_id: str, secret: str, nonce: bytes) -> str:
    """Encrypt a secret for its account (AES-256-GCM); ``nonce`` is 12 fresh bytes."""
    sealed = AESGCM(keys.sealing[0]).encrypt(nonce, secret.encode(), account_id.encode())
    return urlsafe_b64encode(nonce + sealed).decode()


def unseal(keys: ServerKeys, account_id: str, sealed: str) -> str:
    """Decrypt an account's secret.

    Raises
    ------
    SealBrokenError
        Another key or another account sealed it, or it was altered.
    """
    for key in keys.sealing:
        with suppress(ValueError, InvalidTag):
            raw = urlsafe_b64decode(sealed)
            nonce, text = raw[:NONCE_BYTES], raw[NONCE_BYTES:]
            return AESGCM(key).decrypt(nonce, text, account_id.encode()).decode()
    raise SealBrokenError
