"""Moving what is committed from SQLite's log into its file, so that no request has to.

SQLite does so inside the commit that fills the log's thousandth page, and whoever commits waits for
the disk: one registration in thirty took several times as long as the others. Here a thread of
every serving process does it; ``db`` lets commits do it only where that thread is away.
"""

import threading
from collections.abc import Sequence

import structlog

from medshare.infra.db import Database

POLL_S = 0.5

log = structlog.get_logger(__name__)


class CheckpointWorker:
    """Checkpoints SQLite files until it is stopped; one thread, started by whoever serves.

    Several processes may: whoever comes second finds it being done.
    """

    def __init__(self, databases: Sequence[Database]) -> None:
        self._databases = [each for each in databases if each.is_sqlite]
        self._seen = dict.fromkeys(self._databases, 0)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="checkpoints", daemon=True)

    def start(self) -> None:
        """Begin, where there is anything to do."""
        if self._databases:
            self._thread.start()

    def stop(self) -> None:
        """Finish what is in hand and end the thread."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def checkpoint_changed(self) -> None:
        """Checkpoint every file that was written to since the last time."""
        for database in self._databases:
            written = database.log_written_ns()
            if written != self._seen[database]:
                database.checkpoint()
                self._seen[database] = written

    def _run(self) -> None:
        while not self._stopping.wait(POLL_S):
            try:
                self.checkpoint_changed()
            except Exception:
                log.exception("checkpoint failed")
