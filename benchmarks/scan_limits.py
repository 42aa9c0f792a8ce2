"""What the limits of a scan let in and keep out: time and memory, each in a process of its own.

Run ``python -m benchmarks.scan_limits``. Honest objects are enhanced CTs of 2,000 frames, plain and
with the private group that some MR scanners add to each frame; hostile ones are small files whose
contents take as much memory as they can. Small pixels: only what is said about them counts here.
"""

import json
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from medshare.imaging.limits import ScanLimits
from medshare.imaging.scanner import ScannedInstance, scan

FRAMES = 2000
FILE_BYTES = 32 << 20
MIB = 1 << 20
_META = (
    b"\x02\x00\x02\x00UI\x1c\x001.2.840.10008.5.1.4.1.1.2.1\0\x02\x00\x03\x00UI\x08\x002.999.1\0"
    b"\x02\x00\x10\x00UI\x14\x001.2.840.10008.1.2.1\0"
)


def element(group: int, number: int, vr: bytes, value: bytes) -> bytes:
    value += b"\0" * (len(value) % 2) if vr == b"UI" else b" " * (len(value) % 2)
    return struct.pack("<HH2sH", group, number, vr, len(value)) + value


def sequence(group: int, number: int, *items: bytes) -> bytes:
    content = b"".join(struct.pack("<HHI", 0xFFFE, 0xE000, len(each)) + each for each in items)
    return struct.pack("<HH2sHI", group, number, b"SQ", 0, len(content)) + content


def a_file(content: bytes) -> bytes:
    """Return a file of an enhanced CT with something said in it."""
    return b"".join(
        (
            bytes(128) + b"DICM" + _META,
            element(0x0008, 0x0016, b"UI", b"1.2.840.10008.5.1.4.1.1.2.1"),
            element(0x0008, 0x0018, b"UI", b"2.999.1"),
            element(0x0020, 0x000D, b"UI", b"2.999.1.1"),
            element(0x0020, 0x000E, b"UI", b"2.999.1.2"),
            content,
        )
    )


def frames(private: int) -> bytes:
    """Return the functional groups of all frames: 24 sequences of four elements in each."""
    values = b"".join(
        element(0x0028, 0x1050 + number, vr, value)
        for number, (vr, value) in enumerate(
            [(b"DS", b"-250.0\\-250.0\\12.5"), (b"CS", b"ORIGINAL\\PRIMARY"), (b"LO", b"B30f")]
        )
    ) + element(0x0028, 0x9001, b"FD", bytes(8))
    groups = b"".join(sequence(0x0018, 0x9000 + number, values) for number in range(24))
    own = b"".join(element(0x2001, 0x1000 + n, b"LO", b"some text") for n in range(private))
    group = sequence(0x2005, 0x140F, element(0x2001, 0x0010, b"LO", b"ACME") + own)
    return sequence(0x5200, 0x9230, *[groups + (group if private else b"")] * FRAMES)


def many(vr: bytes, value: bytes) -> bytes:
    """Return different private elements until the file is as large as it may be for this."""
    each = len(value) + 8
    return b"".join(
        element(0x0029 + 2 * (number >> 16), number & 0xFFFF, vr, value)
        for number in range(1, FILE_BYTES // each)
        if number & 0xFFFF
    )


CASES: Mapping[str, Callable[[], bytes]] = {
    "2,000 frames": lambda: frames(0),
    "2,000 frames, 150 private elements each": lambda: frames(150),
    "hostile: empty elements": lambda: many(b"LO", b""),
    "hostile: elements of two letters": lambda: many(b"LO", b"ab"),
    "hostile: numbers of one digit": lambda: many(b"DS", b"1\\" * 511 + b"1 "),
    "hostile: names of one letter": lambda: many(b"PN", b"a\\" * 512),
    "hostile: no values at all": lambda: many(b"LO", b"\\" * 1024),
    "hostile: items": lambda: sequence(0x0029, 0x1001, *[b""] * (FILE_BYTES // 8)),
}


def peak_mib() -> float:
    """Return the most that this process has held; not inherited, as rusage's figure is."""
    status = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM"))


def measure(path: Path) -> None:
    """Scan one file and print what it took, as JSON."""
    before = peak_mib()
    began = time.perf_counter()
    result = scan(path)
    taken = time.perf_counter() - began
    peak = peak_mib()
    is_kept = isinstance(result, ScannedInstance)
    print(
        json.dumps(
            {
                "MB": path.stat().st_size / 1e6,
                "s": taken,
                "MiB": peak - before,
                "estimate": result.memory_bytes / MIB if is_kept else 0,
                "outcome": "kept" if is_kept else result.code,
            }
        )
    )


def main() -> None:
    """Print a row for each case."""
    if len(sys.argv) > 1:
        measure(Path(sys.argv[1]))
        return
    print(f"limit {ScanLimits().memory_bytes // MIB} MiB; memory is the peak above before")
    for title, made in CASES.items():
        with tempfile.NamedTemporaryFile() as file:
            file.write(a_file(made()))
            file.flush()
            command = [sys.executable, "-m", "benchmarks.scan_limits", file.name]
            told = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
        print(
            f"{title:<42} {told['MB']:6.1f} MB {told['s']:6.1f} s {told['MiB']:6.0f} MiB"
            f" (estimated {told['estimate']:4.0f})  {told['outcome']}"
        )


if __name__ == "__main__":
    main()
