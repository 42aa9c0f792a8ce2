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


def load_signer(directory: Path, base_url: str) -> Signer:
    """Read the key of a data directory, made at the first call.

    The log's origin is the server's address without its scheme, and ``/audit``.
    """
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    pem = load_or_make(directory / SIGNING, _new_key)
    private = cast("Ed25519PrivateKey", load_pem_private_key(pem, None))
    parts = urlsplit(base_url)
    return Signer(f"{parts.netloc}{parts.path}/audit", private)


def _new_key() -> bytes:
    return Ed25519PrivateKey.generate().private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
