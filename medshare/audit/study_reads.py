"""Runs of reads of one study: an opening entry, then only counts, then a closing entry.

A run ends when it has been idle, when it has lasted long enough, or when the process stops. A
kill may lose a closing entry, never an opening one.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from medshare.audit.model import StudyReadKey, add_counts, study_read_key
from medshare.kernel.audit import AuditEntry, AuditPhase
from medshare.kernel.ports import Clock

IDLE = timedelta(seconds=60)
LONGEST = timedelta(minutes=15)


@dataclass(slots=True)
class _Run:
    opening: AuditEntry
    last_at: datetime
    counts: dict[str, int]


class StudyReads:
    """The runs of one process.

    Parameters
    ----------
    append
        Makes an entry durable before it returns.
    """

    def __init__(self, clock: Clock, append: Callable[[AuditEntry], None]) -> None:
        self._clock = clock
        self._append = append
        self._lock = threading.Lock()
        self._runs: dict[StudyReadKey, _Run] = {}
        self._over: list[_Run] = []

    def note(self, entry: AuditEntry) -> None:
        """Open a run, durably, or count the read into the one that is open.

        An entry that names no study belongs to no run and stands alone.
        """
        key = study_read_key(entry)
        if not key.study:
            self._append(replace(entry, phase=AuditPhase.SINGLE))
            return
        with self._lock:
            run = self._runs.get(key)
            if run is not None and entry.recorded_at - run.opening.recorded_at < LONGEST:
                run.counts = add_counts(run.counts, entry.counts)
                run.last_at = entry.recorded_at
                return
        self._append(entry)
        with self._lock:
            if key in self._runs:
                self._over.append(self._runs[key])
            self._runs[key] = _Run(entry, entry.recorded_at, dict(entry.counts))

    def close_idle(self) -> None:
        """Append the closing entries of the runs that are over."""
        now = self._clock.now()
        with self._lock:
            idle = [key for key, run in self._runs.items() if now - run.last_at >= IDLE]
            self._over += [self._runs.pop(key) for key in idle]
        self._append_closings()

    def close_all(self) -> None:
        """Append every closing entry: the process stops, or the trail is about to be read."""
        with self._lock:
            self._over += self._runs.values()
            self._runs.clear()
        self._append_closings()

    def _append_closings(self) -> None:
        """Write what is due; a run whose entry cannot be written waits for the next time."""
        while True:
            with self._lock:
                if not self._over:
                    return
                run = self._over.pop(0)
            try:
                self._append(self._closing(run))
            except Exception:
                with self._lock:
                    self._over.insert(0, run)
                raise

    def _closing(self, run: _Run) -> AuditEntry:
        return replace(
            run.opening,
            id=self._clock.new_key(),
            recorded_at=self._clock.now(),
            phase=AuditPhase.CLOSING,
            counts=run.counts,
        )
