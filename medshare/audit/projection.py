"""Whether AuditEvents follow from a leaf, told without projecting each entry anew.

Entries of one *shape* differ only in keys, names and instants, which the projection carries over
as they stand. Each shape is projected once, with random text in their places; later entries put
their own values into that template. Only an exact match says yes, and everything unusual says no,
which means that the entry is to be projected in full.
"""

import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from operator import itemgetter

import orjson

from medshare.audit.balp import audit_events
from medshare.audit.leaf import Part, Withheld, entry_of, instant

SHAPES_MAX = 16_384
# In a leaf only what looks like a key, UID, digest or instant: other words decide the projection.
_KEYS = re.compile(r'"([0-9a-f.:TZ-]{20,64})"')
# In a part every text but the names of members; control characters are not JSON.
_TEXTS = re.compile(r'(?<=[:\[,])"([^"\\\x00-\x1f]+)"(?!:)')
# A query is projected as base64, which no template holds.
_NO_QUERY = '"query":"",'

Fill = Callable[[Sequence[str]], bytes]


class Projections:
    """The shapes of entries seen so far."""

    def __init__(self, server: str) -> None:
        self._server = server
        self._fills: dict[object, Fill] = {}

    def follow(self, leaf: str, who: str, about: str, events: bytes) -> bool:
        """Tell whether these are, byte by byte, the events of an entry; else nothing is known.

        Raises
        ------
        ValueError
            It is no leaf.
        """
        # An escape spells a text in a second way, so that equal texts would look different.
        if _NO_QUERY not in about or "\\" in leaf or "\\" in who or "\\" in about:
            return False
        texts = (_KEYS.split(leaf), _TEXTS.split(who), _TEXTS.split(about))
        values = texts[0][1::2] + texts[1][1::2] + texts[2][1::2]
        # Which values are equal decides how many events there are.
        equal = () if len(set(values)) == len(values) else tuple(map(values.index, values))
        shape = (*(tuple(text[::2]) for text in texts), equal)
        fill = self._fills.get(shape)
        if fill is None:
            if len(self._fills) >= SHAPES_MAX:
                self._fills.clear()
            fill = self._fills[shape] = _project(texts, values, self._server)
        return fill(values) == events


def _project(texts: Sequence[list[str]], values: list[str], server: str) -> Fill:
    """Return what makes the events of a shape from an entry's values."""
    moment = values.index(orjson.loads(_joined(texts[0], {}))["recordedAt"])
    secret = secrets.token_hex(16)
    stands_for = {value: f"{secret}{values.index(value):06}" for value in values}
    stands_for[values[moment]] = _random_instant()
    leaf, who, about = (_joined(text, stands_for) for text in texts)
    withheld = Withheld(Part(b"", who), Part(b"", about))
    projected = orjson.dumps(list(audit_events(entry_of(leaf, withheld), server))).decode()
    position = {place: values.index(value) for value, place in stands_for.items()}
    pieces = re.split(f"({secret}[0-9]{{6}}|{stands_for[values[moment]]})", projected)
    template = "%s".join(each.replace("%", "%%") for each in pieces[::2])
    chosen = itemgetter(*(position[place] for place in pieces[1::2]))

    def fill(found: Sequence[str]) -> bytes:
        recorded = found[moment]
        if datetime.fromisoformat(recorded).isoformat() != f"{recorded[:-1]}+00:00":
            return b""
        filled: str = template % chosen(found)
        return filled.encode()

    return fill


def _joined(text: Sequence[str], stands_for: Mapping[str, str]) -> str:
    """Return a text that was split, with others in the places of its values."""
    return "".join(
        f'"{stands_for.get(each, each)}"' if at % 2 else each for at, each in enumerate(text)
    )


def _random_instant() -> str:
    """Return an instant that nobody can guess, with decimals, as those of most entries."""
    seconds = secrets.randbelow(250_000_000_000)
    return instant(
        datetime.min.replace(tzinfo=UTC) + timedelta(0, seconds, 1 + secrets.randbelow(999_999))
    )
