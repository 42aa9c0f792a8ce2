"""RFC 9162 section 2.1: hashes of a Merkle tree, inclusion and consistency proofs.

Standard library only, so that an export can be verified where nothing of medshare runs.
"""

from collections.abc import Callable, Sequence
from hashlib import sha256

Node = Callable[[int, int], bytes]
"""Hash of the complete subtree ``index`` at binary ``level``: leaves ``index << level`` onwards."""

EMPTY_ROOT = sha256().digest()


def hash_leaf(data: bytes) -> bytes:
    """Return the hash of a leaf's bytes."""
    return sha256(b"\x00" + data).digest()


def hash_children(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node."""
    return sha256(b"\x01" + left + right).digest()


def root_of(node: Node, size: int) -> bytes:
    """Return the root of the first ``size`` leaves."""
    return _hash_range(node, 0, size) if size else EMPTY_ROOT


def inclusion_proof(node: Node, index: int, size: int) -> list[bytes]:
    """Return the audit path of a leaf (section 2.1.3.1), ``0 <= index < size``."""
    path: list[bytes] = []
    low, high = 0, size
    while high - low > 1:
        middle = low + _split(high - low)
        if index < middle:
            path.append(_hash_range(node, middle, high))
            high = middle
        else:
            path.append(_hash_range(node, low, middle))
            low = middle
    return path[::-1]


def consistency_proof(node: Node, old: int, new: int) -> list[bytes]:
    """Return the proof that ``new`` leaves begin with ``old`` (section 2.1.4.1), ``old <= new``."""
    if old in (0, new):
        return []
    path: list[bytes] = []
    low, high = 0, new
    while old != high:
        middle = low + _split(high - low)
        if old <= middle:
            path.append(_hash_range(node, middle, high))
            high = middle
        else:
            path.append(_hash_range(node, low, middle))
            low = middle
    if low:
        path.append(_hash_range(node, low, high))
    return path[::-1]


def includes(leaf_hash: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Tell whether a proof holds that a leaf stands in a tree (section 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    position, last, found = index, size - 1, leaf_hash
    for each in proof:
        if last == 0:
            return False
        if position & 1 or position == last:
            found = hash_children(each, found)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            found = hash_children(found, each)
        position, last = position >> 1, last >> 1
    return last == 0 and found == root


def extends(old: int, old_root: bytes, new: int, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """Tell whether a proof holds that a tree continues an older one (section 2.1.4.2)."""
    if old == new:
        return not proof and old_root == new_root
    if old == 0:
        return not proof and old_root == EMPTY_ROOT
    if not 0 < old < new:
        return False
    path = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    return bool(path) and _climb(old - 1, new - 1, path) == (old_root, new_root)


def _climb(position: int, last: int, path: Sequence[bytes]) -> tuple[bytes, bytes] | None:
    while position & 1:
        position, last = position >> 1, last >> 1
    old = new = path[0]
    for each in path[1:]:
        if last == 0:
            return None
        if position & 1 or position == last:
            old, new = hash_children(each, old), hash_children(each, new)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            new = hash_children(new, each)
        position, last = position >> 1, last >> 1
    return (old, new) if last == 0 else None


def _hash_range(node: Node, low: int, high: int) -> bytes:
    """Return the hash of leaves ``low`` to ``high``, a range that the tree's splits produce."""
    count = high - low
    if count & (count - 1) == 0:
        level = count.bit_length() - 1
        return node(level, low >> level)
    middle = low + _split(count)
    return hash_children(_hash_range(node, low, middle), _hash_range(node, middle, high))


def _split(count: int) -> int:
    """Return the largest power of two below ``count``."""
    return 1 << ((count - 1).bit_length() - 1)
