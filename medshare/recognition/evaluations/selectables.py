"""What statistics and simulations count evaluations by."""

from sqlalchemy import ColumnElement, case, literal

from medshare.recognition.evaluations.rows import EvaluationRow


def presentation(row: type[EvaluationRow]) -> ColumnElement[str]:
    """Name the occasion within which a result counts once for an item of a record."""
    return case(
        (row.encounter != "", literal("encounter:") + row.encounter),
        (row.reference != "", literal("order:") + row.reference),
        else_=literal("evaluation:") + row.id,
    )
