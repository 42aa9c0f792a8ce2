"""What other packages may join of imaging."""

from sqlalchemy import ColumnElement, ScalarSelect, SQLColumnExpression, case, select

from medshare.exams.selectables import sensitivity_of as sensitivity_of_exam
from medshare.exams.selectables import sensitivity_of_images
from medshare.imaging.rows import StudyRow


def class_of_study() -> ColumnElement[str | None]:
    """Select the class of a study's exam as it stands now, null where it has none.

    A study that the outbox has not attached yet has the class of the exam that it will be given.
    """
    row = StudyRow
    waiting = sensitivity_of_images(
        row.facility_code, row.record_id, row.study_instance_uid, row.accession_number
    )
    return case((row.exam_id.is_not(None), sensitivity_of_exam(row.exam_id)), else_=waiting)


def sensitivity_of(
    study_instance_uid: SQLColumnExpression[str | None],
) -> ScalarSelect[str | None]:
    """Select the class of a study, null where it has none or there is no such study."""
    named = select(class_of_study()).where(StudyRow.study_instance_uid == study_instance_uid)
    return named.scalar_subquery()
