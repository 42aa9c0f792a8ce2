"""The metadata of the instances that were shown last: somebody drags a window, or leafs on.

What an instance's bytes say never changes, so that nothing on the shelf grows old.
"""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

from medshare.imaging.layout import Layout
from medshare.imaging.model import RetrievedInstance
from medshare.imaging.rendering.reading import DataSet

LIMIT_BYTES = 4 << 20


@dataclass(frozen=True, slots=True)
class Described:
    """An instance's metadata, their size as text, and where its large values stand."""

    dataset: DataSet
    layout: Layout
    size_bytes: int


class Shelf:
    """Keeps what was described last, up to a size; safe for threads."""

    def __init__(self, limit_bytes: int = LIMIT_BYTES) -> None:
        self._limit = limit_bytes
        self._lock = Lock()
        self._kept: OrderedDict[tuple[int, str], Described] = OrderedDict()
        self._size = 0

    def get_or_read(self, instance: RetrievedInstance, read: Callable[[], Described]) -> Described:
        """Return what is known of an instance, read now if it is not on the shelf."""
        key = (instance.id, instance.blob_key)
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        found = read()
        with self._lock:
            if key not in self._kept:
                self._kept[key] = found
                self._size += found.size_bytes
            while self._size > self._limit:
                self._size -= self._kept.popitem(last=False)[1].size_bytes
        return found
