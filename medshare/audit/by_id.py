"""Entries by their ids, read by the driver: each goes this way twice, into the tree and the digest.

What auditors ask goes through the mapper (``store``); tests hold both to the same entries.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Column, Select, String, bindparam, select
from sqlalchemy.orm import Session

from medshare.audit.model import Kept
from medshare.audit.store import ENTRIES, FIRST, SUBJECTS, with_words
from medshare.audit.vault.service import Vault
from medshare.infra.compiled import named
from medshare.infra.statements import Statements, padded

STATEMENTS = Statements()


def by_ids(session: Session, vault: Vault, entry_ids: Sequence[str]) -> list[Kept]:
    """Return the entries with these ids, oldest first."""
    wanted = {f"entry_{n}": each for n, each in enumerate(padded(entry_ids))}
    if not wanted:
        return []
    found = _rows_where(session, ENTRIES.c.id, wanted)
    subjects = _rows_where(session, SUBJECTS.c.entry_id, wanted)
    by_entry: dict[str, list[Any]] = {row.id: [] for row in found}
    for each in subjects:
        by_entry[each.entry_id].append(each)
    for row in found:
        row.subjects = by_entry[row.id]
    return with_words(session, vault, found)


def _rows_where(session: Session, column: Column[str], wanted: Mapping[str, str]) -> list[Any]:
    """Return the rows of a column's table in which it has one of some values, by their key."""
    table = column.table

    def build() -> Select[Any]:
        one_of = column.in_([bindparam(each, type_=String) for each in wanted])
        return select(*table.c).where(one_of).order_by(*table.primary_key)

    rows = STATEMENTS.rows(session, (table.name, len(wanted)), build, wanted, FIRST)
    return [named(table, row) for row in rows]
