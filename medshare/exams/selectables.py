"""What other packages may join of exams."""

from sqlalchemy import ScalarSelect, SQLColumnExpression, Subquery, select

from medshare.exams.model import VOID
from medshare.exams.store.rows import ExamRow


def performed() -> Subquery:
    """Select every exam that was performed, as far as is known: neither cancelled nor in error.

    ``id``, ``facility_code``, ``accession_number``, ``record_id``, ``item_system``, ``item_code``,
    ``laterality``, ``happened_at``, ``claimed_mark``.
    """
    return (
        select(
            ExamRow.id,
            ExamRow.facility_code,
            ExamRow.accession_number,
            ExamRow.record_id,
            ExamRow.item_system,
            ExamRow.item_code,
            ExamRow.laterality,
            ExamRow.happened_at,
            ExamRow.claimed_mark,
        )
        .where(ExamRow.status.not_in(VOID))
        .subquery("performed")
    )


def sensitivity_of(exam_id: SQLColumnExpression[str | None]) -> ScalarSelect[str | None]:
    """Select the class of an exam, null where it has none or there is no such exam."""
    return select(ExamRow.sensitivity).where(ExamRow.id == exam_id).scalar_subquery()
