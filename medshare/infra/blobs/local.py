"""Blobs as files: ``<root>/<namespace>/<first two hex digits>/<sha256>``.

Durable means: the bytes are on the disk before the file gets its name (``fdatasync``, then
``rename``), and the name is on the disk before the caller hears of it (``fsync`` of the directory
and of every directory above it that is new to this process).

One level of 256 directories a namespace: names of a batch fall into few directories, so that a
batch costs few directory fsyncs, and a hundred million blobs are still 400,000 names in each.
"""

import errno
import io
import os
import secrets
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from itertools import chain, compress, islice
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

from medshare.infra.blobs.errors import BlobMissingError
from medshare.infra.blobs.keys import (
    holds_what_it_says,
    is_key,
    require_namespace,
    split_key,
)
from medshare.infra.disk import LOW_WATER_BYTES, disk_errors, require_free
from medshare.kernel.errors import UnavailableError
from medshare.kernel.ports import SpooledFile

T = TypeVar("T")

_INCOMING = ".incoming"
_LEFTOVER_AGE = timedelta(days=1)  # a batch is staged for seconds
_CHUNK_BYTES = 1 << 20
_SYNC_THREADS = 8
# Other file system, no hard links there, or not our file to link: copy instead.
_NOT_LINKABLE = frozenset({errno.EXDEV, errno.EPERM, errno.EOPNOTSUPP, errno.EMLINK})


class LocalBlobStore:
    """The blob store in a directory.

    Parameters
    ----------
    root
        The directory, created when absent. Several processes may share it.
    low_water_bytes
        Bytes free below which nothing more is stored; reading and deleting go on.
    """

    def __init__(self, root: Path, low_water_bytes: int = LOW_WATER_BYTES) -> None:
        self._root = root.absolute()
        self._incoming = self._root / _INCOMING
        self._low_water_bytes = low_water_bytes
        self._anchored: set[Path] = set()
        self._pool = ThreadPoolExecutor(_SYNC_THREADS, thread_name_prefix="blob-sync")
        with disk_errors():
            _make_durable_directory(self._root)
            _make_durable_directory(self._incoming)
            _remove_leftovers(self._incoming)

    def put_bytes(self, key: str, data: bytes) -> None:
        """Store one small object durably; see the port."""
        target = self._path(key)
        with self._staging(1, incoming_bytes=len(data)) as (staged,):
            if not _refreshed(target, len(data)):
                with staged.open("xb") as file:
                    file.write(data)
                    file.flush()
                    os.fdatasync(file.fileno())
                self._place(staged, target)
            self._settle([target])

    def put_files(self, files: Sequence[SpooledFile]) -> None:
        """Store a batch of spooled files durably; see the port.

        All bytes are made durable before the first name appears, so that a full disk leaves
        nothing of the batch. Names that appeared before a later failure stay: another request
        may already rely on the same blob.
        """
        targets = [self._path(each.key) for each in files]
        to_copy = self._bytes_to_copy(each.path for each in files)
        with self._staging(len(files), incoming_bytes=to_copy) as staged:
            is_new = self._in_parallel(_stage, files, staged, targets)
            for file, target in compress(zip(staged, targets, strict=True), is_new):
                self._place(file, target)
            self._settle(targets)
            for each in files:
                each.path.unlink(missing_ok=True)

    def read(self, key: str, offset: int = 0, length: int | None = None) -> bytes:
        """Return a range of an object; see the port."""
        with self._read_errors(), self._file(key) as file:
            file.seek(offset)
            return file.read(-1 if length is None else length)

    def open(self, key: str) -> BinaryIO:
        """Open an object for reading; see the port."""
        with self._read_errors():
            return io.BufferedReader(self._file(key))

    @contextmanager
    def descriptor(self, key: str) -> Iterator[int | None]:
        """Lend the file descriptor of an object; see the port."""
        with self._read_errors():
            descriptor = os.open(self._name(key), os.O_RDONLY)
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    def stream(self, key: str, chunk_size: int = _CHUNK_BYTES) -> Iterator[bytes]:
        """Yield an object in chunks, the first of them read now; see the port."""
        chunks = self._chunks(key, chunk_size)
        return chain([*islice(chunks, 1)], chunks)

    def size(self, key: str) -> int | None:
        """Return an object's size in bytes, ``None`` when there is no such object."""
        try:
            with self._read_errors():
                return self._path(key).stat().st_size
        except BlobMissingError:
            return None

    def verify(self, key: str) -> bool:
        """Read an object through and tell whether it is what its key says; see the port."""
        return holds_what_it_says(key, self.stream(key))

    def delete(self, keys: Iterable[str]) -> None:
        """Remove objects; a missing one is no error.

        Not synced: what a power cut brings back is an unreferenced blob, which the sweep removes.
        """
        for path in [self._path(key) for key in keys]:
            with disk_errors():
                path.unlink(missing_ok=True)

    def keys(self, namespace: str) -> Iterator[tuple[str, datetime]]:
        """Yield every key of a namespace and when it was last put; see the port."""
        require_namespace(namespace)
        self.check()
        return self._listing(namespace)

    def check(self) -> None:
        """Raise ``UnavailableError`` when the directory is gone, unmounted or read-only."""
        if not os.access(self._incoming, os.R_OK | os.W_OK | os.X_OK):
            raise UnavailableError

    def _name(self, key: str) -> str:
        namespace, digest = split_key(key)
        return f"{self._root}/{namespace}/{digest[:2]}/{digest}"

    def _path(self, key: str) -> Path:
        return Path(self._name(key))

    def _file(self, key: str) -> io.FileIO:
        return io.FileIO(self._name(key))

    def _chunks(self, key: str, chunk_size: int) -> Iterator[bytes]:
        with self._read_errors(), self._file(key) as file:
            size_bytes = os.fstat(file.fileno()).st_size
            for left in range(size_bytes, 0, -chunk_size):
                yield file.read(min(left, chunk_size))

    def _listing(self, namespace: str) -> Iterator[tuple[str, datetime]]:
        for directory in sorted((self._root / namespace).glob("[0-9a-f][0-9a-f]")):
            with disk_errors():
                entries = list(os.scandir(directory))
            for entry in entries:
                key = f"{namespace}/{entry.name}"
                stored_at = _modified_at(entry)
                if is_key(key) and stored_at is not None:
                    yield key, stored_at

    def _bytes_to_copy(self, sources: Iterable[Path]) -> int:
        with disk_errors():
            device = self._root.stat().st_dev
            found = [source.stat() for source in sources]
        return sum(file.st_size for file in found if file.st_dev != device)

    @contextmanager
    def _staging(self, count: int, incoming_bytes: int) -> Iterator[Sequence[Path]]:
        """Lend names for files that are to be placed; what a failure leaves of them is removed."""
        staged = [self._incoming / secrets.token_hex(16) for _ in range(count)]
        try:
            with disk_errors():
                require_free(self._root, self._low_water_bytes, incoming_bytes)
                yield staged
        except BaseException:
            for each in staged:
                with suppress(OSError):
                    each.unlink(missing_ok=True)
            raise

    def _place(self, staged: Path, target: Path) -> None:
        if target.parent not in self._anchored:
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        staged.rename(target)

    @contextmanager
    def _read_errors(self) -> Iterator[None]:
        try:
            with disk_errors():
                yield
        except UnavailableError as error:
            if isinstance(error.__cause__, FileNotFoundError):
                self.check()  # a file system that is not mounted looks like missing files
                raise BlobMissingError from None
            raise

    def _settle(self, targets: Iterable[Path]) -> None:
        """Make the names of placed files durable, those that another process placed included."""
        directories = {target.parent for target in targets}
        fresh = directories - self._anchored
        above = {self._root, *(directory.parent for directory in fresh)} if fresh else set()
        self._in_parallel(_sync_directory, directories | above)
        self._anchored |= fresh

    def _in_parallel(self, work: Callable[..., T], *arguments: Iterable[Any]) -> list[T]:
        """Map on the pool and wait for all of it, so that a failure leaves nothing running.

        Each thread takes its share at once: to hand over call by call costs as much as a sync.
        """
        calls = list(zip(*arguments, strict=True))
        threads = min(_SYNC_THREADS, len(calls))
        if threads == 1:  # another thread would cost as much again
            return [work(*each) for each in calls]
        shares = [calls[each::threads] for each in range(threads)]
        running = [self._pool.submit(_each, work, share) for share in shares]
        wait(running)
        done = [iter(future.result()) for future in running]
        return [next(done[number % threads]) for number in range(len(calls))]


def _each(work: Callable[..., T], calls: Iterable[tuple[Any, ...]]) -> list[T]:
    return [work(*each) for each in calls]


def _stage(file: SpooledFile, staged: Path, target: Path) -> bool:
    """Bring a spooled file into the store's file system and its bytes onto the disk.

    Returns whether there was anything to do: the object may be there already.

    Linked, not moved: a batch that fails must leave the caller's files where they were.
    """
    if _refreshed(target, file.path.stat().st_size):
        return False
    if not (_linked(file.path, staged) and file.is_synced):
        with staged.open("rb") as opened:
            os.fdatasync(opened.fileno())
    os.utime(staged)
    return True


def _linked(source: Path, staged: Path) -> bool:
    """Give a file a second name; where that cannot be, copy it."""
    try:
        os.link(source, staged)
    except OSError as error:
        if error.errno not in _NOT_LINKABLE:
            raise
        shutil.copyfile(source, staged)
        staged.chmod(0o600)
        return False
    return True


def _refreshed(target: Path, size_bytes: int) -> bool:
    """Tell whether the object is there already, as new to the sweep as if just written."""
    try:
        if target.stat().st_size != size_bytes:
            return False
        os.utime(target)
    except FileNotFoundError:
        return False
    return True


def _make_durable_directory(path: Path) -> None:
    missing = [each for each in (path, *path.parents) if not each.exists()]
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    for each in missing:
        _sync_directory(each.parent)


def _remove_leftovers(incoming: Path) -> None:
    """Remove what processes that were killed had staged, as files or in a directory."""
    oldest_kept = time.time() - _LEFTOVER_AGE.total_seconds()
    for staged in incoming.iterdir():
        with suppress(FileNotFoundError):  # another process may be at it too
            if staged.stat().st_mtime >= oldest_kept:
                continue
            if staged.is_dir():
                shutil.rmtree(staged)
            else:
                staged.unlink()


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _modified_at(entry: os.DirEntry[str]) -> datetime | None:
    """Return when a listed file was last put, ``None`` when it has been deleted since."""
    try:
        return datetime.fromtimestamp(entry.stat().st_mtime, UTC)
    except FileNotFoundError:
        return None
