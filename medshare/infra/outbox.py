"""The outbox: facts written with the change that made them true, delivered afterwards.

A worker takes facts in the order of their keys. Handling a fact and removing its row happen in
one transaction, so a handler's changes to the database happen exactly once. A fact that fails
waits, and those of the same subject wait behind it; the others go on.

On SQLite, where one writes at a time, a few facts share a transaction; if one of them fails, each
is handled alone. On PostgreSQL the rows of several would be held long enough to meet in a circle.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import cast

import orjson
import structlog
from sqlalchemy import Index, String, Table, bindparam, delete, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from medshare.infra.begun import wire_of
from medshare.infra.compiled import Fixed, Insertion
from medshare.infra.db import Database, Instant, Row
from medshare.kernel.errors import ConflictError, MedshareError
from medshare.kernel.facts import Fact
from medshare.kernel.ports import Clock

POLL_S = 0.5
BATCH = 64
TOGETHER = 16
RETRY_CEILING = timedelta(minutes=5)
RETRY_DOUBLINGS = 9

log = structlog.get_logger(__name__)


class OutboxRow(Row):
    """A fact on its way."""

    __tablename__ = "outbox"
    __table_args__ = (Index("ix_outbox_due_at_id", "due_at", "id"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    kind: Mapped[str] = mapped_column(String(64))
    subject: Mapped[str] = mapped_column(String(200), index=True)
    payload: Mapped[bytes]
    attempts: Mapped[int]
    due_at: Mapped[datetime] = mapped_column(Instant)


_ADD = Insertion(cast("Table", OutboxRow.__table__))
_REMOVE = Fixed(delete(OutboxRow).where(OutboxRow.id == bindparam("fact")).returning(OutboxRow.id))


def put_facts(session: Session, clock: Clock, facts: Sequence[Fact]) -> None:
    """Write facts, in their order, into the transaction of ``session``."""
    rows = [
        {
            "id": clock.new_key(),
            "kind": each.kind,
            "subject": each.subject,
            "payload": orjson.dumps(asdict(each)),
            "attempts": 0,
            "due_at": clock.now(),
        }
        for each in facts
    ]
    _ADD.run(wire_of(session), rows)


class AlreadySettledError(ConflictError):
    """Another worker has delivered the fact: its lease had ended, or ours has."""

    slug = "already-settled"
    title = "The fact was delivered by another worker"
    title_zh = "该事件已由其他进程处理"


class UnknownFactError(MedshareError):
    """The fact is of a kind that this release does not know; another one may."""

    slug = "unknown-fact"
    title = "No handler knows this kind of fact"
    title_zh = "没有处理程序识别该类事件"


@dataclass(frozen=True, slots=True)
class Delivery:
    """A fact in the hands of its handler, and how to take it off the outbox.

    ``settle(session)`` belongs into the transaction of the handler's own changes.
    """

    fact: Fact
    id: str

    def settle(self, session: Session) -> None:
        """Remove the fact, in the transaction of the changes that it leads to.

        Settle first and change afterwards: a second worker then waits here for the first one,
        and finds nothing left to do.

        Raises
        ------
        AlreadySettledError
            Another worker delivered it; the transaction must not be committed.
        """
        if _REMOVE.first(wire_of(session), fact=self.id) is None:
            raise AlreadySettledError


Deliver = Callable[[Delivery, Session | None], None]
"""Handles one fact and settles it, in the transaction given or in one of its own, or raises."""


class OutboxWorker:
    """Delivers facts until it is stopped; one thread, started by whoever serves.

    Parameters
    ----------
    kinds
        Fact class by its ``kind``.
    deliver
        Handles one fact.
    may_run
        Says whether this process holds the lease; asked before every round.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        kinds: Sequence[type[Fact]],
        deliver: Deliver,
        may_run: Callable[[], bool],
    ) -> None:
        self._database = database
        self._clock = clock
        self._kinds: Mapping[str, type[Fact]] = {each.kind: each for each in kinds}
        self._deliver = deliver
        self._may_run = may_run
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="outbox", daemon=True)

    def start(self) -> None:
        """Begin to deliver in a thread of its own."""
        self._thread.start()

    def stop(self) -> None:
        """Finish the fact in hand and end the thread."""
        self._stopping.set()
        self._thread.join()

    def deliver_due(self) -> int:
        """Deliver what is due now; return how many facts were settled."""
        due = self._due()
        blocked: set[str] = set()
        some = (due[start : start + TOGETHER] for start in range(0, len(due), TOGETHER))
        return sum(self._deliver_some(each, blocked) for each in some)

    def _deliver_some(self, rows: Sequence[OutboxRow], blocked: set[str]) -> int:
        """Deliver facts but those of blocked subjects, among which is then what failed."""
        rows = [each for each in rows if each.subject not in blocked]
        if self._database.is_sqlite and len(rows) > 1 and self._try_together(rows):
            return len(rows)
        settled = 0
        for row in rows:
            if row.subject in blocked:
                continue
            if self._try(row):
                settled += 1
            else:
                blocked.add(row.subject)
        return settled

    def _run(self) -> None:
        """Deliver in rounds; one that left something behind is followed by the next at once."""
        while not self._stopping.is_set():
            try:
                busy = self._may_run() and self.deliver_due() >= BATCH
            except Exception:
                log.exception("outbox round failed")
                busy = False
            if not busy:
                self._stopping.wait(POLL_S)

    def _due(self) -> list[OutboxRow]:
        with self._database.read() as session:
            waiting = (
                select(OutboxRow.subject)
                .where(OutboxRow.due_at > self._clock.now())
                .scalar_subquery()
            )
            return list(
                session.scalars(
                    select(OutboxRow)
                    .where(OutboxRow.subject.not_in(waiting))
                    .order_by(OutboxRow.id)
                    .limit(BATCH)
                )
            )

    def _try_together(self, rows: Sequence[OutboxRow]) -> bool:
        """Deliver facts in one transaction; tell whether all of them could be."""
        try:
            with self._database.write() as session:
                for row in rows:
                    self._deliver(Delivery(self._fact(row), row.id), session)
        except Exception:
            log.exception("facts not delivered together")  # each is tried alone
            return False
        return True

    def _try(self, row: OutboxRow) -> bool:
        try:
            self._deliver(Delivery(self._fact(row), row.id), None)
        except AlreadySettledError:
            return True
        except Exception:
            log.exception("fact not delivered", kind=row.kind, fact=row.id)
            self._put_off(row)
            return False
        return True

    def _fact(self, row: OutboxRow) -> Fact:
        kind = self._kinds.get(row.kind)
        if kind is None:
            raise UnknownFactError
        return kind(**orjson.loads(row.payload))

    def _put_off(self, row: OutboxRow) -> None:
        pause = min(timedelta(seconds=2 ** min(row.attempts, RETRY_DOUBLINGS)), RETRY_CEILING)
        with self._database.write() as session:
            session.execute(
                update(OutboxRow)
                .where(OutboxRow.id == row.id)
                .values(attempts=OutboxRow.attempts + 1, due_at=self._clock.now() + pause)
            )
