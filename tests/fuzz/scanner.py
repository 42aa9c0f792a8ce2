"""Fuzz the scanner of received DICOM files; see README.md beside this file."""

import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["medshare.imaging"]):
    from medshare.imaging.layout import pack_layout, unpack_layout
    from medshare.imaging.refusals import Refusal
    from medshare.imaging.repeats import KnownElements, Repeats
    from medshare.imaging.scanner import scan_buffer

import orjson
import pydicom.data

SEED_BYTES_MAX = 16_384
KNOWN = KnownElements()


def scan_one(data: bytes) -> None:
    """Hold one input to what is promised of any."""
    result = scan_buffer(data)
    repeats = Repeats(KNOWN)
    for _ in range(3):  # elements are known from other inputs, then rows are from the first scan
        if scan_buffer(data, repeats=repeats) != result:
            raise AssertionError("what stood before is read otherwise than alone")
    if isinstance(result, Refusal):
        return
    orjson.dumps(result.dataset)
    unpack_layout(pack_layout(result))
    if not result.syntax.is_deflated:
        for bulk in result.bulk:
            if bulk.offset + bulk.length > len(data):
                raise AssertionError("a bulk value reaches beyond the file")


def write_seeds(directory: Path) -> None:
    """Copy pydicom's smaller samples to where the fuzzer begins."""
    samples = Path(pydicom.data.__file__).parent
    for number, path in enumerate(sorted(samples.rglob("*.dcm"))):
        if path.stat().st_size <= SEED_BYTES_MAX:
            (directory / str(number)).write_bytes(path.read_bytes())


def main() -> None:
    """Fuzz until libFuzzer's own options say that it is enough."""
    with tempfile.TemporaryDirectory(prefix="medshare-fuzz-") as name:
        write_seeds(Path(name))
        atheris.Setup([*sys.argv, name], scan_one)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
