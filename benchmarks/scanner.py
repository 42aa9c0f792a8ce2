"""The scanner beside pydicom's reader and serialiser, on one file.

Run ``python -m benchmarks.scanner [FILE]``; without a file, a CT header of 332 elements is made.
"""

import io
import sys
import timeit
from collections.abc import Callable
from pathlib import Path

import pydicom
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset

from medshare.imaging.scanner import ScannedInstance, scan_buffer

_ELEMENTS = 332


def ct_header() -> bytes:
    """Return the CT that pydicom ships, with as many elements as a clinical one has."""
    dataset = pydicom.dcmread(get_testdata_file("CT_small.dcm"))
    block = dataset.private_block(0x0013, "MEDSHARE BENCHMARK", create=True)
    for offset in range(_ELEMENTS - len(list(dataset.iterall()))):
        block.add_new(offset, *(("LO", "some text") if offset % 2 else ("DS", "1.25\\-3")))
    target = io.BytesIO()
    dataset.save_as(target, enforce_file_format=True)
    return target.getvalue()


def by_pydicom(data: bytes) -> object:
    """Do with pydicom what the scan does."""
    dataset: Dataset = pydicom.dcmread(io.BytesIO(data))
    return dataset.to_json_dict(1024, lambda _: "elsewhere")


def milliseconds(work: Callable[[], object], rounds: int) -> float:
    """Return the time that one call takes, the best of five series."""
    return min(timeit.repeat(work, number=rounds, repeat=5)) / rounds * 1000


def main() -> None:
    """Print both times."""
    data = Path(sys.argv[1]).read_bytes() if len(sys.argv) > 1 else ct_header()
    result = scan_buffer(data)
    if not isinstance(result, ScannedInstance):
        sys.exit(f"refused: {result.code}")
    ours = milliseconds(lambda: scan_buffer(data), 100)
    theirs = milliseconds(lambda: by_pydicom(data), 10)
    print(f"{len(result.dataset)} elements at the top, {len(data)} bytes")
    print(f"scanner {ours:.3f} ms   pydicom {theirs:.3f} ms   {theirs / ours:.0f} times")


if __name__ == "__main__":
    main()
