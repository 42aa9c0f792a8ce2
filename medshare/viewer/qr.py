"""A text as a QR code (ISO/IEC 18004): the path of its dark modules, in SVG's words."""

from dataclasses import dataclass
from itertools import groupby

import segno

QUIET = 4
"""Modules of light around the code (section 6.3.8)."""


@dataclass(frozen=True, slots=True)
class Code:
    """A code as a drawing: so many modules a side, and the path that fills the dark ones."""

    side: int
    path: str


def code_of(text: str) -> Code:
    """Return a text as a code that survives the loss of 15 % of it (level M)."""
    rows = segno.make_qr(text, error="m").matrix
    path = "".join(
        f"M{left + QUIET} {top + QUIET}h{width}v1h-{width}z"
        for top, row in enumerate(rows)
        for left, width in _dark(row)
    )
    return Code(len(rows) + 2 * QUIET, path)


def _dark(row: bytearray) -> list[tuple[int, int]]:
    """Return where the dark stretches of a row begin, and how long they are."""
    found, at = [], 0
    for is_dark, modules in groupby(row):
        width = len(list(modules))
        if is_dark:
            found.append((at, width))
        at += width
    return found
