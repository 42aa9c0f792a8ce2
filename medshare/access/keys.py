"""The server's own keys, kept in files: the token signing key and the key of secret hashes."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from joserfc.jwk import OKPKey

from medshare.infra.key_files import FormerKeyStandsError, load_or_make, succeed

SIGNING = "token-signing-key.pem"
FORMER_SIGNING = "token-signing-key.former.pem"
HASHING = "secret-hashing-key"
FORMER_HASHING = "secret-hashing-key.former"
WEBHOOKS = "webhook-key"
LONG_AGO = datetime.min.replace(tzinfo=UTC)
OVERLAP = timedelta(minutes=15)
"""For how long after a rotation the former key counts: a restart, and the life of a token."""


@dataclass(frozen=True, slots=True)
class ServerKeys:
    """What the server signs tokens and hashes secrets with.

    Tokens that ``former_signing`` signed are good until ``former_until``; what ``former_hashing``
    hashed or encrypted is good until that key is retired. The secrets of webhooks are derived from
    ``webhooks``.
    """

    signing: OKPKey
    hashing: bytes
    webhooks: bytes
    former_signing: OKPKey | None = None
    former_until: datetime = LONG_AGO
    former_hashing: bytes | None = None

    def verifying(self, now: datetime) -> tuple[OKPKey, ...]:
        """Return the keys that a token may be signed with, the present one first."""
        if self.former_signing is None or now >= self.former_until:
            return (self.signing,)
        return (self.signing, self.former_signing)

    def hash_secret(self, secret: str) -> str:
        """Return the HMAC-SHA-256 of a generated secret, in hex.

        A keyed hash is enough for secrets of 256 random bits; passwords need Argon2id.
        """
        return _hashed(self.hashing, secret)

    def former_hash_of(self, secret: str) -> str | None:
        """Return the hash that a secret had before the key was exchanged, if that still counts."""
        return None if self.former_hashing is None else _hashed(self.former_hashing, secret)

    @property
    def sealing(self) -> tuple[bytes, ...]:
        """The keys of 256 bits that small secrets are encrypted with, the present one first."""
        hashing = (self.hashing, self.former_hashing)
        return tuple(
            hmac.new(each, b"medshare sealing", hashlib.sha256).digest() for each in hashing if each
        )


def _hashed(key: bytes, secret: str) -> str:
    return hmac.new(key, secret.encode(), hashlib.sha256).hexdigest()


def load_keys(directory: Path) -> ServerKeys:
    """Read the keys of a data directory, made at the first call (mode 0600)."""
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    signing = load_or_make(directory / SIGNING, _new_signing_key)
    hashing = load_or_make(directory / HASHING, _new_hashing_key)
    # Webhooks had no key of their own once: their secrets stay what their owners know.
    webhooks = load_or_make(directory / WEBHOOKS, lambda: hashing)
    present = ServerKeys(OKPKey.import_key(signing), _read(hashing), _read(webhooks))
    former_hashing = directory / FORMER_HASHING
    if former_hashing.exists():
        present = replace(present, former_hashing=_read(former_hashing.read_bytes()))
    former = directory / FORMER_SIGNING
    if not former.exists():
        return present
    rotated_at = datetime.fromtimestamp(former.stat().st_mtime, UTC)
    return replace(
        present,
        former_signing=OKPKey.import_key(former.read_bytes()),
        former_until=rotated_at + OVERLAP,
    )


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


def rotate_hashing_key(directory: Path) -> None:
    """Let secrets be hashed by a new key from the next start of the servers on.

    What the one before it hashed counts until that is retired.

    Raises
    ------
    FormerKeyStandsError
        The one before it has not been retired yet.
    """
    former = directory / FORMER_HASHING
    if former.exists():
        raise FormerKeyStandsError
    load_keys(directory)
    succeed(directory / HASHING, former, _new_hashing_key())


def retire_hashing_key(directory: Path) -> None:
    """Let nothing that the former key hashed count from the next start of the servers on."""
    (directory / FORMER_HASHING).unlink(missing_ok=True)


def _new_hashing_key() -> bytes:
    return secrets.token_hex(32).encode()


def _read(text: bytes) -> bytes:
    return bytes.fromhex(text.decode())


def _new_signing_key() -> bytes:
    return OKPKey.generate_key("Ed25519").as_pem(private=True)
