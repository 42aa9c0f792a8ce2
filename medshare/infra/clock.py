"""The clock port's real adapter."""

import os
import threading
from datetime import UTC, datetime, timedelta

from medshare.kernel.identifiers import new_key

_STEP = timedelta(microseconds=1)


class SystemClock:
    """The machine's time and its random source."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._keyed_at = datetime.min.replace(tzinfo=UTC)

    def now(self) -> datetime:
        """Return the present as an aware UTC instant."""
        return datetime.now(UTC)

    def new_key(self) -> str:
        """Return a fresh UUID version 7 as text, greater than every one before it.

        The outbox delivers by the order of keys, so two facts of one transaction must not depend
        on the luck of the draw, nor on the machine's clock being set back.
        """
        with self._lock:
            self._keyed_at = max(self.now(), self._keyed_at + _STEP)
            at = self._keyed_at
        return new_key(at, os.urandom(10))
