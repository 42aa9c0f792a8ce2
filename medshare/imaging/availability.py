"""Whether the images of an exam can be had: a report alone is no result of an examination."""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from medshare.imaging.rows import StudyRow
from medshare.kernel.identifiers import ExamId


def exams_with_images(session: Session, exam_ids: Collection[ExamId]) -> frozenset[ExamId]:
    """Return which of some exams have a study with an instance that was not retracted."""
    found = session.scalars(
        select(StudyRow.exam_id).where(
            StudyRow.exam_id.in_(sorted(exam_ids)),
            StudyRow.instance_count > 0,
            StudyRow.retraction_id.is_(None),
        )
    )
    return frozenset(ExamId(each) for each in found if each)


def exam_of(session: Session, study_instance_uid: str) -> ExamId | None:
    """Return the exam that a study is attached to, retracted or not."""
    exam_id = session.scalar(
        select(StudyRow.exam_id).where(StudyRow.study_instance_uid == study_instance_uid)
    )
    return ExamId(exam_id) if exam_id else None
