"""The metadata of the instances that were shown last: somebody drags a window, or leafs on."""

from dataclasses import dataclass
from operator import attrgetter

from medshare.imaging.layout import Layout
from medshare.imaging.rendering.reading import DataSet
from medshare.infra.shelf import Shelf

LIMIT_BYTES = 4 << 20


@dataclass(frozen=True, slots=True)
class Described:
    """An instance's metadata, their size as text, and where its large values stand."""

    dataset: DataSet
    layout: Layout
    size_bytes: int


Known = Shelf[tuple[int, str], Described]
"""What is known of instances, by their keys and the bytes they were read from."""


def nothing_known() -> Known:
    """Return an empty shelf."""
    return Shelf(attrgetter("size_bytes"), LIMIT_BYTES)
