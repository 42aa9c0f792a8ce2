"""The server's own keys, kept in files: the token signing key and the key of secret hashes."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from pathlib import Path

from joserfc.jwk import OKPKey

from medshare.infra.key_files import load_or_make

SIGNING = "token-signing-key.pem"
HASHING = "secret-hashing-key"


@dataclass(frozen=True, slots=True)
class ServerKeys:
    """What the server signs tokens and hashes secrets with."""

    signing: OKPKey
    hashing: bytes

    def hash_secret(self, secret: str) -> str:
        """Return the HMAC-SHA-256 of a generated secret, in hex.

        A keyed hash is enough for secrets of 256 random bits; passwords need Argon2id.
        """
        return hmac.new(self.hashing, secret.encode(), hashlib.sha256).hexdigest()

    @property
    def sealing(self) -> bytes:
        """The key of 256 bits that small secrets are encrypted with, derived from ``hashing``."""
        return hmac.new(self.hashing, b"medshare sealing", hashlib.sha256).digest()


def load_keys(directory: Path) -> ServerKeys:
    """Read the keys of a data directory, made at the first call (mode 0600)."""
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    signing = load_or_make(directory / SIGNING, _new_signing_key)
    hashing = load_or_make(directory / HASHING, lambda: secrets.token_hex(32).encode())
    return ServerKeys(OKPKey.import_key(signing), bytes.fromhex(hashing.decode()))


def _new_signing_key() -> bytes:
    return OKPKey.generate_key("Ed25519").as_pem(private=True)
