"""What was made last and may be asked for again soon, kept at hand up to a size."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Made = TypeVar("Made")


class Shelf(Generic[Key, Made]):
    """Keeps what was asked for last; safe for threads.

    A key has to tell one state from every other: nothing on the shelf grows old.

    Parameters
    ----------
    size_of
        Tells the bytes that one of them takes.
    limit_bytes
        What all of them may take.
    """

    def __init__(self, size_of: Callable[[Made], int], limit_bytes: int) -> None:
        self._size_of = size_of
        self._limit = limit_bytes
        self._lock = Lock()
        self._kept: OrderedDict[Key, Made] = OrderedDict()
        self._size = 0

    def get_or_make(self, key: Key, make: Callable[[], Made]) -> Made:
        """Return what stands under a key, made now if it is not on the shelf."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        made = make()
        with self._lock:
            if key not in self._kept:
                self._kept[key] = made
                self._size += self._size_of(made)
            while self._size > self._limit:
                self._size -= self._size_of(self._kept.popitem(last=False)[1])
        return made
