"""Leases: one holder at a time of a duty among several processes, by a row with an end."""

from datetime import datetime, timedelta

from sqlalchemy import String, or_, update
from sqlalchemy.dialects.postgresql import insert as insert_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_sqlite
from sqlalchemy.engine import CursorResult
from sqlalchemy.orm import Mapped, mapped_column

from medshare.infra.db import Database, Instant, Row
from medshare.kernel.ports import Clock

DURATION = timedelta(seconds=10)
RENEW_BEFORE = timedelta(seconds=5)


class LeaseRow(Row):
    """Who holds a duty, and until when."""

    __tablename__ = "leases"

    duty: Mapped[str] = mapped_column(String(64), primary_key=True)
    holder: Mapped[str] = mapped_column(String(36))
    until: Mapped[datetime] = mapped_column(Instant)


class Lease:
    """A duty that this process asks for and keeps as long as it renews in time."""

    def __init__(self, database: Database, clock: Clock, duty: str) -> None:
        self._database = database
        self._clock = clock
        self._duty = duty
        self._holder = clock.new_key()
        self._until: datetime | None = None

    def held(self) -> bool:
        """Take or renew the lease; return whether this process holds it now."""
        now = self._clock.now()
        if self._until is not None and now < self._until - RENEW_BEFORE:
            return True
        until = now + DURATION
        self._until = until if self._claim(now, until) else None
        return self._until is not None

    def _claim(self, now: datetime, until: datetime) -> bool:
        insert = insert_sqlite if self._database.is_sqlite else insert_postgresql
        with self._database.write() as session:
            session.execute(
                insert(LeaseRow)
                .values(duty=self._duty, holder=self._holder, until=now)
                .on_conflict_do_nothing()
            )
            result = session.execute(
                update(LeaseRow)
                .where(LeaseRow.duty == self._duty)
                .where(or_(LeaseRow.holder == self._holder, LeaseRow.until <= now))
                .values(holder=self._holder, until=until)
            )
            return isinstance(result, CursorResult) and result.rowcount == 1
