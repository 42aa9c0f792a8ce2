"""Pictures and transcoded frames on disk, up to a size; each is made once however many ask.

Everything here can be made again: a lost or emptied directory costs time only.
"""

import hashlib
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import orjson

from medshare.infra.gate import Gate

_FULL_TO = 0.8


class PixelCache:
    """Files named after what they were made from; the least recently made go first.

    Parameters
    ----------
    directory
        Of its own; other processes may share it.
    limit_bytes
        Size at which it is emptied to four fifths.
    gate
        Where a token is laid aside while something is made, by whoever makes it and by those who
        wait for it: were they to keep theirs, the maker would never get its own back.
    """

    def __init__(self, directory: Path, limit_bytes: int, gate: Gate) -> None:
        self._directory = directory
        self._limit = limit_bytes
        self._gate = gate
        self._lock = threading.Lock()
        self._making: dict[str, threading.Lock] = {}
        self._size: int | None = None

    def get_or_make(self, key: tuple[object, ...], make: Callable[[], bytes]) -> bytes:
        """Return what stands under a key, made now if it does not."""
        name = hashlib.sha256(orjson.dumps(key)).hexdigest()
        found = self._read(name)
        return found if found is not None else self._make_once(name, make)

    def _make_once(self, name: str, make: Callable[[], bytes]) -> bytes:
        with self._lock:
            turn = self._making.setdefault(name, threading.Lock())
        try:
            with self._gate.laid_aside(), turn:
                found = self._read(name)
                if found is None:
                    found = make()
                    self._keep(name, found)
                return found
        finally:
            with self._lock:
                self._making.pop(name, None)

    def _read(self, name: str) -> bytes | None:
        try:
            return self._path(name).read_bytes()
        except OSError:
            return None

    def _keep(self, name: str, content: bytes) -> None:
        """Write by renaming, so that nobody reads half a file; a full disk is no failure."""
        path = self._path(name)
        draft = path.with_name(f"{name}.{os.getpid()}-{threading.get_ident()}")
        with suppress(OSError):
            try:
                _write(draft, content)
                draft.replace(path)
            except OSError:
                draft.unlink(missing_ok=True)
                raise
            self._count(len(content))

    def _count(self, added: int) -> None:
        with self._lock:
            if self._size is None:
                self._size = sum(size for _, size, _ in self._files())
            else:
                self._size += added
            if self._size > self._limit:
                self._size = self._shrink()

    def _shrink(self) -> int:
        files = sorted(self._files())
        size = sum(each for _, each, _ in files)
        for _, each, path in files:
            if size <= self._limit * _FULL_TO:
                break
            path.unlink(missing_ok=True)
            size -= each
        return size

    def _files(self) -> list[tuple[float, int, Path]]:
        found = []
        for path in self._directory.glob("*/*"):
            with suppress(OSError):
                status = path.stat()
                found.append((status.st_mtime, status.st_size, path))
        return found

    def _path(self, name: str) -> Path:
        return self._directory / name[:2] / name


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.write_bytes(content)
