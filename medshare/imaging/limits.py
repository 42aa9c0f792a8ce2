"""The caps on what one received file may ask for."""

from dataclasses import dataclass, replace
from typing import Self

from medshare.imaging import refusals
from medshare.imaging.refusals import RefusedError

# What decoded things take in memory, in bytes, besides the text itself; benchmarks.scan_limits
# measures it. Names are objects of their own.
ELEMENT_COST, ITEM_COST, VALUE_COST, NAME_COST = 360, 100, 40, 200
# What takes time rather than memory, on the same account: a sequence is opened and closed around
# its items, a value that is not what it should be is looked at a second time.
SEQUENCE_COST, PROBLEM_COST = 240, 160
# Each step of the path under which something is remarked, and a character set that is declared.
STEP_COST, CHARSET_COST = 40, 2_000
# A plain element has eight bytes at least; deflated, one like the last has a bit or two.
_COST_OF_DEFLATED_BYTE = 32
_COST_OF_ANY_DEFLATED = 32 << 20


@dataclass(frozen=True, slots=True)
class ScanLimits:
    """Caps on what one file may ask for.

    ``memory_bytes`` bounds what the decoded data set takes, by the costs above; an enhanced CT of
    2,000 frames takes 80 MiB, with the private groups of some MR scanners 190. ``elements`` and
    ``items`` bound the walk where nothing is decoded. ``inflated_bytes`` and ``inflation_ratio``
    bound a deflated data set (the ratio counts from 64 MiB on: a segmentation is mostly zeros).
    """

    depth: int = 64
    elements: int = 750_000
    items: int = 200_000
    fragments: int = 250_000
    memory_bytes: int = 256 << 20
    inflated_bytes: int = 256 << 20
    inflation_ratio: int = 100

    def of_deflated(self, size: int) -> Self:
        """Return the limits of a data set that takes so many bytes deflated.

        What it may ask for grows with the file, as if it were in plain sight. A small one has room
        for the segmentation of 4,000 frames whatever its pixels deflate to.
        """
        cost = max(_COST_OF_ANY_DEFLATED, size * _COST_OF_DEFLATED_BYTE)
        return replace(
            self,
            memory_bytes=min(self.memory_bytes, cost),
            elements=min(self.elements, cost // ELEMENT_COST),
        )


@dataclass(slots=True)
class Purse:
    """How many of each may still come; spending beyond that raises ``RefusedError``."""

    elements: int
    items: int
    fragments: int

    def spend_element(self) -> None:
        """Count an element."""
        if not self.elements:
            raise RefusedError(refusals.TOO_MANY_ELEMENTS)
        self.elements -= 1

    def spend_item(self) -> None:
        """Count a sequence item."""
        if not self.items:
            raise RefusedError(refusals.TOO_MANY_ITEMS)
        self.items -= 1

    def spend_fragment(self) -> None:
        """Count a fragment of encapsulated pixel data."""
        if not self.fragments:
            raise RefusedError(refusals.TOO_MANY_ITEMS)
        self.fragments -= 1
