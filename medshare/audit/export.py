"""The sealed export: lines that prove by themselves that nothing is altered or left out.

A line for each entry, in the order of the tree; for those that a filter leaves out their hashes;
last the signed checkpoint, whose root the lines must give (docs/audit-format.md).
"""

import base64
from collections.abc import Iterator, Sequence

import orjson

from medshare.audit import store
from medshare.audit.balp import audit_events, server_of
from medshare.audit.leaf import EXPORT_FORMAT, Part, Withheld, entry_of, withheld_of
from medshare.audit.model import EventQuery, Kept
from medshare.audit.sealed_log import SealedLog
from medshare.audit.tree import store as tree
from medshare.audit.tree.merkle import hash_leaf
from medshare.audit.tree.tiles import WIDTH
from medshare.audit.vault.service import Vault
from medshare.infra.db import Database

VERSION = 1
DROPPED_A_LINE = 1024


def sealed_lines(
    ledgers: Sequence[Database], vault: Vault, log: SealedLog, query: EventQuery
) -> Iterator[dict[str, object]]:
    """Yield the lines of an export of everything that is sealed by now.

    Parameters
    ----------
    ledgers
        Both ledgers; the last one holds the tree.
    """
    found = log.checkpoint()
    size, note = (found[0].size, found[1]) if found else (0, None)
    filtered = query != EventQuery()
    yield {
        "format": EXPORT_FORMAT,
        "version": VERSION,
        "key": str(log.key),
        "filtered": filtered,
        "cosigned": log.vouched(),
    }
    first = log.first_bundle()
    yield from _dropped(log, 0, first)
    for number in range(first, -(-size // WIDTH)):
        count = min(size - number * WIDTH, WIDTH)
        yield from _of_bundle(ledgers, vault, log, number, count, query)
    yield {"checkpoint": note}


def _dropped(log: SealedLog, begin: int, end: int) -> Iterator[dict[str, object]]:
    """Yield the hashes of bundles that retention has dropped, one for each 256 leaves."""
    for number in range(begin, end, DROPPED_A_LINE):
        roots = log.bundle_roots(range(number, min(number + DROPPED_A_LINE, end)))
        yield {"index": number * WIDTH, "dropped": base64.b64encode(b"".join(roots)).decode()}


def _of_bundle(
    ledgers: Sequence[Database],
    vault: Vault,
    log: SealedLog,
    number: int,
    count: int,
    query: EventQuery,
) -> Iterator[dict[str, object]]:
    with ledgers[-1].read() as session:
        leaves = tree.bundle(session, number)[:count]
        rows = tree.leaf_rows(session, number)[:count]
    if not leaves:  # retention was faster
        yield from _dropped(log, number, number + 1)
        return
    server = server_of(log.key.name)
    wanted = _wanted(ledgers, vault, query, [row.entry_id for row in rows])
    left_out: list[bytes] = []
    for index, (leaf, row) in enumerate(zip(leaves, rows, strict=True), number * WIDTH):
        kept = wanted.get(row.entry_id)
        if kept is None and query != EventQuery():
            left_out.append(hash_leaf(leaf))
            continue
        yield from _omission(index, left_out)
        left_out = []
        yield _entry_line(index, leaf, kept, row, server)
    yield from _omission(number * WIDTH + count, left_out)


def _wanted(
    ledgers: Sequence[Database], vault: Vault, query: EventQuery, entry_ids: Sequence[str]
) -> dict[str, Kept]:
    found: dict[str, Kept] = {}
    for ledger in ledgers:
        with ledger.read() as session:
            kept = store.among(session, vault, query, entry_ids)
        found |= {each.entry.id: each for each in kept}
    return found


def _omission(end: int, hashes: Sequence[bytes]) -> Iterator[dict[str, object]]:
    """Yield the hashes of leaves that stand before ``end``, if there are any."""
    if hashes:
        joined = base64.b64encode(b"".join(hashes)).decode()
        yield {"index": end - len(hashes), "hashes": joined}


def _entry_line(
    index: int, leaf: bytes, kept: Kept | None, row: tree.LeafRow, server: str
) -> dict[str, object]:
    withheld = _withheld(kept, row)
    text = leaf.decode()
    return {
        "index": index,
        "hash": hash_leaf(leaf).hex(),
        "leaf": text,
        "who": _part(withheld.who),
        "about": _part(withheld.about),
        "events": list(audit_events(entry_of(text, withheld), server)),
    }


def _withheld(kept: Kept | None, row: tree.LeafRow) -> Withheld:
    """Return what is left of what the leaf withholds: nothing where the entry's row is gone."""
    return withheld_of(kept.entry, *salts_of(kept, row)) if kept else Withheld(None, None)


def salts_of(kept: Kept, row: tree.LeafRow) -> tuple[bytes | None, bytes | None]:
    """Return the salts of what a leaf withholds; ``None`` where a part is forgotten."""
    return row.who_salt, row.about_salt or kept.about_salt


def _part(part: Part | None) -> dict[str, str] | None:
    return {"salt": part.salt.hex(), "text": part.text} if part else None


def ndjson(lines: Iterator[dict[str, object]]) -> Iterator[bytes]:
    """Yield documents as lines of NDJSON."""
    for each in lines:
        yield orjson.dumps(each, option=orjson.OPT_APPEND_NEWLINE)
