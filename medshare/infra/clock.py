"""The clock port's real adapter."""

import os
from datetime import UTC, datetime

from medshare.kernel.identifiers import new_key


class SystemClock:
    """The machine's time and its random source."""

    def now(self) -> datetime:
        """Return the present as an aware UTC instant."""
        return datetime.now(UTC)

    def new_key(self) -> str:
        """Return a fresh UUID version 7 as text."""
        return new_key(self.now(), os.urandom(10))
