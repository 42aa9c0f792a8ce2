"""Rows and queries of studies without a patient, and of what was assigned by hand."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from medshare.imaging.cases import Assignment, InstanceWarning, UnresolvedStudy, why_unresolved
from medshare.imaging.excerpts import read_excerpt
from medshare.imaging.rows import InstanceRow, SeriesRow, StudyAssignmentRow, StudyRow
from medshare.kernel.identifiers import FacilityCode, RecordId


def page(
    session: Session, facility: FacilityCode, *, after: int, limit: int
) -> list[UnresolvedStudy]:
    """Return a facility's studies without a patient, in order of arrival, behind a key."""
    rows = session.scalars(
        select(StudyRow)
        .where(
            StudyRow.facility_code == facility,
            StudyRow.record_id.is_(None),
            StudyRow.retraction_id.is_(None),
            StudyRow.id > after,
        )
        .order_by(StudyRow.id)
        .limit(limit)
    )
    return [_unresolved(row) for row in rows]


def _unresolved(row: StudyRow) -> UnresolvedStudy:
    return UnresolvedStudy(
        id=row.id,
        study_instance_uid=row.study_instance_uid,
        why=why_unresolved(row.patient_id),
        stated=read_excerpt(row.excerpt),
        stored_at=row.stored_at,
    )


def find_own(
    session: Session, facility: FacilityCode, uid: str
) -> tuple[int, RecordId | None] | None:
    """Return the key and the record of a facility's study."""
    found = session.execute(
        select(StudyRow.id, StudyRow.record_id).where(
            StudyRow.study_instance_uid == uid,
            StudyRow.facility_code == facility,
            StudyRow.retraction_id.is_(None),
        )
    ).one_or_none()
    return None if found is None else (found[0], RecordId(found[1]) if found[1] else None)


def add(session: Session, assignment: Assignment, study_key: int) -> None:
    """Attach a study to a record by somebody's word."""
    session.add(
        StudyAssignmentRow(
            id=assignment.id,
            study_key=study_key,
            record_id=assignment.record_id,
            assigned_at=assignment.assigned_at,
            assigned_by=assignment.assigned_by,
        )
    )
    _attach(session, study_key, assignment.record_id)


def find_standing(session: Session, study_key: int) -> str | None:
    """Return the id of the assignment that a study hangs on."""
    row = StudyAssignmentRow
    return session.scalar(
        select(row.id).where(row.study_key == study_key, row.undone_at.is_(None)).limit(1)
    )


def undo(session: Session, study_key: int, assignment_id: str, now: datetime, by: str) -> None:
    """Detach a study again."""
    session.execute(
        update(StudyAssignmentRow)
        .where(StudyAssignmentRow.id == assignment_id)
        .values(undone_at=now, undone_by=by)
    )
    _attach(session, study_key, None)


def _attach(session: Session, study_key: int, record_id: RecordId | None) -> None:
    session.execute(
        update(StudyRow)
        .where(StudyRow.id == study_key)
        .values(record_id=record_id)
        .execution_options(synchronize_session=False)
    )


def warnings_of(session: Session, study_key: int, limit: int) -> Sequence[InstanceWarning]:
    """Return what the scan remarked about the instances of a study, in order of arrival."""
    rows = session.execute(
        select(InstanceRow.sop_instance_uid, InstanceRow.warnings)
        .join(SeriesRow, SeriesRow.id == InstanceRow.series_key)
        .where(SeriesRow.study_key == study_key, InstanceRow.warnings != "")
        .order_by(InstanceRow.id)
        .limit(limit)
    )
    return [
        InstanceWarning(uid, *remark.split(":", 1))
        for uid, remarks in rows
        for remark in remarks.split(" ")
    ]
