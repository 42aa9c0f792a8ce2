"""Small texts encrypted under the server's own key, each for one owner.

Only the one who is named as its owner opens a text, with the present key or the former one.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from contextlib import suppress

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from medshare.access.keys import ServerKeys
from medshare.kernel.errors import MedshareError

NONCE_BYTES = 12


class SealBrokenError(MedshareError):
    """A text was not encrypted by this server's key, is of another owner, or was altered."""

    slug = "seal-broken"


def seal(keys: ServerKeys, owner: str, text: str, nonce: bytes) -> str:
    """Encrypt a text for its owner (AES-256-GCM); ``nonce`` is 12 fresh bytes."""
    sealed = AESGCM(keys.sealing[0]).encrypt(nonce, text.encode(), owner.encode())
    return urlsafe_b64encode(nonce + sealed).decode()


def unseal(keys: ServerKeys, owner: str, sealed: str) -> str:
    """Decrypt a text of its owner.

    Raises
    ------
    SealBrokenError
        Another key sealed it, or for another owner, or it was altered.
    """
    for key in keys.sealing:
        with suppress(ValueError, InvalidTag):
            raw = urlsafe_b64decode(sealed)
            nonce, text = raw[:NONCE_BYTES], raw[NONCE_BYTES:]
            return AESGCM(key).decrypt(nonce, text, owner.encode()).decode()
    raise SealBrokenError
