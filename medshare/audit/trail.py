"""The audit sink: where entries go, and how the two ledgers are read as one."""

import threading
from collections.abc import Iterator, Sequence
from datetime import datetime
from heapq import merge
from operator import attrgetter

import structlog
from sqlalchemy.exc import SQLAlchemyError

from medshare.audit import store
from medshare.audit.by_id import by_ids
from medshare.audit.group_commit import GroupCommit
from medshare.audit.model import EventQuery, LookUpQuery
from medshare.audit.study_reads import StudyReads
from medshare.audit.vault.service import Vault
from medshare.infra.begun import wire_of
from medshare.infra.db import Database
from medshare.infra.paging import Page, read_cursor, write_cursor
from medshare.infra.uow import UnitOfWork
from medshare.kernel.audit import AuditEntry
from medshare.kernel.errors import MedshareError, TrailUnavailableError
from medshare.kernel.ports import Clock

SWEEP_S = 5.0
CHUNK = 500

log = structlog.get_logger(__name__)


class Trail:
    """Implements the ``AuditSink`` port over the index database and the ledger of reads.

    Parameters
    ----------
    index
        Takes the entries of changes, in their own transactions.
    reads
        Takes all others; the same database as ``index`` on PostgreSQL.
    vault
        Where what entries say in words is kept.
    """

    def __init__(self, index: Database, reads: Database, vault: Vault, clock: Clock) -> None:
        self._reads = reads
        self.vault = vault
        self.ledgers = [index] if index is reads else [index, reads]
        self._group = GroupCommit(self._write)
        self._study_reads = StudyReads(clock, self.append)
        self._stopping = threading.Event()
        self._sweeper = threading.Thread(target=self._sweep, name="study-reads", daemon=True)

    def start(self) -> None:
        """Begin to close idle runs of study reads."""
        self._sweeper.start()

    def stop(self) -> None:
        """Close every open run."""
        self._stopping.set()
        if self._sweeper.is_alive():
            self._sweeper.join()
        try:
            self._study_reads.close_all()
        except TrailUnavailableError:
            log.exception("closing entries not written")

    def append_within(self, change: UnitOfWork, entry: AuditEntry) -> None:
        """Write an entry into the transaction of the change that it tells of.

        Raises
        ------
        TrailUnavailableError
            It cannot be written; the change must not be committed.
        """
        change.session.flush()
        try:
            store.append(wire_of(change.session), self.vault, [entry])
        except SQLAlchemyError as error:
            raise TrailUnavailableError from error

    def append(self, entry: AuditEntry) -> None:
        """Make an entry durable before returning.

        Raises
        ------
        TrailUnavailableError
            It cannot be.
        """
        try:
            self._group.append(entry)
        except (MedshareError, SQLAlchemyError, OSError) as error:
            raise TrailUnavailableError from error

    def append_study_read(self, entry: AuditEntry) -> None:
        """Open a run of reads of one study, durably, or count into the open one.

        Raises
        ------
        TrailUnavailableError
            The opening entry cannot be made durable.
        """
        self._study_reads.note(entry)

    def page(self, query: EventQuery, *, cursor: str | None, limit: int) -> Page[AuditEntry]:
        """Answer an auditor's question, newest first."""
        keys = read_cursor(cursor, 1)
        before = keys[0] if keys else None
        found: list[AuditEntry] = []
        for ledger in self.ledgers:
            with ledger.read() as session:
                kept = store.newest_first(
                    session, self.vault, query, before=before, limit=limit + 1
                )
            found += [each.entry for each in kept]
        found.sort(key=attrgetter("id"), reverse=True)
        more = len(found) > limit
        return Page(found[:limit], write_cursor(found[limit - 1].id) if more else None)

    def find(self, entry_id: str) -> AuditEntry | None:
        """Return an entry, ``None`` where there is none."""
        for ledger in self.ledgers:
            with ledger.read() as session:
                found = by_ids(session, self.vault, [entry_id])
            if found:
                return found[0].entry
        return None

    def times_of_look_ups(self, query: LookUpQuery) -> list[datetime]:
        """Return when persons were looked up, newest first."""
        with self._reads.read() as session:
            return store.times_of_look_ups(session, query)

    def close_study_reads(self) -> None:
        """Write the closing entries of all open runs: the trail is about to be read whole."""
        self._study_reads.close_all()

    def entries(self, query: EventQuery) -> Iterator[AuditEntry]:
        """Yield every entry that fits, oldest first, open study reads closed beforehand."""
        self.close_study_reads()
        ordered = (_oldest_first(each, self.vault, query) for each in self.ledgers)
        return merge(*ordered, key=attrgetter("id"))

    def _write(self, entries: Sequence[AuditEntry]) -> None:
        with self._reads.append_prepared() as connection:
            store.append(connection, self.vault, entries)

    def _sweep(self) -> None:
        while not self._stopping.wait(SWEEP_S):
            try:
                self._study_reads.close_idle()
            except TrailUnavailableError:
                log.exception("closing entries not written")


def _oldest_first(ledger: Database, vault: Vault, query: EventQuery) -> Iterator[AuditEntry]:
    after = ""
    while True:
        with ledger.read() as session:
            kept = store.oldest_first(session, vault, query, after=after, limit=CHUNK)
        chunk = [each.entry for each in kept]
        yield from chunk
        if len(chunk) < CHUNK:
            return
        after = chunk[-1].id
