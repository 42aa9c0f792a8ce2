"""Queries of managed items."""

from collections.abc import Collection, Iterable

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from medshare.exams.items import Item, LocalUse
from medshare.exams.model import LOCAL_ITEMS, MANAGED_ITEMS, ExamKind
from medshare.exams.store.rows import ExamRow, ItemRow


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


def managed_items(session: Session) -> list[Item]:
    """Return every managed item, by code."""
    managed = select(ItemRow).where(ItemRow.system == MANAGED_ITEMS).order_by(ItemRow.code)
    return [_item(row) for row in session.scalars(managed)]


def local_uses(session: Session) -> list[LocalUse]:
    """Return which own codes the facilities' exams bear, the busiest first."""
    count = func.count()
    columns = (ExamRow.facility_code, ExamRow.item_system, ExamRow.item_code)
    uses = (
        select(*columns, func.max(ExamRow.item_display), count)
        .where(ExamRow.item_system.startswith(LOCAL_ITEMS, autoescape=True))
        .group_by(*columns)
        .order_by(count.desc(), *columns)
    )
    return [LocalUse(*row) for row in session.execute(uses)]


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
