"""The server's own keys, kept in files: the token signing key and the key of secret hashes."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from joserfc.jwk import OKPKey

from medshare.infra.key_files import load_or_make, succeed

SIGNING = "token-signing-key.pem"
FORMER_SIGNING = "token-signing-key.former.pem"
HASHING = "secret-hashing-key"
LONG_AGO = datetime.min.replace(tzinfo=UTC)
OVERLAP = timedelta(minutes=15)
"""For how long after a rotation the former key counts: a restart, and the life of a token."""


@dataclass(frozen=True, slots=True)
class ServerKeys:
    """What the server signs tokens and hashes secrets with.

    Tokens that ``former_signing`` signed are good until ``former_until``.
    """

    signing: OKPKey
    hashing: bytes
    former_signing: OKPKey | None = None
    former_until: datetime = LONG_AGO

    def verifying(self, now: datetime) -> tuple[OKPKey, ...]:
        """Return the keys that a token may be signed with, the present one first."""
        if self.former_signing is None or now >= self.former_until:
            return (self.signing,)
        return (self.signing, self.former_signing)

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
    present = OKPKey.import_key(signing), bytes.fromhex(hashing.decode())
    former = directory / FORMER_SIGNING
    if not former.exists():
        return ServerKeys(*present)
    rotated_at = datetime.fromtimestamp(former.stat().st_mtime, UTC)
    return ServerKeys(*present, OKPKey.import_key(former.read_bytes()), rotated_at + OVERLAP)


def rotate_signing_key(directory: Path, *, at_once: bool) -> None:
    """Let tokens be signed by a new key from the next start of the servers on.

    Parameters
    ----------
    at_once
        Whether tokens of the key before it end with that start: it is known to others.
    """
    former = directory / FORMER_SIGNING
    succeed(directory / SIGNING, former, _new_signing_key())
    if at_once:
        former.unlink()


def _new_signing_key() -> bytes:
    return OKPKey.generate_key("Ed25519").as_pem(private=True)
