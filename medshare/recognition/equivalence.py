"""Whether one item's result can stand for another item, and by which facet it cannot."""

from medshare.recognition.model import Laterality
from medshare.recognition.programme import Item
from medshare.recognition.reasons import Code

# A result with one of these is no candidate: it has nothing to do with the order.
UNRELATED = frozenset({Code.MODALITY_MISMATCH, Code.ITEM_NOT_EQUIVALENT})


def item_fault(ordered: Item, existing: Item) -> Code | None:
    """Return by what an existing item falls short of the ordered one, ``None`` if by nothing.

    The most specific fault is given: one facet, where the two differ in that alone.
    """
    if existing.code == ordered.code or ordered.code in existing.covers:
        return None
    if existing.modality != ordered.modality:
        return Code.MODALITY_MISMATCH
    if _without_facets(existing) != _without_facets(ordered):
        return Code.ITEM_NOT_EQUIVALENT
    differing = [
        code
        for code, differs in (
            (Code.BODY_PART_MISMATCH, existing.region != ordered.region),
            (Code.CONTRAST_MISMATCH, existing.phases != ordered.phases),
            (Code.SPECIMEN_MISMATCH, existing.specimen != ordered.specimen),
        )
        if differs
    ]
    return differing[0] if len(differing) == 1 else Code.ITEM_NOT_EQUIVALENT


def _without_facets(item: Item) -> tuple[object, ...]:
    return item.kind, item.components


def repeats(done: tuple[Item, Laterality | None], wanted: tuple[Item, Laterality | None]) -> bool:
    """Tell whether an exam that was done is what was wanted, by item and side.

    A panel holds its components. A side that is not known may be the one.
    """
    (item, side), (ordered, ordered_side) = done, wanted
    if ordered.code not in {item.code, *item.covers, *item.components}:
        return False
    if not ordered.laterality:
        return True
    return side_fault(ordered_side, side) is not Code.LATERALITY_MISMATCH


def side_fault(ordered: Laterality | None, existing: Laterality | None) -> Code | None:
    """Return what is wrong with the side of an item that has one; none is ever assumed."""
    if ordered is None or existing is None:
        return Code.LATERALITY_UNKNOWN
    if existing in (ordered, Laterality.BILATERAL):
        return None
    return Code.LATERALITY_MISMATCH
