"""The key that signs checkpoints, kept in a file, and the name it signs under."""

from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from medshare.audit.tree.notes import LogSigner, Signer, VerifierKey
from medshare.infra.key_files import FormerKeyStandsError, load_or_make, succeed

SIGNING = "audit-signing-key.pem"
FORMER_SIGNING = "audit-signing-key.former.pem"


def load_log_signer(directory: Path, base_url: str) -> LogSigner:
    """Read the log's key of a data directory, made at the first call, and the one before it.

    The log's origin is the server's address without its scheme, and ``/audit``.
    """
    parts = urlsplit(base_url)
    name, former = f"{parts.netloc}{parts.path}/audit", directory / FORMER_SIGNING
    present = load_signer(directory / SIGNING, name)
    return LogSigner(present, load_signer(former, name) if former.exists() else None)


def new_log_key(name: str) -> tuple[bytes, VerifierKey]:
    """Return a new key for a log, as its file holds it, and its public half."""
    text = _new_key()
    private = cast("Ed25519PrivateKey", load_pem_private_key(text, None))
    return text, Signer(name, private).verifier


def rotate_log_key(directory: Path, key: bytes) -> None:
    """Let checkpoints be signed by a new key, and by the one before it, from the next start on.

    Raises
    ------
    FormerKeyStandsError
        The one before it has not been retired yet.
    """
    former = directory / FORMER_SIGNING
    if former.exists():
        raise FormerKeyStandsError
    succeed(directory / SIGNING, former, key)


def retire_log_key(directory: Path) -> None:
    """Let checkpoints be signed by the present key alone from the next start on."""
    (directory / FORMER_SIGNING).unlink(missing_ok=True)


def load_signer(file: Path, name: str) -> Signer:
    """Read a key from its file, made at the first call."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    private = load_pem_private_key(load_or_make(file, _new_key), None)
    return Signer(name, cast("Ed25519PrivateKey", private))


def _new_key() -> bytes:
    return Ed25519PrivateKey.generate().private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
