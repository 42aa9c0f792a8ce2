"""Words of entries older than the vault are moved into it, so that they can be forgotten too.

A leaf commits to its entry's words under a salt. With the words that salt goes into the vault, so
the commitment stays what it was, and with it every proof.
"""

from collections.abc import Mapping, Sequence

from medshare.audit import store
from medshare.audit.tree import store as tree
from medshare.audit.vault.service import Vault
from medshare.infra.db import Database
from medshare.kernel.audit import AuditEntry

BATCH = 500


def reseal(vault: Vault, ledgers: Sequence[Database]) -> int:
    """Conceal what stands in clear, all of it sealed by now; return how many entries that were.

    Killed in between, the next run goes on.

    Parameters
    ----------
    ledgers
        Where entries stand; the last one holds the tree.
    """
    home = ledgers[-1]
    count = 0
    for ledger in ledgers:
        count += _conceal_all(vault, ledger, home)
        if ledger is not home:
            _forget_salts(ledger, home)
    return count


def _conceal_all(vault: Vault, ledger: Database, home: Database) -> int:
    """Conceal in batches what has a salt; what has none stays and keeps nothing else waiting."""
    count, after = 0, ""
    while True:
        with home.read() as session, ledger.read() as other:
            entries = store.in_clear(other, after, BATCH)
            salts = tree.about_salts(session, [each.id for each in entries])
        if not entries:
            return count
        _conceal(vault, ledger, home, [each for each in entries if each.id in salts], salts)
        count, after = count + len(salts), entries[-1].id


def _conceal(
    vault: Vault,
    ledger: Database,
    home: Database,
    sealed: Sequence[AuditEntry],
    salts: Mapping[str, bytes],
) -> None:
    """Conceal a batch; of the tree's own ledger the salts go in the same transaction."""
    with ledger.write() as session:
        store.conceal(session.connection(), vault, sealed, [salts[each.id] for each in sealed])
        if ledger is home:
            tree.forget_about_salts(session, [each.id for each in sealed])


def _forget_salts(ledger: Database, home: Database) -> None:
    """Delete the salts beside the leaves of entries of another ledger that keep theirs."""
    after = ""
    while True:
        with ledger.read() as session:
            found = store.concealed(session, after, BATCH)
        if not found:
            return
        with home.write() as session:
            tree.forget_about_salts(session, found)
        after = found[-1]
