"""The use case: pages of events, newest first."""

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from operator import attrgetter

from medshare.audit.balp import event_id, patients_of
from medshare.audit.search import store
from medshare.audit.search.model import Event, Is, Search, fits, things_of
from medshare.audit.vault.service import Vault
from medshare.infra.db import Database
from medshare.infra.paging import Page, read_cursor, write_cursor
from medshare.kernel.audit import AuditEntry
from medshare.kernel.errors import InvalidError, Issue, NotFoundError

EVENT_ID = re.compile(r"([0-9a-f-]{36})(?:-([1-9][0-9]{0,5}))?")
BATCH = 500
BAD_CURSOR = Issue(
    "/_cursor",
    "cursor",
    "Follow the link next as an earlier page gave it.",
    "请按上一页返回的 next 链接翻页。",
)
Batch = tuple[list[AuditEntry], str | None]
"""Entries, newest first, and the key before which to go on, where there may be more."""


class EventSearch:
    """Searches both ledgers as one.

    Parameters
    ----------
    ledgers
        Where entries stand; the last one holds the digest.
    settle
        Brings the digest up to date; called where a search names things.
    """

    def __init__(
        self, ledgers: Sequence[Database], vault: Vault, settle: Callable[[], None]
    ) -> None:
        self._ledgers = ledgers
        self._vault = vault
        self._settle = settle

    def page(self, search: Search, cursor: str | None, limit: int) -> Page[Event]:
        """Return events that fit, newest first, those of one entry in the order of its patients.

        Raises
        ------
        InvalidError
            The cursor is none of ours.
        """
        last = _place(read_cursor(cursor, 1))
        events = (each for each in self._events(search, last, limit) if _follows(each, last))
        found = list(islice(events, limit + 1))
        if len(found) <= limit:
            return Page(found)
        end = found[limit - 1]
        return Page(found[:limit], write_cursor(event_id(end.entry.id, end.place)))

    def find(self, wanted_id: str) -> Event:
        """Return one event.

        Raises
        ------
        NotFoundError
            There is none.
        """
        wanted = read_event_id(wanted_id)
        found = self.page(((wanted,),), None, 1).items if wanted else ()
        if not found:
            raise NotFoundError
        return found[0]

    def _events(self, search: Search, last: Is | None, limit: int) -> Iterator[Event]:
        for entry in self._entries(search, last.entry_id if last else None, limit + 1):
            for place, patient_id in enumerate(patients_of(entry)):
                event = Event(entry, place, patient_id)
                if fits(event, search):
                    yield event

    def _entries(self, search: Search, at: str | None, size: int) -> Iterator[AuditEntry]:
        """Yield entries that fit, the one at a key and all that are older, in batches."""
        things = things_of(search)
        if things:
            self._settle()
        if at is not None:
            yield from self._among(search, [at])
        batch = self._naming if things else self._newest
        before = at
        while True:
            found, before = batch(search, before, size)
            yield from found
            if before is None:
                return

    def _newest(self, search: Search, before: str | None, size: int) -> Batch:
        found: list[AuditEntry] = []
        for ledger in self._ledgers:
            with ledger.read() as session:
                found += store.newest(session, self._vault, search, before, size)
        found.sort(key=attrgetter("id"), reverse=True)
        return found[:size], found[size - 1].id if len(found) >= size else None

    def _naming(self, search: Search, before: str | None, _size: int) -> Batch:
        with self._ledgers[-1].read() as session:
            keys = store.naming(session, things_of(search), before, BATCH)
        return self._among(search, keys), keys[-1] if len(keys) == BATCH else None

    def _among(self, search: Search, keys: Sequence[str]) -> list[AuditEntry]:
        found: list[AuditEntry] = []
        for ledger in self._ledgers:
            with ledger.read() as session:
                found += store.among(session, self._vault, search, keys)
        return sorted(found, key=attrgetter("id"), reverse=True)


def read_event_id(text: str) -> Is | None:
    """Read the id of an event, ``None`` where it is none."""
    named = EVENT_ID.fullmatch(text)
    return Is(named[1], int(named[2] or 0)) if named else None


def _place(keys: tuple[str, ...] | None) -> Is | None:
    if keys is None:
        return None
    place = read_event_id(keys[0])
    if place is None:
        raise InvalidError(issues=[BAD_CURSOR])
    return place


def _follows(event: Event, last: Is | None) -> bool:
    """Tell whether an event stands behind the last one of the page before."""
    if last is None or event.entry.id < last.entry_id:
        return True
    return event.entry.id == last.entry_id and event.place > last.place
