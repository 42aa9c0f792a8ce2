"""Retention: old bundles are dropped whole; tiles and checkpoints stay, and prove what is left.

A bundle goes once each of its 256 entries is older than the trail is kept, and with it the entries
themselves and what the digest says of them. Only the beginning of the log is ever dropped, and
never its last full bundle.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from medshare.audit import store
from medshare.audit.digest import store as digest
from medshare.audit.holds.service import Holds
from medshare.audit.leaf import DROPPED_TO, RETENTION
from medshare.audit.trail import Trail
from medshare.audit.tree import store as tree
from medshare.audit.tree.tiles import WIDTH
from medshare.infra.db import Database
from medshare.infra.pace import Pace
from medshare.kernel.audit import AuditAction, AuditEntry, AuditOutcome
from medshare.kernel.ports import Clock
from medshare.kernel.principal import Principal, system_principal

EVERY = timedelta(hours=1)
WORKER = system_principal("retention")


@dataclass(frozen=True, slots=True)
class Droppable:
    """The bundles that may go: from ``first`` to before ``end``."""

    first: int
    end: int

    @property
    def entries(self) -> int:
        """Return how many entries they hold."""
        return (self.end - self.first) * WIDTH


class Retention:
    """Drops what is older than the trail is kept.

    Parameters
    ----------
    ledgers
        Where entries stand; the last one holds the tree and the digest.
    keep
        How long an entry is kept.
    holds
        What is kept longer, and with it all that came after it.
    """

    def __init__(
        self,
        ledgers: Sequence[Database],
        trail: Trail,
        clock: Clock,
        keep: timedelta,
        holds: Holds,
    ) -> None:
        self._ledgers = ledgers
        self._holds = holds
        self._trail = trail
        self._clock = clock
        self._keep = keep
        self._pace = Pace(clock, EVERY)

    def droppable(self) -> Droppable:
        """Return which bundles are old enough by now, up to the first that holds what is held."""
        before = self._clock.now() - self._keep
        with self._ledgers[-1].read() as session:
            first = end = tree.first_bundle(session)
            newest = tree.latest(session)
            last = newest[0] // WIDTH if newest else 0
            while end < last - 1 and _is_old(tree.bundle(session, end), before):
                if self._holds.keep_entries(_entries_of(session, end)):
                    break
                end += 1
        return Droppable(first, end)

    def apply(self, principal: Principal) -> int:
        """Drop what is old enough; return how many entries that were.

        It stands in the trail first: a verifier takes no gap that no entry tells of.
        """
        found = self.droppable()
        if found.entries:
            self._trail.append(self._entry(principal, found))
        for number in range(found.first, found.end):
            self._drop(number)
        return found.entries

    def apply_in_time(self) -> None:
        """Do the same in the background, every hour."""
        if self._pace.due():
            self.apply(WORKER)

    def _drop(self, number: int) -> None:
        """Drop a bundle. Killed in between, the next run finds it and goes on with it."""
        home = self._ledgers[-1]
        with home.read() as session:
            entry_ids = _entries_of(session, number)
        for ledger in self._ledgers[:-1]:
            with ledger.write() as session:
                store.drop(session, entry_ids)
        with home.write() as session:
            store.drop(session, entry_ids)
            digest.drop(session, before=(number + 1) * WIDTH)
            tree.drop_bundle(session, number)

    def _entry(self, principal: Principal, found: Droppable) -> AuditEntry:
        return AuditEntry(
            id=self._clock.new_key(),
            recorded_at=self._clock.now(),
            operation=RETENTION,
            action=AuditAction.DELETE,
            outcome=AuditOutcome.SUCCESS,
            principal=principal,
            request_id=self._clock.new_key(),
            counts={"entries": found.entries, DROPPED_TO: found.end * WIDTH},
        )


def _entries_of(session: Session, number: int) -> list[str]:
    return [row.entry_id for row in tree.leaf_rows(session, number)]


def _is_old(leaves: Sequence[bytes], before: datetime) -> bool:
    """Tell whether each entry of a full bundle was recorded before an instant."""
    recorded = (json.loads(each)["recordedAt"] for each in leaves)
    return all(datetime.fromisoformat(each) < before for each in recorded)
