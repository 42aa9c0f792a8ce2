"""Tokens taken back before their time.

A token lives five minutes at most, so the list is short: every process reads all of it every
half minute, and a request costs one look into a set.
"""

import threading
from datetime import datetime, timedelta

from medshare.access.store import clients as store
from medshare.infra.db import Database
from medshare.kernel.ports import Clock

RECHECK = timedelta(seconds=30)


class Revocations:
    """What is revoked, as this process knows it: at most ``RECHECK`` old."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._lock = threading.Lock()
        self._read_at: datetime | None = None
        self._revoked: frozenset[str] = frozenset()

    def holds(self, token_id: str) -> bool:
        """Tell whether a token was revoked."""
        now = self._clock.now()
        with self._lock:
            if self._read_at is None or now - self._read_at >= RECHECK:
                with self._database.read() as session:
                    self._revoked = store.revoked_tokens(session, now)
                self._read_at = now
            return token_id in self._revoked

    def forget(self) -> None:
        """Read the list anew at the next question: this process has just added to it."""
        with self._lock:
            self._read_at = None
