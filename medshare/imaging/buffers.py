"""What the scanner reads from."""

import mmap

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
