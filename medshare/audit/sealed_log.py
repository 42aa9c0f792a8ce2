"""The sealed log as it is read: checkpoints, proofs and tiles."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from medshare.audit.tree import store as tree
from medshare.audit.tree.merkle import consistency_proof, inclusion_proof
from medshare.audit.tree.notes import Checkpoint, UnknownSignerError, VerifierKey, open_checkpoint
from medshare.audit.tree.tiles import HASH_BYTES, HEIGHT, WIDTH, Place, Tiles
from medshare.infra.db import Database


@dataclass(frozen=True, slots=True)
class Inclusion:
    """Proof that a leaf stands at ``index`` of the tree that ``note`` is the checkpoint of."""

    index: int
    leaf: str
    hashes: Sequence[bytes]
    note: str


class SealedLog:
    """Reads the tree, and remembers its newest checkpoint for this process.

    Parameters
    ----------
    ledger
        The one that holds the tree.
    key, former
        What checkpoints are signed with, and were before, their public halves.
    """

    def __init__(self, ledger: Database, key: VerifierKey, *former: VerifierKey) -> None:
        self.key = key
        self._former = former
        self.newest: str | None = None
        self._ledger = ledger

    def refresh(self) -> None:
        """Look whether there is a newer checkpoint, of this process or of another."""
        with self._ledger.read() as session:
            found = tree.latest(session)
        self.newest = found[1] if found else None

    def checkpoint(self) -> tuple[Checkpoint, str] | None:
        """Return the newest checkpoint and its note, ``None`` before the first."""
        self.refresh()
        if self.newest is None:
            return None
        return self.opened(self.newest), self.newest

    def checkpoint_at(self, size: int) -> str | None:
        """Return the note of a checkpoint with its cosignatures, ``None`` where none was signed."""
        with self._ledger.read() as session:
            note = tree.checkpoint_at(session, size)
            return None if note is None else note + "".join(tree.cosignatures(session, size))

    def cosigned(self, at_least: int) -> str | None:
        """Return the newest checkpoint that so many witnesses signed, with their signatures."""
        if at_least == 0:
            found = self.checkpoint()
            return self.checkpoint_at(found[0].size) if found else None
        with self._ledger.read() as session:
            size = tree.newest_cosigned(session, at_least)
        return None if size is None else self.checkpoint_at(size)

    def vouched(self) -> list[str]:
        """Return the newest checkpoint that each witness signed, ascending."""
        with self._ledger.read() as session:
            sizes = tree.vouched_sizes(session)
        return [note for each in sizes if (note := self.checkpoint_at(each))]

    def opened(self, note: str) -> Checkpoint:
        """Return the checkpoint of a note of this log.

        Raises
        ------
        UnknownSignerError
            None of the log's keys has signed it, as after the key that did was retired.
        BadNoteError
            It cannot be read, or a signature does not hold.
        """
        for former in self._former:
            with suppress(UnknownSignerError):
                return open_checkpoint(note, former)
        return open_checkpoint(note, self.key)

    def inclusion(self, entry_id: str) -> Inclusion | None:
        """Return the proof for an entry, ``None`` while it is not sealed."""
        found = self.checkpoint()
        with self._ledger.read() as session:
            index = tree.position_of(session, entry_id)
            if found is None or index is None or index >= found[0].size:
                return None
            size, note = found[0].size, found[1]
            tiles = Tiles(lambda place: tree.tile(session, place), size)
            leaf = tree.bundle(session, index // WIDTH)[index % WIDTH]
            return Inclusion(index, leaf.decode(), inclusion_proof(tiles.node, index, size), note)

    def consistency(self, old: int, new: int) -> list[bytes] | None:
        """Return the proof that the tree of ``new`` leaves continues that of ``old``.

        ``None`` where the log does not reach as far.
        """
        found = self.checkpoint()
        if found is None or not old <= new <= found[0].size:
            return None
        with self._ledger.read() as session:
            tiles = Tiles(lambda place: tree.tile(session, place), new)
            return consistency_proof(tiles.node, old, new)

    def first_bundle(self) -> int:
        """Return the number of the first bundle that retention has left."""
        with self._ledger.read() as session:
            return tree.first_bundle(session)

    def bundle_roots(self, numbers: range) -> list[bytes]:
        """Return the root over the leaves of each of some full bundles, dropped or not."""
        with self._ledger.read() as session:
            tiles = Tiles(lambda place: tree.tile(session, place), numbers.stop * WIDTH)
            return [tiles.node(HEIGHT, number) for number in numbers]

    def tile(self, place: Place, width: int) -> bytes | None:
        """Return the first hashes of a tile, ``None`` where it does not hold as many."""
        with self._ledger.read() as session:
            hashes = tree.tile(session, place)[: width * HASH_BYTES]
        return hashes if len(hashes) == width * HASH_BYTES else None
