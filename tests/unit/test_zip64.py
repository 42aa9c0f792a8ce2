"""Archives laid out before they are written (infra/zip64)."""

import io
import subprocess
import zipfile
import zlib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from medshare.infra.zip64 import Archive, Member, ShortMemberError, skipping
from tests.servers import require_command

WRITTEN = datetime(2026, 3, 1, 9, 30, 12)
CHUNK = 1 << 20


def a_member(name: str, content: bytes) -> Member:
    def read(offset: int) -> Iterator[bytes]:
        yield from (content[at : at + 7] for at in range(offset, len(content), 7))

    return Member(name, len(content), zlib.crc32(content), read)


def zeros(name: str, size: int) -> Member:
    """Return a file of zeros that stands nowhere."""

    def read(offset: int) -> Iterator[bytes]:
        for at in range(offset, size, CHUNK):
            yield bytes(min(CHUNK, size - at))

    return Member(name, size, 0, read)


class Remote(io.RawIOBase):
    """An archive as a client reads it that asks for ranges."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._position = 0

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = 0) -> int:
        base = {0: 0, 1: self._position, 2: self._archive.size_bytes}[whence]
        self._position = base + offset
        return self._position

    def readinto(self, buffer: Any) -> int:
        stop = min(self._position + len(buffer), self._archive.size_bytes)
        found = b"".join(self._archive.chunks(range(self._position, stop)))
        buffer[: len(found)] = found
        self._position += len(found)
        return len(found)


def whole(archive: Archive) -> bytes:
    return b"".join(archive.chunks(range(archive.size_bytes)))


def test_what_was_put_in_comes_out() -> None:
    content = {"DICOMDIR": b"directory", "DICOM/SE1/IM1": bytes(range(256)), "EMPTY": b""}
    archive = Archive((a_member(*each) for each in content.items()), WRITTEN)

    body = whole(archive)

    assert len(body) == archive.size_bytes
    with zipfile.ZipFile(io.BytesIO(body)) as read:
        assert read.testzip() is None
        assert {name: read.read(name) for name in read.namelist()} == content
        (first, *_) = read.infolist()
        assert (first.compress_type, first.date_time) == (0, (2026, 3, 1, 9, 30, 12))
        assert (first.flag_bits, first.extract_version) == (0, 20)


def test_any_part_is_that_part_of_the_whole() -> None:
    archive = Archive([a_member("A", b"0123456789" * 3), a_member("B", b"x" * 20)], WRITTEN)
    body = whole(archive)

    for start in range(0, len(body), 11):
        for stop in (start + 1, start + 13, len(body)):
            assert b"".join(archive.chunks(range(start, stop))) == body[start:stop]


def test_files_and_offsets_beyond_32_bits() -> None:
    last = b"behind eight gigabytes"
    members = [zeros("A", 5 << 30), zeros("B", 3 << 30), a_member("C", last)]
    archive = Archive(members, WRITTEN)

    with zipfile.ZipFile(io.BufferedReader(Remote(archive))) as read:
        assert [each.file_size for each in read.infolist()] == [5 << 30, 3 << 30, len(last)]
        assert read.read("C") == last
        with read.open("A") as large:
            assert large.read(10) == bytes(10)


def test_more_files_than_16_bits_count() -> None:
    archive = Archive((a_member(f"F{number}", b"") for number in range(70_000)), WRITTEN)

    with zipfile.ZipFile(io.BytesIO(whole(archive))) as read:
        assert len(read.namelist()) == 70_000


def test_unzip_finds_no_fault(tmp_path: Path) -> None:
    require_command("unzip")
    path = tmp_path / "study.zip"
    path.write_bytes(whole(Archive([a_member("REPORT/V1.TXT", b"said"), zeros("Z", 99)], WRITTEN)))
    # zeros() claims the checksum of nothing: unzip must see that, or it proves nothing.
    found = subprocess.run(["unzip", "-t", path], capture_output=True, text=True, check=False)

    assert "REPORT/V1.TXT" in found.stdout
    assert "bad CRC" in found.stdout
    path.write_bytes(whole(Archive([a_member("REPORT/V1.TXT", b"said")], WRITTEN)))
    found = subprocess.run(["unzip", "-t", path], capture_output=True, text=True, check=True)
    assert "No errors detected" in found.stdout


def test_a_file_that_is_shorter_than_announced_breaks_the_answer() -> None:
    archive = Archive([Member("A", 10, 0, lambda _offset: iter((b"short",)))], WRITTEN)

    with pytest.raises(ShortMemberError):
        whole(archive)


def test_the_first_bytes_of_chunks_are_skipped() -> None:
    for count in range(10):
        assert b"".join(skipping([b"abc", b"", b"defg"], count)) == b"abcdefg"[count:]
