"""The events that follow from a leaf, told without projecting each entry anew.

Entries of one *shape* differ only in keys, names, counts and instants, which the projection carries
over as they stand, and in the query, which it carries over in base64. Each shape is projected once,
with random text in their places; later entries put their own values into that template. Of whatever
is unusual nothing is told, which means that the entry is to be projected in full.
"""

import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from operator import itemgetter
from typing import Any

import orjson

from medshare.audit.balp import audit_events, encoded_query
from medshare.audit.leaf import VERSION, entry_from, instant

SHAPES_MAX = 16_384
SEVERAL = 2
RECORDED_AT = 1
"""Its place among the values."""
INSTANT = "2026-11-20T02:00:00.000001Z"
"""How a leaf spells instants; AuditEvents spell whole seconds in another way."""

Content = Mapping[str, Any]
"""A leaf or one of its parts, parsed."""
Fill = Callable[[Sequence[str], str, str], str]
"""What makes the events of a shape from values, reason and query."""


class Projections:
    """The shapes of entries seen so far; ``server`` is what names the server in its events."""

    def __init__(self, server: str) -> None:
        self._server = server
        self._fills: dict[object, Fill] = {}

    def events(self, leaf: Content, who: Content, about: Content) -> bytes | None:
        """Return the events of an entry as an export holds them, ``None`` where it is unusual.

        Raises
        ------
        AttributeError, KeyError, TypeError, ValueError
            It is no leaf, or no part of one.
        """
        values, whom = _values(leaf, who, about)
        query, reason = about["query"], about["reason"]
        text = "".join((*values, reason))
        # What JSON would spell with an escape is not carried over as it stands.
        usual = text.isprintable() and '"' not in text and "\\" not in text
        if not usual or leaf["v"] != VERSION or not _is_usual_instant(leaf["recordedAt"]):
            return None
        shape = (
            *_words(leaf),
            *leaf["counts"],
            len(leaf["subjects"]),
            len(about["objects"]),
            whom,
            query != "",
            reason != "",
            tuple(map(bool, values)) if "" in values else len(values),
        )
        fill = self._fills.get(shape)
        if fill is None:
            fill = self._learn(shape, leaf, who, about)
        return fill(values, reason, query).encode()

    def _learn(self, shape: object, leaf: Content, who: Content, about: Content) -> Fill:
        if not all(isinstance(each, str | None) for each in _words(leaf)):
            raise TypeError("words are text")
        if len(self._fills) >= SHAPES_MAX:
            self._fills.clear()
        fill = _fill_of(leaf, who, about, self._server)
        self._fills[shape] = fill
        return fill


def _words(leaf: Content) -> tuple[Any, ...]:
    """Return what decides what the events look like."""
    kind, facility, purpose = leaf["caller"]
    return (
        leaf["operation"],
        leaf["action"],
        leaf["outcome"],
        leaf["phase"],
        leaf["basis"],
        kind,
        facility,
        purpose,
    )


def _values(leaf: Content, who: Content, about: Content) -> tuple[list[str], object]:
    """Return what is carried over as it stands, and which of several patients are the same."""
    subjects = leaf["subjects"]
    values = [
        leaf["id"],
        leaf["recordedAt"],
        who["principal"],
        who["requestId"],
        who["sourceAddress"],
    ]
    if who["actingUser"] is not None:
        user, name, department = who["actingUser"]
        values += (user, name, department)
    for patient, record in subjects:
        values += ("" if patient is None else patient, "" if record is None else record)
    for kind, key in about["objects"]:
        values += (kind, key)
    values += map(str, leaf["counts"].values())
    if len(subjects) < SEVERAL:
        return values, None
    patients = [patient for patient, _record in subjects]
    return values, tuple(map(patients.index, patients))


def _fill_of(leaf: Content, who: Content, about: Content, server: str) -> Fill:
    """Project an entry with random text for its values; return what puts in those of others."""
    secret = secrets.token_hex(16)
    values, _whom = _values(leaf, who, about)
    names = [f"{secret}{place:06}" if value else "" for place, value in enumerate(values)]
    names[RECORDED_AT] = _random_instant()
    query = f"{secret}query" if about["query"] else ""
    reason = f"{secret}reason" if about["reason"] else ""
    spoken = {**about, "query": query, "reason": reason}
    entry = entry_from(*_renamed(leaf, who, spoken, names))
    projected = orjson.dumps(list(audit_events(entry, server))).decode()
    texts = [*names, reason, encoded_query(query) if query else ""]
    sources = {text: place for place, text in enumerate(texts) if text}
    literals = re.split(f"({'|'.join(map(re.escape, sources))})", projected)
    chosen = itemgetter(*(sources[each] for each in literals[1::2]))

    def fill(found: Sequence[str], because: str, asked: str) -> str:
        filled = literals.copy()
        filled[1::2] = chosen((*found, because, encoded_query(asked) if asked else ""))
        return "".join(filled)

    return fill


def _renamed(
    leaf: Content, who: Content, about: Content, names: Sequence[str]
) -> tuple[Content, Content, Content]:
    """Return an entry with names for its values, in their order; a patient keeps the first."""
    left = iter(names)
    leaf = {**leaf, "id": next(left), "recordedAt": next(left)}
    who = {
        **who,
        "principal": next(left),
        "requestId": next(left),
        "sourceAddress": next(left),
    }
    about = {**about}
    if who["actingUser"] is not None:
        who["actingUser"] = [next(left) for _ in who["actingUser"]]
    known: dict[str | None, str] = {}
    leaf["subjects"] = [
        [known.setdefault(patient, next(left)), next(left)] for patient, _record in leaf["subjects"]
    ]
    about["objects"] = [[next(left), next(left)] for _ in about["objects"]]
    leaf["counts"] = {each: next(left) for each in leaf["counts"]}
    return leaf, who, about


def _is_usual_instant(text: str) -> bool:
    """Tell whether AuditEvents spell an instant as its leaf does.

    Raises
    ------
    ValueError
        It is none.
    """
    datetime.fromisoformat(text)
    alike = text[4:20:3] == INSTANT[4:20:3] and text[-1] == INSTANT[-1]
    return alike and len(text) == len(INSTANT) and text[20:26] != "000000"


def _random_instant() -> str:
    """Return an instant that nobody can guess, with decimals, as those of most entries."""
    seconds = secrets.randbelow(250_000_000_000)
    return instant(
        datetime.min.replace(tzinfo=UTC) + timedelta(0, seconds, 1 + secrets.randbelow(999_999))
    )
