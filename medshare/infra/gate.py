"""The gate: how many threads may compute at once.

Python runs one thread at a time. Many that compete for it cost more than they do: with 16 clients
a search took 2.4 times the processor time without the gate. So a reader holds a token while it
computes or asks the index, and lays it aside while it waits for a disk or another process.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

TOKENS = 2  # with one, whoever reads from a cold disk stalls everybody


class Gate:
    """Lets a few threads of this process through at a time."""

    def __init__(self, tokens: int = TOKENS) -> None:
        self._tokens = threading.BoundedSemaphore(tokens)
        self._mine = threading.local()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold a token; a thread that has one needs no other."""
        if self._holds():
            yield
            return
        self._take()
        try:
            yield
        finally:
            self._give_back()

    @contextmanager
    def laid_aside(self) -> Iterator[None]:
        """Lay the token aside, if this thread has one, while it waits for something."""
        if not self._holds():
            yield
            return
        self._give_back()
        try:
            yield
        finally:
            self._take()

    def _holds(self) -> bool:
        return getattr(self._mine, "token", False)

    def _take(self) -> None:
        self._tokens.acquire()
        self._mine.token = True

    def _give_back(self) -> None:
        self._mine.token = False
        self._tokens.release()
