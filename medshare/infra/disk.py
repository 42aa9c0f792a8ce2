"""What every writer to a local disk shares: the low-water mark and the meaning of its errors."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from medshare.kernel.errors import StorageFullError, UnavailableError

LOW_WATER_BYTES = 256 << 20
"""Kept free by default, so that the index and the audit trail can still be written."""

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


def require_free(directory: Path, low_water_bytes: int, incoming_bytes: int = 0) -> None:
    """Refuse a write that would leave less than ``low_water_bytes`` free.

    Raises
    ------
    StorageFullError
        It would.
    """
    disk = os.statvfs(directory)
    if disk.f_bavail * disk.f_frsize - incoming_bytes < low_water_bytes:
        raise StorageFullError


@contextmanager
def disk_errors() -> Iterator[None]:
    """Tell an ``OSError`` of the block in terms of the domain.

    Raises
    ------
    StorageFullError
        The disk or the quota is exhausted.
    UnavailableError
        Anything else that the operating system refused.
    """
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise StorageFullError from error
        raise UnavailableError from error
