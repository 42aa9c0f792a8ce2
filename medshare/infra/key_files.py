"""Files that hold the server's own keys, made at the first need."""

import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path


def load_or_make(path: Path, make: Callable[[], bytes]) -> bytes:
    """Read a file, or create it in one step, so that two processes agree on one key."""
    if not path.exists():
        descriptor, fresh = tempfile.mkstemp(dir=path.parent, prefix=f"{path.name}.")
        with os.fdopen(descriptor, "wb") as file:
            file.write(make())
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(fresh, path)
        Path(fresh).unlink()
        _sync_directory(path.parent)
    return path.read_bytes()


def _sync_directory(directory: Path) -> None:
    """Make a new name durable: a key that a power cut takes away voids every client secret."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
