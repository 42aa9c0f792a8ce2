"""What the scanner reads from, and bytes on their way out."""

import mmap
from collections.abc import Iterable, Iterator

Buffer = bytes | mmap.mmap


def swap_words(raw: bytes, size: int) -> bytes:
    """Reverse the byte order of every word; bytes beyond the last whole word stay as they are."""
    if size == 1:
        return raw
    whole = len(raw) - len(raw) % size
    swapped = bytearray(raw)
    for index in range(size):
        swapped[index:whole:size] = raw[size - 1 - index : whole : size]
    return bytes(swapped)


def gathered(chunks: Iterable[bytes], least: int = 1 << 16) -> Iterator[bytes]:
    """Join small chunks to larger ones: a server spends more on sending one than on making it."""
    waiting: list[bytes] = []
    size = 0
    for chunk in chunks:
        waiting.append(chunk)
        size += len(chunk)
        if size >= least:
            yield b"".join(waiting)
            waiting, size = [], 0
    if waiting:
        yield b"".join(waiting)
