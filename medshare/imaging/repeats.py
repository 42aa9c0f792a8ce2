"""What data sets that are alike share: read once, and taken over where it stands again."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from medshare.imaging.charsets import Charset

Element = dict[str, object]
Known = tuple[str, Element, int]
"""The key of an element, what it came to, and what that costs in memory."""
Row = list[tuple[bytes, Known]]
"""Elements that stand one after another, by their bytes: explicit VR, little endian."""

CHARSETS_MAX = 4


class KnownElements:
    """What single elements came to, by their bytes, for all requests of a process.

    Data sets share what is found here, so it must not be changed. Threads may share it: each
    looks up and adds, and what another one clears meanwhile is read again.
    """

    BYTES_MAX = 256
    COUNT_MAX = 4096

    def __init__(self) -> None:
        self._by_charset: dict[Charset, dict[bytes, Known]] = {}

    def under(self, charset: Charset) -> dict[bytes, Known]:
        """Return what stood under a character set."""
        known = self._by_charset.get(charset)
        if known is None:
            if len(self._by_charset) >= CHARSETS_MAX:
                self._by_charset.clear()
            known = self._by_charset[charset] = {}
        return known


@dataclass(frozen=True, slots=True)
class Run:
    """A row that stood before: its bytes, what they came to, and what that costs in memory."""

    text: bytes
    raws: Sequence[bytes]
    elements: dict[str, Element]
    cost: int


@dataclass(slots=True)
class Memory:
    """What stood under one character set.

    Parameters
    ----------
    known
        Single elements by their bytes.
    runs
        Rows by the bytes of their first element.
    """

    known: dict[bytes, Known]
    runs: dict[bytes, Run] = field(default_factory=dict)
    _room_bytes: int = 1 << 20

    def keep(self, raw: bytes, known: Known) -> None:
        """Remember a single element, if it is short."""
        if len(raw) > KnownElements.BYTES_MAX:
            return
        if len(self.known) >= KnownElements.COUNT_MAX:
            self.known.clear()
        self.known[raw] = known

    def learn(self, row: Row) -> None:
        """Remember a row; where it differs from the run that begins like it, both are cut."""
        if not row:
            return
        former = self.runs.pop(row[0][0], None)
        alike = len(row) if former is None else _alike(former.raws, row)
        self._remember(row[:alike])
        self._remember(row[alike + 1 :])

    def _remember(self, row: Row) -> None:
        raws = [raw for raw, _ in row]
        elements = {key: element for _, (key, element, _) in row}
        text = b"".join(raws)
        if 1 < len(row) == len(elements) and len(text) <= self._room_bytes:
            self._room_bytes -= len(text)
            self.runs[raws[0]] = Run(text, raws, elements, sum(cost for _, (_, _, cost) in row))


def _alike(raws: Sequence[bytes], row: Row) -> int:
    """Return how many elements a row begins with as a run has them."""
    pairs = enumerate(zip(raws, row, strict=False))
    return next((at for at, (raw, (other, _)) in pairs if raw != other), len(raws))


class Repeats:
    """What the instances of one request have in common, most of a slice with its neighbours.

    With it, a scan takes a third of the time from the third slice on. Not for several threads.

    Parameters
    ----------
    known
        From the requests before, if any.
    """

    def __init__(self, known: KnownElements | None = None) -> None:
        self._known = known or KnownElements()
        self._by_charset: dict[Charset, Memory] = {}

    def under(self, charset: Charset) -> Memory:
        """Return what stood under a character set."""
        memory = self._by_charset.get(charset)
        if memory is None:
            if len(self._by_charset) >= CHARSETS_MAX:
                self._by_charset.clear()
            memory = self._by_charset[charset] = Memory(self._known.under(charset))
        return memory
