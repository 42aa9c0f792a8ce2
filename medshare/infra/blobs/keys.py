"""The grammar of blob keys: ``<namespace>/<sha256 as 64 lower-case hex digits>``."""

import hashlib
import re
from collections.abc import Iterable

from medshare.infra.blobs.errors import BlobKeyError

_NAMESPACE = re.compile(r"[a-z][a-z0-9-]{0,31}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_KEY = re.compile(rf"({_NAMESPACE.pattern})/({_DIGEST.pattern})")


def make_key(namespace: str, sha256: str) -> str:
    """Join a namespace and a digest to a key.

    Raises
    ------
    BlobKeyError
        Either is outside the grammar.
    """
    require_namespace(namespace)
    if not _DIGEST.fullmatch(sha256):
        raise BlobKeyError
    return f"{namespace}/{sha256}"


def split_key(key: str) -> tuple[str, str]:
    """Return the namespace and the digest of a key, which are safe as names of files.

    Raises
    ------
    BlobKeyError
        The key is outside the grammar.
    """
    parts = _KEY.fullmatch(key)
    if parts is None:
        raise BlobKeyError
    return parts[1], parts[2]


def is_key(text: str) -> bool:
    """Tell whether a text is a key; a listing may hold strangers."""
    try:
        split_key(text)
    except BlobKeyError:
        return False
    return True


def require_namespace(namespace: str) -> None:
    """Raise ``BlobKeyError`` for a namespace outside the grammar."""
    if not _NAMESPACE.fullmatch(namespace):
        raise BlobKeyError


def holds_what_it_says(key: str, chunks: Iterable[bytes]) -> bool:
    """Tell whether the digest of the chunks is the one in the key."""
    digest = hashlib.sha256()
    for chunk in chunks:
        digest.update(chunk)
    return split_key(key)[1] == digest.hexdigest()
