"""C2SP tlog-tiles: the tree in tiles of 256 hashes, its leaves in bundles of 256.

A tile only ever grows at its end, so a partial tile is the beginning of the one that stands.
"""

from collections.abc import Callable, Iterable, Iterator

from medshare.audit.tree.merkle import hash_children

HEIGHT = 8
WIDTH = 1 << HEIGHT
HASH_BYTES = 32
LEAF_LIMIT = 0xFFFF

Place = tuple[int, int]
"""Level of a tile and its number in the level."""


class Tiles:
    """The tiles of a tree, read as they are asked for, and those that an append has changed.

    Parameters
    ----------
    load
        Returns what stands of a tile, empty bytes where there is none.
    """

    def __init__(self, load: Callable[[Place], bytes], size: int) -> None:
        self.size = size
        self.changed: dict[Place, bytes] = {}
        self._load = load
        self._read: dict[Place, bytes] = {}

    def append(self, leaf_hash: bytes) -> None:
        """Add a leaf."""
        self._append(0, self.size, leaf_hash)
        self.size += 1

    def node(self, level: int, index: int) -> bytes:
        """Return the hash of a complete subtree (``merkle.Node``)."""
        tile_level, inside = divmod(level, HEIGHT)
        first = index << inside
        tile = self.tile((tile_level, first // WIDTH))
        start = first % WIDTH * HASH_BYTES
        return _fold(tile[start : start + (HASH_BYTES << inside)])

    def tile(self, place: Place) -> bytes:
        """Return the hashes of a tile, one after the other."""
        if place in self.changed:
            return self.changed[place]
        if place not in self._read:
            self._read[place] = self._load(place)
        return self._read[place]

    def _append(self, level: int, position: int, value: bytes) -> None:
        number, offset = divmod(position, WIDTH)
        # Only what belongs to this tree: a tile may stand longer than the size that is read.
        tile = self.tile((level, number))[: offset * HASH_BYTES] + value
        self.changed[level, number] = tile
        if offset == WIDTH - 1:
            self._append(level + 1, number, _fold(tile))


def pack(leaves: Iterable[bytes]) -> bytes:
    """Return leaves as an entry bundle holds them: each behind its length in two bytes."""
    return b"".join(len(each).to_bytes(2, "big") + each for each in leaves)


def unpack(bundle: bytes) -> Iterator[bytes]:
    """Yield the leaves of an entry bundle."""
    position = 0
    while position < len(bundle):
        end = position + 2 + int.from_bytes(bundle[position : position + 2], "big")
        yield bundle[position + 2 : end]
        position = end


def _fold(hashes: bytes) -> bytes:
    """Return the root over a power of two of hashes."""
    level = [hashes[at : at + HASH_BYTES] for at in range(0, len(hashes), HASH_BYTES)]
    while len(level) > 1:
        level = [hash_children(*level[at : at + 2]) for at in range(0, len(level), 2)]
    return level[0]
