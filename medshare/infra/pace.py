"""How often a duty in the background is worth its cost."""

from datetime import datetime, timedelta

from medshare.kernel.ports import Clock


class Pace:
    """Says that something is due, at most once in a while, and at first at once."""

    def __init__(self, clock: Clock, every: timedelta) -> None:
        self._clock = clock
        self._every = every
        self._last: datetime | None = None

    def due(self) -> bool:
        """Tell whether it is due; if so, the next time is so much later."""
        now = self._clock.now()
        if self._last is not None and now - self._last < self._every:
            return False
        self._last = now
        return True
