"""Temporary files that hold an upload until its bytes are judged and stored."""

import hashlib
import os
import tempfile
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from medshare.infra.disk import LOW_WATER_BYTES, disk_errors, require_free


class SpooledPart:
    """One upload on disk, hashed and counted while it is written.

    Parameters
    ----------
    descriptor
        Open for writing; the part closes it.
    path
        The file behind the descriptor.
    """

    def __init__(self, descriptor: int, path: Path) -> None:
        self.path = path
        self.size_bytes = 0
        self.crc32 = 0
        self._file = os.fdopen(descriptor, "wb", buffering=0)
        self._digest = hashlib.sha256()

    @property
    def sha256(self) -> str:
        """The digest of what was written so far, as 64 lower-case hex digits."""
        return self._digest.hexdigest()

    def write(self, chunk: bytes | bytearray | memoryview) -> None:
        """Append a chunk. It is not buffered: ``path`` shows it at once, so hand in kilobytes.

        Raises
        ------
        StorageFullError
            The disk is full; the part is of no further use.
        """
        rest = memoryview(chunk)
        with disk_errors():
            while rest:
                rest = rest[self._file.write(rest) :]
        self._digest.update(chunk)
        self.crc32 = zlib.crc32(chunk, self.crc32)
        self.size_bytes += len(chunk)

    def close(self) -> None:
        """Give the descriptor back and keep the file; an upload may have thousands of parts."""
        self._file.close()


class Spool:
    """Hands out exclusive temporary files (mode 0600) in a private directory (mode 0700).

    Parameters
    ----------
    directory
        Best on the file system of the local blob store, which then stores a part without
        copying it. Created when absent.
    low_water_bytes
        Bytes free below which no part is handed out.
    """

    def __init__(self, directory: Path, low_water_bytes: int = LOW_WATER_BYTES) -> None:
        self._directory = directory
        self._low_water_bytes = low_water_bytes
        with disk_errors():
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)

    @contextmanager
    def open(self) -> Iterator[SpooledPart]:
        """Lend a part for the length of the block; what is left of it then is removed.

        Raises
        ------
        StorageFullError
            The disk is below the low-water mark.
        """
        with disk_errors():
            require_free(self._directory, self._low_water_bytes)
            descriptor, name = tempfile.mkstemp(prefix="part-", dir=self._directory)
        part = SpooledPart(descriptor, Path(name))
        try:
            yield part
        finally:
            part.close()
            part.path.unlink(missing_ok=True)

    def sweep_stale(self, older_than: timedelta) -> int:
        """Remove the parts that a crash left behind and return how many there were.

        Parameters
        ----------
        older_than
            Age since the last write. Longer than an upload may stall, for other processes may
            share the directory.
        """
        oldest_kept = time.time() - older_than.total_seconds()
        return sum(_remove_if_stale(path, oldest_kept) for path in self._directory.glob("part-*"))


def _remove_if_stale(path: Path, oldest_kept: float) -> bool:
    try:
        stale = path.stat().st_mtime < oldest_kept
        if stale:
            path.unlink()
    except FileNotFoundError:  # its owner was quicker
        return False
    return stale
