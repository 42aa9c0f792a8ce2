"""Time-based one-time passwords (RFC 6238)."""

from datetime import datetime

import pyotp

STEP_S = 30
STEPS_APART = 1
"""A code counts in its own time step and in the one before and after."""
ISSUER = "medshare"


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
