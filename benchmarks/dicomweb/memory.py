"""How much memory a server takes to store and to send what is large.

Run ``python -m benchmarks.dicomweb.memory`` from the root of the tree. It serves medshare as
shipped and stores and retrieves one instance of 2 GiB and one request of 500 CT slices; the bodies
are made while they are sent, chunk by chunk, and what comes back is counted, never kept. Linux;
takes some minutes and 6 GB of disk.

The goal: at most 150 MiB above what the server holds before.
"""

import argparse
import http.client
import io
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.dicomweb.measure import TIMEOUT_S, Server, WrongAnswerError
from benchmarks.dicomweb.operations import BOUNDARY, FILES, JSON, STUDIES, store
from benchmarks.dicomweb.servers import serving_medshare
from benchmarks.dicomweb.workload import (
    FULL_SIDE,
    NEWCOMER,
    Study,
    make_instances,
)

MIB = 1 << 20
CHUNK = MIB
SLICES = 500
FRAME_BYTES = FULL_SIDE * FULL_SIDE * 2
LARGE, MANY = Study(3_000_000, NEWCOMER), Study(3_000_001, NEWCOMER)
OK = 200


@dataclass(frozen=True, slots=True)
class Peak:
    """What all processes of a server held together at most, above what they held before."""

    title: str
    sent_bytes: int
    above_mib: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--gib", type=float, default=2, help="of the one instance (2)")
    frames = int(parser.parse_args().gib * 1024 * MIB) // FRAME_BYTES
    with tempfile.TemporaryDirectory() as directory, serving_medshare(Path(directory)) as server:
        _warm(server)
        peaks = [
            _measured(server, f"STOW of one instance of {frames} frames", _storing(_large(frames))),
            _measured(server, f"STOW of {SLICES} CT slices in one request", _storing(_many())),
            _measured(
                server, "WADO of that instance", _Asked("GET", f"{STUDIES}/{LARGE.uid}", FILES)
            ),
            _measured(server, "WADO of that study", _Asked("GET", f"{STUDIES}/{MANY.uid}", FILES)),
        ]
        _report(server, peaks)


@dataclass(frozen=True, slots=True)
class _Asked:
    method: str
    path: str
    headers: Mapping[str, str]
    chunks: Iterable[bytes] = ()


def _storing(files: Iterable[Iterable[bytes]]) -> _Asked:
    content_type = f'multipart/related; type="application/dicom"; boundary={BOUNDARY}'
    headers = {**JSON, "Content-Type": content_type}
    return _Asked("POST", STUDIES, headers, _framed(files))


def _framed(files: Iterable[Iterable[bytes]]) -> Iterator[bytes]:
    for file in files:
        yield f"--{BOUNDARY}\r\nContent-Type: application/dicom\r\n\r\n".encode()
        yield from file
        yield b"\r\n"
    yield f"--{BOUNDARY}--\r\n".encode()


def _large(frames: int) -> Iterator[Iterator[bytes]]:
    yield _multi_frame(frames)


def _multi_frame(frames: int) -> Iterator[bytes]:
    """Yield a file of so many frames, each of them that of one slice."""
    (single,) = make_instances(LARGE, 1, FULL_SIDE)
    head = single.data[: -single.pixel_bytes - 4]
    yield _with_frames(head, frames)
    yield (frames * single.pixel_bytes).to_bytes(4, "little")
    for _ in range(frames):
        yield single.pixels


def _with_frames(head: bytes, frames: int) -> bytes:
    """Put NumberOfFrames (0028,0008) where it belongs, before Rows (0028,0010)."""
    rows = b"\x28\x00\x10\x00US"
    digits = str(frames).encode()
    value = digits + b" " * (len(digits) % 2)
    element = b"\x28\x00\x08\x00IS" + len(value).to_bytes(2, "little") + value
    before, found, after = head.partition(rows)
    if not found:
        raise WrongAnswerError("the slice has no Rows")
    return before + element + found + after


def _many() -> Iterator[Iterator[bytes]]:
    for each in make_instances(MANY, SLICES, FULL_SIDE):
        yield iter([each.data])


def _warm(server: Server) -> None:
    """Store and retrieve a little: what is loaded once and kept is no cost of a request."""
    study = Study(3_000_002, NEWCOMER)
    request = store(list(make_instances(study, 3, FULL_SIDE))).request
    _exchange(server, _Asked("POST", request.path, request.headers, [request.body or b""]))
    _exchange(server, _Asked("GET", f"{STUDIES}/{study.uid}", FILES))


def _measured(server: Server, title: str, asked: _Asked) -> Peak:
    before = _resident(server, "VmRSS")
    for process in server.processes:
        Path(f"/proc/{process}/clear_refs").write_text("5")  # begin the high-water mark anew
    size = _exchange(server, asked)
    return Peak(title, size, (_resident(server, "VmHWM") - before) / MIB)


def _exchange(server: Server, asked: _Asked) -> int:
    """Make an exchange; return how many bytes went, in the direction in which many do.

    Raises
    ------
    WrongAnswerError
        The status is not 200.
    """
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=TIMEOUT_S)
    sent = _Counted(asked.chunks)
    headers = {**asked.headers, **server.authorise()}
    connection.request(asked.method, asked.path, sent or None, headers, encode_chunked=True)
    answer = connection.getresponse()
    received = sum(len(chunk) for chunk in iter(lambda: answer.read(CHUNK), b""))
    connection.close()
    if answer.status != OK:
        raise WrongAnswerError(f"{asked.method} was answered {answer.status}")
    return max(sent.count, received)


class _Counted:
    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = chunks
        self.count = 0

    def __bool__(self) -> bool:
        return self._chunks != ()

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._chunks:
            self.count += len(chunk)
            yield chunk


def _resident(server: Server, name: str) -> int:
    """Return the sum over its processes of a field of ``/proc/PID/status``, in bytes."""
    return sum(_field(process, name) for process in server.processes)


def _field(process: int, name: str) -> int:
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) * 1024
    return 0


def _report(server: Server, peaks: Iterable[Peak]) -> None:
    table = io.StringIO()
    print(f"medshare {server.version}, {len(server.processes)} processes", file=table)
    print("\n| | MiB moved | peak above before, MiB |\n| --- | ---: | ---: |", file=table)
    for each in peaks:
        print(f"| {each.title} | {each.sent_bytes / MIB:,.0f} | {each.above_mib:.0f} |", file=table)
    print(table.getvalue())


if __name__ == "__main__":
    main()
