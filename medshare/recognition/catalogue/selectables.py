"""What others may ask of the catalogue within their own statements."""

from sqlalchemy import ColumnElement, case, select

from medshare.exams.model import MANAGED_ITEMS
from medshare.recognition.catalogue.store import CodeRow


def item_of(system: ColumnElement[str], code: ColumnElement[str]) -> ColumnElement[str | None]:
    """Return the managed item that a code means, NULL where nobody has mapped it."""
    mapped = select(CodeRow.item).where(CodeRow.system == system, CodeRow.code == code)
    return case((system == MANAGED_ITEMS, code), else_=mapped.scalar_subquery())
