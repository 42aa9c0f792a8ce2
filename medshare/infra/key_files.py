"""Files that hold the server's own keys, made at the first need."""

import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from medshare.kernel.errors import ConflictError


class FormerKeyStandsError(ConflictError):
    """A key is to be exchanged, and the one before it has not been retired yet."""

    slug = "former-key-stands"
    title = "The former key has not been retired yet; run the command with --retire first"
    title_zh = "旧密钥尚未停用，请先以 --retire 运行该命令"


def load_or_make(path: Path, make: Callable[[], bytes]) -> bytes:
    """Read a file, or create it in one step, so that two processes agree on one key."""
    if not path.exists():
        fresh = _written(path, make())
        with suppress(FileExistsError):
            os.link(fresh, path)
        fresh.unlink()
        _sync_directory(path.parent)
    return path.read_bytes()


def succeed(path: Path, former: Path, content: bytes) -> None:
    """Put a new key in a file's place and keep the one before it, each in one step."""
    _written(former, path.read_bytes()).replace(former)
    _written(path, content).replace(path)
    _sync_directory(path.parent)


def _written(path: Path, content: bytes) -> Path:
    """Write a durable file beside the one that it is to become."""
    descriptor, fresh = tempfile.mkstemp(dir=path.parent, prefix=f"{path.name}.")
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return Path(fresh)


def _sync_directory(directory: Path) -> None:
    """Make a new name durable: a key that a power cut takes away voids every client secret."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
