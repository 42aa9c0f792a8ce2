"""The sequencer: takes committed entries of both ledgers into the tree, and signs how far it is.

Killed at any point it loses and doubles nothing. An entry and its row in ``audit_pending`` commit
together; leaves, tiles and checkpoint commit together; only then do the rows go. What was sealed
but still waits after a kill is known by its id. Should a lease be held twice, the second fails on
the key of the position it would take.
"""

import threading
from collections.abc import Callable, Sequence

import structlog
from prometheus_client import Counter
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from medshare.audit.by_id import by_ids
from medshare.audit.leaf import leaf_of, new_salt, withheld_of
from medshare.audit.model import Kept
from medshare.audit.tree import store as tree
from medshare.audit.tree.merkle import hash_leaf, root_of
from medshare.audit.tree.notes import Checkpoint, LogSigner
from medshare.audit.tree.tiles import Tiles
from medshare.audit.vault.service import Vault
from medshare.infra.db import Database
from medshare.kernel.ports import Clock

POLL_S = 1.0
BATCH = 500
ROUNDS_MAX = 1000
ENTRIES_GONE = Counter(
    "medshare_audit_entries_gone", "Entries that were committed but vanished before the tree."
)

log = structlog.get_logger(__name__)


class Sequencer:
    """Seals entries until it is stopped; one thread, started by whoever serves.

    Parameters
    ----------
    ledgers
        Where entries wait; the last one holds the tree.
    may_run
        Says whether this process holds the lease; asked before every round.
    after_round
        Called after every round, whether or not this process holds the lease.
    """

    def __init__(
        self,
        ledgers: Sequence[Database],
        vault: Vault,
        clock: Clock,
        signer: LogSigner,
        may_run: Callable[[], bool],
        after_round: Callable[[], None] = lambda: None,
    ) -> None:
        self._ledgers = ledgers
        self._vault = vault
        self._clock = clock
        self._signer = signer
        self._may_run = may_run
        self._after_round = after_round
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sequencer", daemon=True)

    def start(self) -> None:
        """Begin to seal in a thread of its own."""
        self._thread.start()

    def stop(self) -> None:
        """Finish the batch in hand and end the thread."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def seal_waiting(self) -> int:
        """Seal one batch of each ledger; return how many entries were taken."""
        return sum(self._seal_from(each) for each in self._ledgers)

    def seal_all(self) -> None:
        """Seal all that waits now, whoever holds the lease."""
        for _ in range(ROUNDS_MAX):
            try:
                if not self.seal_waiting():
                    return
            except IntegrityError:
                continue  # the holder of the lease took the same entries

    def _run(self) -> None:
        """Seal in rounds: what comes within a pause shares a checkpoint, its signature, its syncs.

        Only a round that left something behind is followed by the next one at once.
        """
        while not self._stopping.is_set():
            try:
                busy = self._may_run() and self.seal_waiting() >= BATCH
                self._after_round()
            except IntegrityError:
                log.warning("another process has sealed")
                busy = False
            except Exception:
                log.exception("sealing failed")
                busy = False
            if not busy:
                self._stopping.wait(POLL_S)

    def _seal_from(self, ledger: Database) -> int:
        with ledger.read() as session:
            waiting = tree.pending(session, BATCH)
            kept = by_ids(session, self._vault, waiting)
        if not waiting:
            return 0
        _alarm_of_gone(set(waiting) - {each.entry.id for each in kept})
        with self._ledgers[-1].write() as session:
            self._append(session, [_sealed(each) for each in kept])
        with ledger.write() as session:
            tree.settle(session, waiting)
        return len(waiting)

    def _append(self, session: Session, leaves: Sequence[tree.SealedLeaf]) -> None:
        sealed = tree.sealed_among(session, [each.entry_id for each in leaves])
        fresh = [each for each in leaves if each.entry_id not in sealed]
        if not fresh:
            return
        newest = tree.latest(session)
        first = newest[0] if newest else 0
        tiles = Tiles(lambda place: tree.tile(session, place), first)
        for each in fresh:
            tiles.append(hash_leaf(each.leaf))
        tree.add_leaves(session, first, fresh)
        tree.save_tiles(session, tiles.changed)
        checkpoint = Checkpoint(self._signer.name, tiles.size, root_of(tiles.node, tiles.size))
        note = self._signer.sign(checkpoint)
        tree.add_checkpoint(session, tiles.size, note, self._clock.now())


def _sealed(kept: Kept) -> tree.SealedLeaf:
    """Make a leaf. Where an entry has words, their salt is theirs and goes with them."""
    entry, who_salt = kept.entry, new_salt()
    own_salt = None if entry.erased or kept.about_salt else new_salt()
    leaf = leaf_of(entry, withheld_of(entry, who_salt, own_salt or kept.about_salt))
    return tree.SealedLeaf(entry.id, leaf.encode(), who_salt, own_salt)


def _alarm_of_gone(entry_ids: set[str]) -> None:
    """Cry out: an entry and its place in the queue commit together, so somebody took it away."""
    for each in sorted(entry_ids):
        log.error("an entry of the trail vanished before it was sealed", entry=each)
    ENTRIES_GONE.inc(len(entry_ids))
