"""Whether the images of an exam can be had: a report alone is no result of an examination."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from medshare.imaging.rendering.families import OFFERS, ROOTS, Family, family_of
from medshare.imaging.retrieval import LAST_NUMBER
from medshare.imaging.rows import InstanceRow, SeriesRow, StudyRow
from medshare.kernel.identifiers import ExamId

DOCUMENTS_MAX = 20


@dataclass(frozen=True, slots=True)
class AttachedDocument:
    """A report, document or waveform among an exam's instances; its title is the series'."""

    study_instance_uid: str
    series_instance_uid: str
    sop_instance_uid: str
    family: Family
    title: str


def documents_of(session: Session, exam_id: ExamId) -> Sequence[AttachedDocument]:
    """Return what of an exam can be shown and is no image, in order of series and number."""
    return _documents(session, StudyRow.exam_id == exam_id)


def documents_in(session: Session, study_instance_uid: str) -> Sequence[AttachedDocument]:
    """Return what of a study can be shown and is no image, in order of series and number."""
    return _documents(session, StudyRow.study_instance_uid == study_instance_uid)


def _documents(session: Session, wanted: ColumnElement[bool]) -> Sequence[AttachedDocument]:
    rows = session.execute(
        select(
            StudyRow.study_instance_uid,
            SeriesRow.series_instance_uid,
            InstanceRow.sop_instance_uid,
            InstanceRow.sop_class_uid,
            SeriesRow.series_description,
        )
        .join(SeriesRow, SeriesRow.study_key == StudyRow.id)
        .join(InstanceRow, InstanceRow.series_key == SeriesRow.id)
        .where(wanted, InstanceRow.retraction_id.is_(None), _is_no_image())
        .order_by(
            func.coalesce(SeriesRow.series_number, LAST_NUMBER),
            SeriesRow.id,
            func.coalesce(InstanceRow.instance_number, LAST_NUMBER),
            InstanceRow.id,
        )
        .limit(DOCUMENTS_MAX)
    )
    found = [
        AttachedDocument(study, series, instance, family_of(kind), title)
        for study, series, instance, kind, title in rows
    ]
    return [each for each in found if OFFERS[each.family]]


def studies_with_images(session: Session, exam_id: ExamId) -> frozenset[str]:
    """Return which of an exam's studies hold more than documents and waveforms."""
    return frozenset(
        session.scalars(
            select(StudyRow.study_instance_uid)
            .join(SeriesRow, SeriesRow.study_key == StudyRow.id)
            .join(InstanceRow, InstanceRow.series_key == SeriesRow.id)
            .where(StudyRow.exam_id == exam_id, InstanceRow.retraction_id.is_(None))
            .where(~_is_no_image())
            .distinct()
        )
    )


def _is_no_image() -> ColumnElement[bool]:
    return or_(*(InstanceRow.sop_class_uid.startswith(root) for root in ROOTS))


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


def exams_with_pictures(session: Session, exam_ids: Collection[ExamId]) -> frozenset[ExamId]:
    """Return which of some exams have an instance that is more than document or waveform."""
    picture = (
        select(InstanceRow.id)
        .join(SeriesRow, SeriesRow.id == InstanceRow.series_key)
        .where(SeriesRow.study_key == StudyRow.id, InstanceRow.retraction_id.is_(None))
        .where(~_is_no_image())
    )
    found = session.scalars(
        select(StudyRow.exam_id).where(StudyRow.exam_id.in_(sorted(exam_ids)), picture.exists())
    )
    return frozenset(ExamId(each) for each in found if each)


def exam_of(session: Session, study_instance_uid: str) -> ExamId | None:
    """Return the exam that a study is attached to, retracted or not."""
    exam_id = session.scalar(
        select(StudyRow.exam_id).where(StudyRow.study_instance_uid == study_instance_uid)
    )
    return ExamId(exam_id) if exam_id else None
