"""A study as one archive beside the same study in parts: time to the first byte, speed, memory.

Run ``python -m benchmarks.archives [SLICES]`` (512 x 512, half a megabyte each; 2,000 without a
number). The server is medshare as shipped, on SQLite and files. The two ways take turns.
"""

import http.client
import io
import statistics
import sys
import tempfile
import time
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
import pydicom
from pydicom.data import get_testdata_file
from pydicom.uid import ImplicitVRLittleEndian

from benchmarks.dicomweb.measure import Server
from benchmarks.dicomweb.servers import serving_medshare

SLICES, BATCH, ROUNDS, SIDE = 2000, 50, 5, 512
CHUNK = 1 << 20
OK, PARTIAL = 200, 206
UID = "2.999.88"
IN_PARTS = 'multipart/related; type="application/dicom"; transfer-syntax=*'
AS_ARCHIVE = "application/zip"


@dataclass(frozen=True, slots=True)
class Taken:
    """One download: seconds to its first byte and in all, and its size."""

    first_s: float
    all_s: float
    size: int


def slices(study: str, count: int, *, implicit: bool) -> Iterator[bytes]:
    """Yield CT slices of one study, different in their pixels."""
    dataset = pydicom.dcmread(get_testdata_file("CT_small.dcm"))
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = study, f"{study}.1"
    dataset.Rows = dataset.Columns = SIDE
    if implicit:
        dataset.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
    noise = np.random.default_rng(1).integers(0, 2000, SIDE * SIDE, np.int16)
    for number in range(1, count + 1):
        dataset.SOPInstanceUID, dataset.InstanceNumber = f"{study}.1.{number}", number
        dataset.PixelData = np.roll(noise, number).tobytes()
        buffer = io.BytesIO()
        dataset.save_as(buffer, implicit_vr=implicit, little_endian=True, enforce_file_format=True)
        yield buffer.getvalue()


def store(server: Server, files: Iterator[bytes]) -> None:
    """Store files, some at a time."""
    for batch in iter(lambda: [each for each, _ in zip(files, range(BATCH), strict=False)], []):
        lead = b"--b\r\nContent-Type: application/dicom\r\n\r\n"
        body = b"".join(lead + each + b"\r\n" for each in batch) + b"--b--\r\n"
        headers = {"Content-Type": 'multipart/related; type="application/dicom"; boundary=b'}
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=600)
        connection.request("POST", "/dicom-web/studies", body, {**headers, **server.authorise()})
        answer = connection.getresponse()
        answer.read()
        if answer.status >= 300:
            sys.exit(f"a store was answered {answer.status}")
        connection.close()


def download(server: Server, study: str, headers: Mapping[str, str]) -> Taken:
    """Retrieve a study and throw it away."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=600)
    began = time.perf_counter()
    path = f"/dicom-web/studies/{study}"
    connection.request("GET", path, headers={**headers, **server.authorise()})
    answer = connection.getresponse()
    if answer.status not in (OK, PARTIAL):
        sys.exit(f"a retrieval was answered {answer.status}")
    size = len(answer.read(1))
    first = time.perf_counter() - began
    while chunk := answer.read(CHUNK):
        size += len(chunk)
    connection.close()
    return Taken(first, time.perf_counter() - began, size)


def peak_mb(server: Server) -> float:
    """Return the most memory that the server's processes have held so far, together."""
    peaks = []
    for pid in server.processes:
        status = Path(f"/proc/{pid}/status").read_text().splitlines()
        peaks += [int(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM")]
    return sum(peaks)


def tell(title: str, taken: list[Taken]) -> None:
    first = statistics.median(each.first_s for each in taken)
    whole = statistics.median(each.all_s for each in taken)
    size = taken[0].size / 1e6
    print(f"{title:<34} first byte {first * 1000:8.0f} ms   {size:7.0f} MB in {whole:6.2f} s")


def compare(server: Server, title: str, study: str) -> None:
    """Let both ways take turns, and tell of a first time apart: it may have to measure files."""
    tell(f"{title}, archive, first time", [download(server, study, {"Accept": AS_ARCHIVE})])
    ways: dict[str, list[Taken]] = {AS_ARCHIVE: [], IN_PARTS: []}
    for _ in range(ROUNDS):
        for accept, taken in ways.items():
            taken.append(download(server, study, {"Accept": accept}))
    tell(f"{title}, archive", ways[AS_ARCHIVE])
    tell(f"{title}, in parts", ways[IN_PARTS])
    last = {"Accept": AS_ARCHIVE, "Range": "bytes=-1000000"}
    tell(f"{title}, the last megabyte", [download(server, study, last) for _ in range(ROUNDS)])


def tell_checksums() -> None:
    """Tell what the checksum adds to the digest that every upload gets."""
    data = np.random.default_rng(2).bytes(64 << 20)
    costs = {}
    for name, work in {"SHA-256": sha256, "CRC-32": zlib.crc32}.items():
        began = time.perf_counter()
        work(data)
        costs[name] = (time.perf_counter() - began) * 1000 / 64
    print("  ".join(f"{name} {cost:.2f} ms/MiB" for name, cost in costs.items()))


def main() -> None:
    """Print the figures."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else SLICES
    tell_checksums()
    with tempfile.TemporaryDirectory() as directory, serving_medshare(Path(directory)) as server:
        for number, implicit in enumerate((False, True), start=1):
            study, title = f"{UID}.{number}", "implicit VR" if implicit else "explicit VR"
            store(server, slices(study, count, implicit=implicit))
            before = peak_mb(server)
            compare(server, title, study)
            print(f"  server's peak {before:.0f} MB before, {peak_mb(server):.0f} MB after")


if __name__ == "__main__":
    main()
