"""Signatures of webhooks.

References
----------
Standard Webhooks 1.0.0: headers ``webhook-id``, ``webhook-timestamp``, ``webhook-signature``;
scheme v1, HMAC-SHA-256 over ``id.timestamp.body``; secrets are ``whsec_`` and base64.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime


def secret_of(master: bytes, subscription_id: str) -> bytes:
    """Derive a subscription's secret, so that none has to be stored."""
    return hmac.new(master, f"webhook|{subscription_id}".encode(), hashlib.sha256).digest()


def show_secret(secret: bytes) -> str:
    """Write a secret as receivers configure it."""
    return "whsec_" + base64.b64encode(secret).decode("ascii")


def signed_headers(secret: bytes, message_id: str, now: datetime, body: bytes) -> Mapping[str, str]:
    """Return the headers of one attempt; a repeated attempt has the same id and another time."""
    timestamp = str(int(now.timestamp()))
    signed = f"{message_id}.{timestamp}.".encode() + body
    signature = base64.b64encode(hmac.new(secret, signed, hashlib.sha256).digest()).decode("ascii")
    return {
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": f"v1,{signature}",
    }
