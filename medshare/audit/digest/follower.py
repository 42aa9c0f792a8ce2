"""The digest's follower: takes sealed entries, in the order of the tree, each once."""

from collections.abc import Sequence

from medshare.audit.by_id import by_ids
from medshare.audit.digest import store
from medshare.audit.digest.model import accesses_of, hours_of
from medshare.audit.model import Kept
from medshare.audit.vault.service import Vault
from medshare.infra.db import Database
from medshare.kernel.audit import AuditEntry
from medshare.kernel.ports import RecordOwners

NAME = "digest"
BATCH = 500


class Digest:
    """Keeps the digest; how far it has come commits with what it wrote.

    Parameters
    ----------
    ledgers
        Where entries stand; the last one holds the tree and the digest.
    """

    def __init__(self, ledgers: Sequence[Database], vault: Vault, owners: RecordOwners) -> None:
        self.ledgers = ledgers
        self._vault = vault
        self._owners = owners

    def catch_up(self) -> None:
        """Take everything that is sealed by now."""
        while self._take():
            pass

    def entries(self, entry_ids: Sequence[str]) -> dict[str, AuditEntry]:
        """Return the entries with these ids, of whichever ledger."""
        return {entry_id: each.entry for entry_id, each in self.kept(entry_ids).items()}

    def kept(self, entry_ids: Sequence[str]) -> dict[str, Kept]:
        """Return the same as their ledgers keep them."""
        found: dict[str, Kept] = {}
        for ledger in self.ledgers:
            with ledger.read() as session:
                here = by_ids(session, self._vault, entry_ids)
            found |= {each.entry.id: each for each in here}
        return found

    def _take(self) -> bool:
        """Take one batch; return whether there may be more."""
        home = self.ledgers[-1]
        with home.read() as session:
            old = store.followed_to(session, NAME)
            leaves = store.leaves_from(session, old, BATCH)
        if not leaves:
            return False
        entries = self.entries([entry_id for _position, entry_id in leaves])
        found = [(position, entries[each]) for position, each in leaves if each in entries]
        named = {each.record_id for _at, entry in found for each in entry.subjects}
        owners = self._owners.owners({each for each in named if each is not None})
        accesses = [accesses_of(position, entry, owners) for position, entry in found]
        with home.write() as session:
            if not store.advance(session, NAME, old=old, new=leaves[-1][0] + 1):
                return False
            store.add_accesses(session, [each for some in accesses for each in some])
            store.add_touched(session, found)
            store.add_hours(session, hours_of(accesses))
        return True
