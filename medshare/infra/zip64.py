"""ZIP archives whose files are stored as they are: laid out first, then any part of their bytes.

Sizes and checksums are known before a byte is written: no data descriptors, the whole length can
be announced, and a download goes on from any offset. The extensions of 64 bits stand only where a
number asks for them, since simple readers know nothing of them.

References
----------
PKWARE APPNOTE 6.3.10 sections 4.3 to 4.5; ISO/IEC 21320-1 (no encryption, no spanning).
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from struct import pack

from medshare.kernel.errors import MedshareError

LIMIT_16, LIMIT_32 = 0xFFFF, 0xFFFFFFFF
YEAR_FIRST, YEAR_LAST = 1980, 2107
_PLAIN, _LONG = 20, 45  # what a reader must understand: version 2.0, or 4.5 for 64 bits
_STORED = 0
_ZIP64 = 1


class ShortMemberError(MedshareError):
    """A file of an archive holds fewer bytes than its header says."""

    slug = "short-member"


@dataclass(frozen=True, slots=True)
class Member:
    """A file of an archive.

    Parameters
    ----------
    name
        Path in ASCII, with slashes.
    read
        Yields its bytes from an offset on.
    """

    name: str
    size_bytes: int
    crc32: int
    read: Callable[[int], Iterator[bytes]]


class Archive:
    """An archive laid out: its size, its directory, and any part of it.

    Parameters
    ----------
    written
        The time that every file bears, to two seconds; years from 1980 to 2107.
    """

    def __init__(self, members: Iterable[Member], written: datetime) -> None:
        self._time = _dos_time(written)
        self._pieces: list[tuple[int, Callable[[int], Iterator[bytes]]]] = []
        entries, position = [], 0
        for member in members:
            entries.append(self._entry(member, position))
            header = self._header(member)
            self._pieces += [(len(header), _reader(header)), (member.size_bytes, member.read)]
            position += len(header) + member.size_bytes
        entries.append(_end(len(entries), sum(map(len, entries)), position))
        self.directory = b"".join(entries)
        """What stands behind the files: it names each with its size and its checksum."""
        self._pieces.append((len(self.directory), _reader(self.directory)))
        self.size_bytes = position + len(self.directory)

    def chunks(self, part: range) -> Iterator[bytes]:
        """Yield the bytes of a part; of the files outside it nothing is read.

        Raises
        ------
        ShortMemberError
            A file ends before its size.
        """
        position = 0
        for length, read in self._pieces:
            begin, end = max(part.start - position, 0), min(part.stop - position, length)
            position += length
            if begin < end:
                yield from _exactly(read(begin), end - begin)

    def _header(self, member: Member) -> bytes:
        """Write what stands before a file."""
        is_long = member.size_bytes >= LIMIT_32
        size = LIMIT_32 if is_long else member.size_bytes
        extra = pack("<HHQQ", _ZIP64, 16, *2 * (member.size_bytes,)) if is_long else b""
        name = member.name.encode("ascii")
        needed = _LONG if is_long else _PLAIN
        fixed = pack("<IHHH", 0x04034B50, needed, 0, _STORED) + self._time
        lengths = pack("<IIIHH", member.crc32, size, size, len(name), len(extra))
        return fixed + lengths + name + extra

    def _entry(self, member: Member, offset: int) -> bytes:
        """Write what the directory says of a file."""
        numbers = (member.size_bytes, member.size_bytes, offset)
        size, _size, place = (min(each, LIMIT_32) for each in numbers)
        long = [each for each in numbers if each >= LIMIT_32]
        extra = pack(f"<HH{len(long)}Q", _ZIP64, 8 * len(long), *long) if long else b""
        name = member.name.encode("ascii")
        needed = _LONG if long else _PLAIN
        fixed = pack("<IHHHH", 0x02014B50, _LONG, needed, 0, _STORED) + self._time
        lengths = pack("<IIIHHH", member.crc32, size, size, len(name), len(extra), 0)
        return fixed + lengths + pack("<HHII", 0, 0, 0, place) + name + extra


def skipping(chunks: Iterable[bytes], count: int) -> Iterator[bytes]:
    """Yield what stands behind the first bytes of something that cannot be begun elsewhere."""
    for chunk in chunks:
        if count < len(chunk):
            yield chunk[count:]
        count = max(count - len(chunk), 0)


def _reader(data: bytes) -> Callable[[int], Iterator[bytes]]:
    return lambda offset: iter((data[offset:],))


def stretch(chunks: Iterable[bytes], part: range) -> Iterator[bytes]:
    """Yield a part of something that cannot be begun elsewhere."""
    return _exactly(skipping(chunks, part.start), len(part))


def _exactly(chunks: Iterator[bytes], count: int) -> Iterator[bytes]:
    for chunk in chunks:
        yield chunk[:count]
        count -= len(chunk)
        if count <= 0:
            return
    raise ShortMemberError


def _end(files: int, size: int, offset: int) -> bytes:
    """Write the end of the directory, twice where a number is too large for the short form."""
    short = pack(
        "<IHHHHIIH",
        *(0x06054B50, 0, 0, min(files, LIMIT_16), min(files, LIMIT_16)),
        *(min(size, LIMIT_32), min(offset, LIMIT_32), 0),
    )
    if files < LIMIT_16 and size < LIMIT_32 and offset < LIMIT_32:
        return short
    long = pack("<IQHHIIQQQQ", 0x06064B50, 44, _LONG, _LONG, 0, 0, files, files, size, offset)
    return long + pack("<IIQI", 0x07064B50, 0, offset + size, 1) + short


def _dos_time(instant: datetime) -> bytes:
    year = min(max(instant.year, YEAR_FIRST), YEAR_LAST) - YEAR_FIRST
    time = instant.hour << 11 | instant.minute << 5 | instant.second // 2
    return pack("<HH", time, year << 9 | instant.month << 5 | instant.day)
