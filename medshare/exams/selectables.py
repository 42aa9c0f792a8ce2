"""What other packages may join of exams."""

from sqlalchemy import (
    ColumnElement,
    ScalarSelect,
    SQLColumnExpression,
    Subquery,
    func,
    or_,
    select,
)

from medshare.exams.model import VOID
from medshare.exams.store.rows import ExamRow, ExamStudyRow


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


def sensitivity_of_images(
    facility: SQLColumnExpression[str],
    record_id: SQLColumnExpression[str | None],
    study_instance_uid: SQLColumnExpression[str],
    accession_number: SQLColumnExpression[str],
) -> ColumnElement[str | None]:
    """Select the class of the exam to which a facility's images say they belong.

    By its studies or else its accession number; never of another person's exam.
    """
    of_facility = select(ExamRow.sensitivity).where(
        ExamRow.facility_code == facility,
        or_(record_id.is_(None), ExamRow.record_id.is_(None), ExamRow.record_id == record_id),
    )
    named = of_facility.join(ExamStudyRow).where(
        ExamStudyRow.facility_code == facility,
        ExamStudyRow.study_instance_uid == study_instance_uid,
    )
    numbered = of_facility.where(ExamRow.accession_number == accession_number)
    return func.coalesce(named.scalar_subquery(), numbered.scalar_subquery())
