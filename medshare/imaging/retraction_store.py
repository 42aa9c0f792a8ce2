"""Rows and queries of retractions."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Select, exists, select, update
from sqlalchemy.orm import Session

from medshare.imaging import metadata
from medshare.imaging.cases import Retraction, RetractionReason
from medshare.imaging.findable import renew_counts
from medshare.imaging.model import Selection
from medshare.imaging.rows import InstanceRow, RetractionRow, SeriesRow, StudyRow
from medshare.kernel.audit import Subject
from medshare.kernel.identifiers import FacilityCode, PatientId, RecordId
from medshare.patients.selectables import live_links


def find_own_instances(
    session: Session, facility: FacilityCode, selection: Selection
) -> list[tuple[int, bool]]:
    """Return the key of each instance that a selection of a facility's names.

    With each goes whether it has been retracted.
    """
    statement = (
        select(InstanceRow.id, InstanceRow.retraction_id.is_not(None))
        .join(SeriesRow, SeriesRow.id == InstanceRow.series_key)
        .join(StudyRow, StudyRow.id == SeriesRow.study_key)
        .where(
            StudyRow.study_instance_uid == selection.study_instance_uid,
            StudyRow.facility_code == facility,
        )
    )
    if selection.series_instance_uid is not None:
        statement = statement.where(SeriesRow.series_instance_uid == selection.series_instance_uid)
    if selection.sop_instance_uid is not None:
        statement = statement.where(InstanceRow.sop_instance_uid == selection.sop_instance_uid)
    return [(key, retracted) for key, retracted in session.execute(statement)]


def add(session: Session, retraction: Retraction, instance_keys: Sequence[int]) -> None:
    """Take instances out of sight, and every series and study that has no other left."""
    session.add(
        RetractionRow(
            id=retraction.id,
            facility_code=retraction.facility,
            study_instance_uid=retraction.study_instance_uid,
            series_instance_uid=retraction.series_instance_uid,
            sop_instance_uid=retraction.sop_instance_uid,
            reason=retraction.reason,
            instances=retraction.instances,
            retracted_at=retraction.retracted_at,
            retracted_by=retraction.retracted_by,
        )
    )
    session.flush()
    session.execute(
        update(InstanceRow),
        [{"id": key, "retraction_id": retraction.id} for key in instance_keys],
    )
    study = StudyRow.study_instance_uid == retraction.study_instance_uid
    other_instance = exists().where(
        InstanceRow.series_key == SeriesRow.id, InstanceRow.retraction_id.is_(None)
    )
    other_series = exists().where(
        SeriesRow.study_key == StudyRow.id, SeriesRow.retraction_id.is_(None)
    )
    of_study = SeriesRow.study_key == select(StudyRow.id).where(study).scalar_subquery()
    session.execute(
        update(SeriesRow)
        .where(of_study, SeriesRow.retraction_id.is_(None), ~other_instance)
        .values(retraction_id=retraction.id)
        .execution_options(synchronize_session=False)
    )
    session.execute(
        update(StudyRow)
        .where(study, StudyRow.retraction_id.is_(None), ~other_series)
        .values(retraction_id=retraction.id)
        .execution_options(synchronize_session=False)
    )
    _renew(session, retraction)


def undo(session: Session, retraction: Retraction, now: datetime, by: str) -> bool:
    """Bring back what a retraction took out of sight; tell whether it was the first to."""
    row = RetractionRow
    undone = session.execute(
        update(row)
        .where(row.id == retraction.id, row.undone_at.is_(None))
        .values(undone_at=now, undone_by=by)
        .returning(row.id)
    )
    if undone.one_or_none() is None:
        return False
    study = select(StudyRow.id).where(StudyRow.study_instance_uid == retraction.study_instance_uid)
    all_series = select(SeriesRow.id).where(SeriesRow.study_key.in_(study))
    session.execute(
        update(InstanceRow)
        .where(InstanceRow.series_key.in_(all_series), InstanceRow.retraction_id == retraction.id)
        .values(retraction_id=None)
        .execution_options(synchronize_session=False)
    )
    # A series or a study is out of sight only as long as all that it holds is.
    session.execute(
        update(SeriesRow)
        .where(
            SeriesRow.study_key.in_(study),
            exists().where(
                InstanceRow.series_key == SeriesRow.id, InstanceRow.retraction_id.is_(None)
            ),
        )
        .values(retraction_id=None)
        .execution_options(synchronize_session=False)
    )
    session.execute(
        update(StudyRow)
        .where(StudyRow.id.in_(study))
        .values(retraction_id=None)
        .execution_options(synchronize_session=False)
    )
    _renew(session, retraction)
    return True


def _renew(session: Session, retraction: Retraction) -> None:
    series = session.scalars(
        select(SeriesRow.id)
        .join(StudyRow, StudyRow.id == SeriesRow.study_key)
        .where(StudyRow.study_instance_uid == retraction.study_instance_uid)
    ).all()
    renew_counts(session, series)
    metadata.rebuild(session, series)


def find(session: Session, retraction_id: str) -> Retraction | None:
    """Return a retraction."""
    found = session.execute(_selected().where(RetractionRow.id == retraction_id)).one_or_none()
    return None if found is None else _retraction(*found)


def page(session: Session, facility: FacilityCode, *, after: str, limit: int) -> list[Retraction]:
    """Return a facility's retractions, oldest first, behind an id."""
    statement = (
        _selected()
        .where(RetractionRow.facility_code == facility, RetractionRow.id > after)
        .order_by(RetractionRow.id)
        .limit(limit)
    )
    return [_retraction(*found) for found in session.execute(statement)]


def _selected() -> Select[RetractionRow, str | None, str | None]:
    links = live_links()
    return (
        select(RetractionRow, StudyRow.record_id, links.c.patient_id)
        .outerjoin(StudyRow, StudyRow.study_instance_uid == RetractionRow.study_instance_uid)
        .outerjoin(links, links.c.record_id == StudyRow.record_id)
    )


def _retraction(row: RetractionRow, record_id: str | None, patient_id: str | None) -> Retraction:
    subject = None
    if record_id and patient_id:
        subject = Subject(PatientId(patient_id), RecordId(record_id))
    return Retraction(
        id=row.id,
        facility=FacilityCode(row.facility_code),
        study_instance_uid=row.study_instance_uid,
        series_instance_uid=row.series_instance_uid,
        sop_instance_uid=row.sop_instance_uid,
        reason=RetractionReason(row.reason),
        instances=row.instances,
        retracted_at=row.retracted_at,
        retracted_by=row.retracted_by,
        undone_at=row.undone_at,
        undone_by=row.undone_by,
        subject=subject,
    )
