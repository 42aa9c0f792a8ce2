"""The machine: what to write beside the figures, and what its disk takes for the same bytes."""

import os
import platform
import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path


def facts(directory: Path) -> dict[str, str]:
    """Return what figures depend on; ``directory`` is on the disk that both servers use."""
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "processor": f"{_processor()}, {os.cpu_count()} cores",
        "memory": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB",
        "file system": _file_system(directory.resolve()),
        "system": f"{_distribution()}, Linux {platform.release().partition('-')[0]}",
        "Python": platform.python_version(),
        "load before": f"{os.getloadavg()[0]:.1f} (mean of one minute, benchmark not running)",
    }


def write_and_sync(directory: Path, requests: Iterable[Sequence[bytes]]) -> float:
    """Write files and fsync each, one after another, then their directory once a request.

    Returns
    -------
    float
        Milliseconds a request.
    """
    taken = []
    for number, files in enumerate(requests):
        paths = [directory / f"{number}-{each}" for each in range(len(files))]
        start = time.perf_counter()
        for path, data in zip(paths, files, strict=True):
            with path.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        _sync_directory(directory)
        taken.append(time.perf_counter() - start)
        for path in paths:
            path.unlink()
    return 1000 * sum(taken) / len(taken)


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _distribution() -> str:
    return platform.freedesktop_os_release().get("PRETTY_NAME", "Linux")


def _file_system(directory: Path) -> str:
    """Return the type of the file system that a directory is on."""
    mounts = [line.split()[1:3] for line in Path("/proc/mounts").read_text().splitlines()]
    holding = [mount for mount in mounts if directory.is_relative_to(mount[0])]
    return max(holding, key=lambda mount: len(mount[0]), default=["", "unknown"])[1]
