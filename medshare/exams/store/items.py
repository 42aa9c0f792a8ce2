"""Queries of managed items."""

from collections.abc import Collection, Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from medshare.exams.items import Item
from medshare.exams.model import MANAGED_ITEMS, ExamKind
from medshare.exams.store.rows import ItemRow


def put_items(session: Session, items: Iterable[Item]) -> None:
    """Insert managed items, or change those that stand."""
    managed = select(ItemRow).where(ItemRow.system == MANAGED_ITEMS)
    stands = {row.code: row for row in session.scalars(managed)}
    for item in items:
        row = stands.get(item.code) or ItemRow(system=MANAGED_ITEMS, code=item.code)
        row.kind = item.kind
        row.name_zh = item.name_zh
        row.name_en = item.name_en
        row.modality = item.modality
        row.body_site = item.body_site
        row.laterality_required = item.laterality_required
        session.add(row)
    session.flush()


def find_item(session: Session, code: str) -> Item | None:
    """Return a managed item by its code."""
    row = session.get(ItemRow, (MANAGED_ITEMS, code))
    return None if row is None else _item(row)


def known_items(session: Session, codes: Collection[str]) -> frozenset[str]:
    """Return which of some codes are managed."""
    chosen = select(ItemRow.code).where(
        ItemRow.system == MANAGED_ITEMS, ItemRow.code.in_(sorted(codes))
    )
    return frozenset(session.scalars(chosen))


def item_names(session: Session, codes: Collection[str]) -> dict[str, tuple[str, str]]:
    """Return the names in Chinese and English of managed items, by code."""
    found = session.execute(
        select(ItemRow.code, ItemRow.name_zh, ItemRow.name_en).where(
            ItemRow.system == MANAGED_ITEMS, ItemRow.code.in_(sorted(codes))
        )
    )
    return {code: (zh, en) for code, zh, en in found}


def _item(row: ItemRow) -> Item:
    return Item(
        code=row.code,
        kind=ExamKind(row.kind),
        name_zh=row.name_zh,
        name_en=row.name_en,
        modality=row.modality,
        body_site=row.body_site,
        laterality_required=row.laterality_required,
    )
