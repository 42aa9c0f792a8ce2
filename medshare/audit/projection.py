"""Whether AuditEvents follow from a leaf, told without projecting each entry anew.

Entries of one *shape* differ only in keys, names and instants, which the projection carries over
as they stand, and in the query, which it carries over in base64. Each shape is projected once, with
random text in their places; later entries put their own values into that template. Only an exact
match says yes, and everything unusual says no, which means that the entry is to be projected in
full.
"""

import json
import re
import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from operator import itemgetter

import orjson

from medshare.audit.balp import audit_events, encoded_query
from medshare.audit.leaf import Part, Withheld, canonical, entry_of, instant

SHAPES_MAX = 16_384
DAYS_MAX = 16_384
# Members of a leaf whose texts are keys, digests and instants; other words decide the projection.
CARRIED = frozenset({"about", "id", "recordedAt", "subjects", "who"})
# As of a leaf, but for whole seconds, which AuditEvents spell in another way.
_INSTANT = re.compile(
    r"\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.(?!000000)\d{6}Z", re.ASCII
)

Pieces = Sequence[str]
"""What quotation marks cut a leaf and the texts of its parts into, one after the other."""
Pick = Callable[[Pieces], tuple[str, ...]]
Fill = Callable[[tuple[str, ...]], bytes]


@dataclass(frozen=True, slots=True)
class Layout:
    """Which of the pieces are values, by their places, and which are always the same in a shape.

    Parameters
    ----------
    moment
        The place among the values of the instant.
    fills
        What makes the events from the values, by the other pieces and which values are equal.
    """

    values: Pick
    others: Pick
    moment: int
    fills: dict[object, Fill] = field(default_factory=dict)


class Projections:
    """The shapes of entries seen so far; ``server`` is what names the server in its events."""

    def __init__(self, server: str) -> None:
        self._server = server
        self._layouts: dict[tuple[int, ...], dict[tuple[int, ...], Layout]] = {}
        self._shapes = 0
        self._days: set[str] = set()

    def follow(self, leaf: str, who: str, about: str, events: bytes) -> bool:
        """Tell whether these are, byte by byte, the events of an entry; else nothing is known.

        Raises
        ------
        ValueError
            It is no leaf.
        """
        # An escape spells a text in a second way, so that equal texts would look different.
        if "\\" in leaf or "\\" in who or "\\" in about:
            return False
        texts = (leaf.split('"'), who.split('"'), about.split('"'))
        pieces = texts[0] + texts[1] + texts[2]
        lengths = (len(texts[0]), len(texts[1]), len(texts[2]))
        told = self._told(pieces, lengths, events)
        if told is None:
            self._learn(pieces, lengths)
            told = self._told(pieces, lengths, events)
        return bool(told)

    def _told(self, pieces: Pieces, lengths: tuple[int, ...], events: bytes) -> bool | None:
        """Tell whether events follow, ``None`` where the shape is not known."""
        for layout in self._layouts.get(lengths, {}).values():
            values = layout.values(pieces)
            fill = layout.fills.get((layout.others(pieces), _equal(values)))
            if fill is not None and all(values):
                sound = self._is_instant(values[layout.moment])
                return sound and "".join(values).isprintable() and fill(values) == events
        return None

    def _is_instant(self, text: str) -> bool:
        if not _INSTANT.fullmatch(text):
            return False
        day = text[:10]
        if day not in self._days:
            try:
                datetime.fromisoformat(day)
            except ValueError:
                return False
            if len(self._days) >= DAYS_MAX:
                self._days.clear()
            self._days.add(day)
        return True

    def _learn(self, pieces: Pieces, lengths: tuple[int, ...]) -> None:
        """Keep the shape of an entry, unless there is anything unusual about it."""
        places = tuple(_places(pieces, lengths))
        named = [pieces[each - 2] for each in places]
        usual = "".join(pieces).isprintable() and named.count("recordedAt") == 1
        if not usual or any(
            canonical(json.loads(each)) != each for each in _joined(pieces, lengths)
        ):
            return
        if self._shapes >= SHAPES_MAX:
            self._layouts.clear()
            self._shapes = 0
        layouts = self._layouts.setdefault(lengths, {})
        if places not in layouts:
            others = sorted(set(range(len(pieces))) - set(places))
            moment = named.index("recordedAt")
            layouts[places] = Layout(itemgetter(*places), itemgetter(*others), moment)
        layout = layouts[places]
        key = (layout.others(pieces), _equal(layout.values(pieces)))
        layout.fills[key] = _fill_of(pieces, lengths, places, self._server)
        self._shapes += 1


def _equal(values: tuple[str, ...]) -> tuple[int, ...]:
    """Tell which values are equal, which decides how many events there are."""
    return () if len(set(values)) == len(values) else tuple(map(values.index, values))


def _places(pieces: Pieces, lengths: Sequence[int]) -> Iterator[int]:
    """Yield the places of what the projection carries over; of texts every second piece is one."""
    member, end = "", 0
    for number, length in enumerate(lengths):
        begin, end = end, end + length
        for at in range(begin + 1, end - 1, 2):
            if pieces[at + 1].startswith(":"):
                member = pieces[at]
            elif pieces[at] and (number > 0 or member in CARRIED):
                yield at


def _joined(pieces: Pieces, lengths: Sequence[int]) -> list[str]:
    """Return the leaf and the texts of its parts again."""
    left = iter(pieces)
    return ['"'.join(islice(left, each)) for each in lengths]


def _fill_of(pieces: Pieces, lengths: Sequence[int], places: Sequence[int], server: str) -> Fill:
    """Project an entry with random text for its values; return what puts in those of others."""
    values = [pieces[each] for each in places]
    secret = secrets.token_hex(16)
    stand_ins = [f"{secret}{values.index(each):06}" for each in values]
    stand_ins[[pieces[each - 2] for each in places].index("recordedAt")] = _random_instant()
    replaced = list(pieces)
    for place, stand_in in zip(places, stand_ins, strict=True):
        replaced[place] = stand_in
    leaf, who, about = _joined(replaced, lengths)
    entry = entry_of(leaf, Withheld(Part(b"", who), Part(b"", about)))
    projected = orjson.dumps(list(audit_events(entry, server))).decode()
    sources = {each: stand_ins.index(each) for each in stand_ins}
    asked = sources.get(entry.query) if entry.query else None
    if asked is not None:
        sources[encoded_query(entry.query)] = len(values)
    parts = re.split(f"({'|'.join(map(re.escape, sources))})", projected)
    template = "%s".join(each.replace("%", "%%") for each in parts[::2])
    chosen = itemgetter(*(sources[each] for each in parts[1::2]))

    def fill(found: tuple[str, ...]) -> bytes:
        every = found if asked is None else (*found, encoded_query(found[asked]))
        filled: str = template % chosen(every)
        return filled.encode()

    return fill


def _random_instant() -> str:
    """Return an instant that nobody can guess, with decimals, as those of most entries."""
    seconds = secrets.randbelow(250_000_000_000)
    return instant(
        datetime.min.replace(tzinfo=UTC) + timedelta(0, seconds, 1 + secrets.randbelow(999_999))
    )
