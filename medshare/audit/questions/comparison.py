"""What stands in the ledgers against what was sealed."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from medshare.audit.digest.follower import Digest
from medshare.audit.export import salts_of
from medshare.audit.leaf import leaf_of, withheld_of
from medshare.audit.model import Kept
from medshare.audit.questions.model import Altered, Seal
from medshare.audit.sealed_log import SealedLog
from medshare.audit.tree import store as tree
from medshare.audit.tree.merkle import hash_leaf, root_of
from medshare.audit.tree.notes import (
    BadNoteError,
    Checkpoint,
    UnknownSignerError,
    read_checkpoint,
)
from medshare.audit.tree.tiles import HASH_BYTES, HEIGHT, WIDTH, Tiles
from medshare.infra.db import Database

BUNDLES_AT_ONCE = 20
"""5,120 leaves."""
CHECKPOINTS_AT_ONCE = 32
PARTS = ("who", "about")


@dataclass(frozen=True, slots=True)
class Sealed:
    """A bundle of leaves as it stands, with the hashes that the tree has of them."""

    number: int
    leaves: Sequence[bytes]
    rows: Sequence[tree.LeafRow]
    hashes: Sequence[bytes]
    root: bytes | None
    """What the level above says of a full bundle; ``None`` while it is not full."""

    @property
    def broken(self) -> list[int]:
        """Return the indices of leaves that are not in the tree; of all, if their root is not."""
        computed = [hash_leaf(each) for each in self.leaves]
        begin = self.number * WIDTH
        if self.root is not None and _root(computed) != self.root:
            return [*range(begin, begin + WIDTH)]
        wrong = [n for n, each in enumerate(self.hashes) if computed[n : n + 1] != [each]]
        return [begin + n for n in wrong]


def seal_of(log: SealedLog, digest: Digest, home: Database, begin: int) -> Seal:
    """Compare the bundle of a leaf and those after it with the tree and with their entries.

    Parameters
    ----------
    home
        The ledger that holds the tree.
    """
    checkpoint = _checkpoint(log)
    size = checkpoint.size if checkpoint else 0
    last = -(-size // WIDTH)
    first = min(max(begin // WIDTH, log.first_bundle()), last)
    end = min(first + BUNDLES_AT_ONCE, last)
    broken: list[int] = []
    altered: list[Altered] = []
    with home.read() as session:
        tiles = Tiles(lambda place: tree.tile(session, place), size)
        kept = tree.checkpoints_between(
            session, first * WIDTH, min(end * WIDTH, size), CHECKPOINTS_AT_ONCE
        )
        forked = [at for at, note in kept if not _continues(log, tiles, at, note)]
        stands = checkpoint is None or root_of(tiles.node, size) == checkpoint.root
        for number in range(first, end):
            bundle = _bundle(session, tiles, number, min(size - number * WIDTH, WIDTH))
            broken += bundle.broken
            altered += _altered(digest, bundle)
    return Seal(
        size=size,
        begin=min(first * WIDTH, size),
        end=min(end * WIDTH, size),
        signed=checkpoint is not None or log.newest is None,
        root_stands=stands,
        forked=forked,
        broken=broken,
        altered=altered,
    )


def differences(
    leaf: str, kept: Kept | None, salts: tuple[bytes | None, bytes | None]
) -> list[str]:
    """Return which fields of a leaf its entry does not give; a forgotten part is passed over."""
    if kept is None:
        return ["entry"]
    standing = json.loads(leaf_of(kept.entry, withheld_of(kept.entry, *salts)))
    sealed = json.loads(leaf)
    forgotten = {name for name, salt in zip(PARTS, salts, strict=True) if salt is None}
    return sorted(
        name
        for name in (sealed.keys() | standing.keys()) - forgotten
        if sealed.get(name) != standing.get(name)
    )


def _checkpoint(log: SealedLog) -> Checkpoint | None:
    """Return the newest checkpoint if its signature holds."""
    try:
        found = log.checkpoint()
    except BadNoteError:
        return None
    return found[0] if found else None


def _continues(log: SealedLog, tiles: Tiles, size: int, note: str) -> bool:
    """Tell whether the tree still begins as an earlier checkpoint says."""
    try:
        checkpoint = _said(log, note)
    except BadNoteError:
        return False
    return checkpoint.size == size and root_of(tiles.node, size) == checkpoint.root


def _said(log: SealedLog, note: str) -> Checkpoint:
    """Return what a checkpoint says, also one whose key was retired since."""
    try:
        return log.opened(note)
    except UnknownSignerError:
        return read_checkpoint(note)


def _bundle(session: Session, tiles: Tiles, number: int, count: int) -> Sealed:
    hashes = tiles.tile((0, number))[: count * HASH_BYTES]
    return Sealed(
        number,
        tree.bundle(session, number)[:count],
        tree.leaf_rows(session, number)[:count],
        [hashes[at : at + HASH_BYTES] for at in range(0, len(hashes), HASH_BYTES)],
        tiles.node(HEIGHT, number) if count == WIDTH else None,
    )


def _altered(digest: Digest, bundle: Sealed) -> Iterator[Altered]:
    """Yield the entries that are there and are not what their leaf says."""
    kept = digest.kept([each.entry_id for each in bundle.rows])
    for leaf, row in zip(bundle.leaves, bundle.rows, strict=False):
        entry = kept.get(row.entry_id)
        if entry is not None:
            fields = differences(leaf.decode(), entry, salts_of(entry, row))
            if fields:
                yield Altered(row.position, row.entry_id, fields)


def _root(hashes: Sequence[bytes]) -> bytes | None:
    """Return the root over the hashes of a full bundle, ``None`` over fewer."""
    built = Tiles(lambda _: b"", 0)
    for each in hashes:
        built.append(each)
    return built.changed.get((1, 0))
