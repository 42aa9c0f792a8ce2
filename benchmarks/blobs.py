"""Time a durable write of a 525 KB instance: one put each, against one put for the batch.

Run ``python benchmarks/blobs.py [directory]`` on the disk in question (a tmpfs proves nothing).
The ways take turns, so that a busy disk is unfair to none; the median round counts. Spooling is
not timed. *In parallel* is what single puts of 8 request threads cost.
"""

import hashlib
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from medshare.infra.blobs import LocalBlobStore, make_key

INSTANCE_BYTES = 525_000
BATCH = 100
ROUNDS = 7

Batch = list[tuple[str, Path]]


def spool(directory: Path) -> Batch:
    """Write a batch of files whose content never occurred before."""
    files = []
    for number in range(BATCH):
        data = os.urandom(INSTANCE_BYTES)
        path = directory / str(number)
        path.write_bytes(data)
        files.append((make_key("dicom", hashlib.sha256(data).hexdigest()), path))
    return files


def one_by_one(blobs: LocalBlobStore, files: Batch) -> None:
    for file in files:
        blobs.put_files([file])


def bytes_one_by_one(blobs: LocalBlobStore, files: Batch) -> None:
    for key, path in files:
        blobs.put_bytes(key, path.read_bytes())


def in_parallel(blobs: LocalBlobStore, files: Batch) -> None:
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda file: blobs.put_files([file]), files))


def as_a_batch(blobs: LocalBlobStore, files: Batch) -> None:
    blobs.put_files(files)


WAYS: dict[str, Callable[[LocalBlobStore, Batch], None]] = {
    "bytes, one by one": bytes_one_by_one,
    "files, one by one": one_by_one,
    "files, in parallel": in_parallel,
    "files, as a batch": as_a_batch,
}


def main() -> None:
    parent = sys.argv[1] if len(sys.argv) > 1 else None
    taken_ms: dict[str, list[float]] = {name: [] for name in WAYS}
    with tempfile.TemporaryDirectory(dir=parent, prefix="bench-blobs-") as name:
        blobs = LocalBlobStore(Path(name, "blobs"))
        for round_number in range(ROUNDS + 1):  # the first warms the directories up
            for way, put in WAYS.items():
                with tempfile.TemporaryDirectory(dir=name) as directory:
                    files = spool(Path(directory))
                    start = time.perf_counter()
                    put(blobs, files)
                    elapsed = time.perf_counter() - start
                if round_number:
                    taken_ms[way].append(elapsed * 1000 / BATCH)
    print(f"ms per durable instance of {INSTANCE_BYTES} bytes, {ROUNDS} rounds of {BATCH}")
    print(f"{'':20}{'median':>8}{'min':>8}{'max':>8}")
    for way, times in taken_ms.items():
        print(f"{way:20}{statistics.median(times):8.2f}{min(times):8.2f}{max(times):8.2f}")


if __name__ == "__main__":
    main()
