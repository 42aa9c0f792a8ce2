"""Look-up tables that are written as segments.

References
----------
DICOM PS3.3 section C.7.9.2 (segmented palette color lookup table data).
"""

from collections.abc import Sequence

DISCRETE, LINEAR, INDIRECT = 0, 1, 2
ENTRIES_MAX = 1 << 16
_OFFSET_BYTES = 4


def expanded(words: Sequence[int], word_bytes: int) -> list[int]:
    """Return the entries that segments stand for, none where they break their rules.

    Parameters
    ----------
    words
        Codes, counts and values as they are stored.
    word_bytes
        The size of one, for offsets.
    """
    entries: list[int] = []
    try:
        _expand(words, word_bytes, entries, 0, None)
    except (IndexError, ValueError):
        return []
    return entries


def _expand(
    words: Sequence[int], word_bytes: int, entries: list[int], at: int, left: int | None
) -> None:
    """Append what segments from a place on stand for: so many of them, or all."""
    while at < len(words) - 1 if left is None else left:
        code, count = words[at], words[at + 1]
        if not count or len(entries) + count > ENTRIES_MAX:
            raise ValueError  # what stands for nothing would never come to an end
        if code == DISCRETE:
            entries += _exactly(words[at + 2 : at + 2 + count], count)
            at += 2 + count
        elif code == LINEAR:
            first, last = entries[-1], words[at + 2]
            entries += (
                round(first + (last - first) * each / count) for each in range(1, count + 1)
            )
            at += 3
        elif code == INDIRECT and left is None:  # to segments of the other kinds only
            size = _OFFSET_BYTES // word_bytes
            parts = _exactly(words[at + 2 : at + 2 + size], size)
            offset = sum(part << 8 * word_bytes * place for place, part in enumerate(parts))
            _expand(words, word_bytes, entries, offset // word_bytes, count)
            at += 2 + size
        else:
            raise ValueError
        left = None if left is None else left - 1


def _exactly(words: Sequence[int], count: int) -> Sequence[int]:
    if len(words) != count:
        raise ValueError
    return words
