"""Temporary files that hold an upload until its bytes are judged and stored."""

import hashlib
import mmap
import os
import secrets
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import timedelta
from functools import partial
from pathlib import Path

from medshare.infra.disk import LOW_WATER_BYTES, disk_errors, require_free
from medshare.kernel.errors import StorageFullError, UnavailableError

HELD_BYTES_MAX = 1 << 20
"""What a part holds in memory at most before it is written."""

_WRITERS = max(1, (os.cpu_count() or 1) // 2)
"""Half of the cores: with more, several uploads at once wait for each other's hand-overs."""
_SYNCERS = 2
_SYNCS_WAITING = 64
"""Each holds a descriptor; what comes when so many wait is left to the blob store."""


class Helpers:
    """A few threads and a short queue before them; what finds it full is not taken."""

    def __init__(self, threads: int, name: str, *, waiting: int = 0) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._free = threading.Semaphore(threads + waiting)

    def try_submit(self, work: Callable[[], None]) -> Future[None] | None:
        """Let a thread do some work, ``None`` where there is none for it."""
        if not self._free.acquire(blocking=False):
            return None
        return self._pool.submit(self._run, work)

    def _run(self, work: Callable[[], None]) -> None:
        try:
            work()
        finally:
            self._free.release()


class SpooledPart:
    """One upload on disk, hashed and counted while it is written.

    What comes last, of a small part the whole, is written and hashed by a thread of the spool
    while the next part is read, if one is free, else by the caller himself; other threads sync it.
    The caller waits for them where he asks for a digest.

    Parameters
    ----------
    descriptor
        Open for writing; the part closes it.
    path
        The file behind the descriptor, whole once a digest was given.
    """

    def __init__(self, descriptor: int, path: Path, writers: Helpers, syncers: Helpers) -> None:
        self.path = path
        self.size_bytes = 0
        self.is_synced = False
        self._descriptor = descriptor
        self._writers = writers
        self._syncers = syncers
        self._digest = hashlib.sha256()
        self._crc32 = 0
        self._held: list[bytes | bytearray | memoryview] = []
        self._held_bytes = 0
        self._is_closed = False
        self._ending: Future[None] | None = None
        self._syncing: Future[None] | None = None
        self._whole: bytes | None = None

    @property
    def sha256(self) -> str:
        """The digest of a closed part, as 64 lower-case hex digits."""
        self.wait()
        return self._digest.hexdigest()

    @property
    def crc32(self) -> int:
        """The CRC-32 of a closed part."""
        self.wait()
        return self._crc32

    def write(self, chunk: bytes | bytearray | memoryview) -> None:
        """Append a chunk, which must not change afterwards.

        Raises
        ------
        StorageFullError
            The disk is full; the part is of no further use.
        """
        self._held.append(chunk)
        self._held_bytes += len(chunk)
        self.size_bytes += len(chunk)
        if self._held_bytes >= HELD_BYTES_MAX:
            self._put(self._take_held())

    def close(self) -> None:
        """End the part; its descriptor is given back, for an upload may have thousands of parts."""
        if not self._is_closed:
            rest = self._take_held()
            self._whole = rest if len(rest) == self.size_bytes else None
            self._is_closed = True
            self._ending = self._writers.try_submit(partial(self._end, rest))
            if self._ending is None:
                self._end(rest)

    def wait(self) -> None:
        """Close the part and return once it is on the disk.

        Raises
        ------
        StorageFullError
            The disk is full; the part is of no further use.
        """
        self.close()
        self._whole = None
        if self._ending is not None:
            self._ending.result()
        if self._syncing is not None:
            self._syncing.result()

    @contextmanager
    def content(self) -> Iterator[bytes | mmap.mmap]:
        """Close the part and lend what is in it, once: from memory where it is small."""
        self.close()
        whole, self._whole = self._whole, None
        if whole is not None:
            yield whole
            return
        self.wait()
        with (
            self.path.open("rb") as file,
            mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data,
        ):
            yield data

    def abandon(self) -> None:
        """Wait until nobody writes any more; whether it succeeded is of no interest."""
        with suppress(StorageFullError, UnavailableError):
            self.wait()

    def _end(self, rest: bytes) -> None:
        try:
            self._put(rest)
            self._syncing = self._syncers.try_submit(self._sync)
        finally:
            if self._syncing is None:
                os.close(self._descriptor)

    def _sync(self) -> None:
        try:
            with disk_errors():
                os.fdatasync(self._descriptor)
            self.is_synced = True
        finally:
            os.close(self._descriptor)

    def _take_held(self) -> bytes:
        held, self._held, self._held_bytes = self._held, [], 0
        return b"".join(held)

    def _put(self, data: bytes) -> None:
        rest = memoryview(data)
        with disk_errors():
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]
        self._digest.update(data)
        self._crc32 = zlib.crc32(data, self._crc32)


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
        self._writers = Helpers(_WRITERS, "spool")
        self._syncers = Helpers(_SYNCERS, "spool-sync", waiting=_SYNCS_WAITING)
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
        path = self._directory / f"part-{secrets.token_hex(12)}"
        with disk_errors():
            require_free(self._directory, self._low_water_bytes)
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        part = SpooledPart(descriptor, path, self._writers, self._syncers)
        try:
            yield part
        finally:
            part.abandon()
            path.unlink(missing_ok=True)

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
