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

from medshare.audit.tree.notes import Signer
from medshare.infra.key_files import load_or_make

SIGNING = "audit-signing-key.pem"


def load_log_signer(directory: Path, base_url: str) -> Signer:
    """Read the log's key of a data directory, made at the first call.

    The log's origin is the server's address without its scheme, and ``/audit``.
    """
    parts = urlsplit(base_url)
    return load_signer(directory / SIGNING, f"{parts.netloc}{parts.path}/audit")


def load_signer(file: Path, name: str) -> Signer:
    """Read a key from its file, made at the first call."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    private = load_pem_private_key(load_or_make(file, _new_key), None)
    return Signer(name, cast("Ed25519PrivateKey", private))


def _new_key() -> bytes:
    return Ed25519PrivateKey.generate().private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
