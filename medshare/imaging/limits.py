"""The caps on what one received file may ask for."""

from dataclasses import dataclass

from medshare.imaging import refusals
from medshare.imaging.refusals import RefusedError

# What decoded things take in memory, in bytes, besides the text itself; benchmarks.scan_limits
# measures it. Names are objects of their own.
ELEMENT_COST, ITEM_COST, VALUE_COST, NAME_COST = 360, 100, 40, 200
# What takes time rather than memory, on the same account: a sequence is opened and closed around
# its items, a value that is not what it should be is looked at a second time.
SEQUENCE_COST, PROBLEM_COST = 240, 160


@dataclass(frozen=True, slots=True)
class ScanLimits:
    """Caps on what one file may ask for.

    ``memory_bytes`` bounds what the decoded data set takes, by the costs above; an enhanced CT of
    2,000 frames takes 80 MiB, with the private groups of some MR scanners 190. ``elements`` and
    ``items`` bound the walk where nothing is decoded. ``inflated_bytes`` and ``inflation_ratio``
    bound a deflated data set (the ratio counts from 1 MiB on: small files of zeros are honest).
    """

    depth: int = 64
    elements: int = 750_000
    items: int = 200_000
    fragments: int = 250_000
    memory_bytes: int = 256 << 20
    inflated_bytes: int = 256 << 20
    inflation_ratio: int = 100


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
