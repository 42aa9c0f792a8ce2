"""Queries of exams: who may see an exam stands in each of them that answers a caller."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import (
    bindparam,
    select,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from medshare.exams.model import (
    Coding,
    Details,
    Exam,
    ExamKind,
    ExamLink,
    ExamOrder,
    ExamStatus,
    IdentifierRef,
    Laterality,
    Stamp,
    StudyInUseError,
)
from medshare.exams.store.rows import ExamRow, ExamStudyRow
from medshare.infra.begun import wire_of
from medshare.infra.compiled import Fixed
from medshare.kernel.audit import Subject
from medshare.kernel.identifiers import (
    ExamId,
    FacilityCode,
    PatientId,
    RecordId,
    StudyInstanceUid,
)
from medshare.patients.selectables import live_links


def add_exam(session: Session, exam: Exam, digest: str) -> bool:
    """Insert an exam; ``False`` when something of it that must be unique is taken.

    A savepoint keeps the transaction usable, so that the caller can look who was faster.
    """
    try:
        with session.begin_nested():
            session.add(_row(exam, digest))
            session.flush()
    except IntegrityError:
        return False
    return True


def change_exam(session: Session, exam_id: ExamId, details: Details) -> None:
    """Put the details of an exam in the place of its present ones.

    Raises
    ------
    StudyInUseError
        A study belongs to another exam of the facility.
    """
    row = session.get_one(ExamRow, exam_id)
    keep = {each.study_instance_uid: each for each in row.studies}
    row.status = details.status
    row.department = details.department
    row.claimed_mark = details.claimed_mark
    row.laterality = details.laterality
    row.sensitivity = details.sensitivity
    row.sensitivity_reason = details.sensitivity_reason
    row.studies = [
        keep.get(uid) or ExamStudyRow(facility_code=row.facility_code, study_instance_uid=uid)
        for uid in details.study_instance_uids
    ]
    row.revision += 1
    try:
        session.flush()
    except IntegrityError:
        raise StudyInUseError from None


def set_current_report(session: Session, exam_id: ExamId, version: int, status: str) -> None:
    """Say which version of an exam's report is the current one."""
    row = session.get_one(ExamRow, exam_id)
    row.report_version = version
    row.report_status = status
    row.revision += 1
    session.flush()


def hold_own(session: Session, facility: FacilityCode, exam_id: ExamId) -> Exam | None:
    """Return an exam of a facility, and let nobody else change it until the transaction ends."""
    row = session.scalar(
        select(ExamRow)
        .where(ExamRow.id == exam_id, ExamRow.facility_code == facility)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return None if row is None else _of_row(row, _patient_of(session, row.record_id))


def is_own(session: Session, facility: FacilityCode, exam_id: ExamId) -> bool:
    """Tell whether a facility has this exam."""
    own = select(ExamRow.id).where(ExamRow.id == exam_id, ExamRow.facility_code == facility)
    return session.scalar(own) is not None


def find_status(session: Session, exam_id: ExamId) -> ExamStatus | None:
    """Return how far an exam has come."""
    status = session.scalar(select(ExamRow.status).where(ExamRow.id == exam_id))
    return None if status is None else ExamStatus(status)


def subjects_of(session: Session, exam_ids: Collection[ExamId]) -> dict[ExamId, Subject]:
    """Return whom exams are about, by exam; those whose patient is not registered are left out."""
    live = live_links()
    found = session.execute(
        select(ExamRow.id, live.c.patient_id, live.c.record_id)
        .join(live, live.c.record_id == ExamRow.record_id)
        .where(ExamRow.id.in_(exam_ids))
    )
    return {
        ExamId(exam): Subject(PatientId(patient), RecordId(record))
        for exam, patient, record in found
    }


def hold_version(session: Session, exam_id: ExamId) -> int | None:
    """Return an exam's current report version, and keep it so until the transaction ends."""
    return session.scalar(
        select(ExamRow.report_version).where(ExamRow.id == exam_id).with_for_update(read=True)
    )


def find_by_accession(
    session: Session, facility: FacilityCode, accession_number: str
) -> tuple[Exam, str] | None:
    """Return the exam that has a facility's accession number, and the digest of its content."""
    row = session.scalar(
        select(ExamRow).where(
            ExamRow.facility_code == facility, ExamRow.accession_number == accession_number
        )
    )
    return None if row is None else (_of_row(row, _patient_of(session, row.record_id)), row.digest)


_LINKS = select(
    ExamRow.id,
    ExamRow.record_id,
    ExamRow.facility_code,
    ExamRow.accession_number,
)
_OF_NUMBER = Fixed(
    _LINKS.where(
        ExamRow.facility_code == bindparam("facility"),
        ExamRow.accession_number == bindparam("number"),
    )
)
_OF_STUDY = Fixed(
    _LINKS.join(ExamStudyRow).where(
        ExamStudyRow.facility_code == bindparam("facility"),
        ExamStudyRow.study_instance_uid == bindparam("uid"),
    )
)


def link_of_accession(
    session: Session, facility: FacilityCode, accession_number: str
) -> ExamLink | None:
    """Return where the exam of a facility's accession number belongs."""
    session.flush()
    row = _OF_NUMBER.first(wire_of(session), facility=facility, number=accession_number)
    return None if row is None else _link(*row)


def link_of_study(
    session: Session, facility: FacilityCode, uid: StudyInstanceUid
) -> ExamLink | None:
    """Return where the exam of a facility that has a study belongs."""
    session.flush()
    row = _OF_STUDY.first(wire_of(session), facility=facility, uid=uid)
    return None if row is None else _link(*row)


def _link(exam_id: str, record_id: str | None, facility: str, number: str) -> ExamLink:
    record = RecordId(record_id) if record_id else None
    return ExamLink(ExamId(exam_id), record, FacilityCode(facility), number)


def attach_waiting(
    session: Session, facility: FacilityCode, named: IdentifierRef, record_id: RecordId
) -> Sequence[Exam]:
    """Give a facility's exams that wait for this identifier to a record; return them."""
    rows = session.scalars(
        select(ExamRow)
        .where(
            ExamRow.facility_code == facility,
            ExamRow.patient_system == named.system,
            ExamRow.patient_value == named.value,
            ExamRow.record_id.is_(None),
        )
        .order_by(ExamRow.id)
        .with_for_update()
    ).all()
    for row in rows:
        row.record_id = record_id
        row.revision += 1
    session.flush()
    patient_id = _patient_of(session, record_id)
    return [_of_row(row, patient_id) for row in rows]


def _patient_of(session: Session, record_id: str | None) -> str | None:
    if record_id is None:
        return None
    live = live_links()
    return session.scalar(select(live.c.patient_id).where(live.c.record_id == record_id))


def _row(exam: Exam, digest: str) -> ExamRow:
    order = exam.order
    named = order.patient if isinstance(order.patient, IdentifierRef) else None
    return ExamRow(
        id=exam.id,
        facility_code=exam.facility,
        accession_number=order.accession_number,
        kind=order.kind,
        item_system=order.item.system,
        item_code=order.item.code,
        item_display=order.item.display,
        modality=order.modality,
        body_site=order.body_site,
        happened_at=order.happened.at,
        happened_text=order.happened.text,
        status=order.details.status,
        department=order.details.department,
        claimed_mark=order.details.claimed_mark,
        laterality=order.details.laterality,
        sensitivity=order.details.sensitivity,
        sensitivity_reason=order.details.sensitivity_reason,
        record_id=exam.record_id,
        patient_system=named.system if named else None,
        patient_value=named.value if named else None,
        digest=digest,
        revision=exam.revision,
        report_version=exam.report_version,
        report_status=exam.report_status,
        studies=[
            ExamStudyRow(facility_code=exam.facility, study_instance_uid=uid)
            for uid in order.details.study_instance_uids
        ],
    )


def _of_row(row: ExamRow, patient_id: str | None) -> Exam:
    return exam_of(row, patient_id, [each.study_instance_uid for each in row.studies])


def exam_of(row: Any, patient_id: str | None, studies: Sequence[str]) -> Exam:  # noqa: ANN401  # columns
    person = PatientId(patient_id) if patient_id else None
    return Exam(
        id=ExamId(row.id),
        facility=FacilityCode(row.facility_code),
        order=_order(row, person, studies),
        record_id=RecordId(row.record_id) if row.record_id else None,
        patient_id=person,
        revision=row.revision,
        report_version=row.report_version,
        report_status=row.report_status,
    )


def _order(row: Any, person: PatientId | None, studies: Sequence[str]) -> ExamOrder:  # noqa: ANN401  # columns
    return ExamOrder(
        accession_number=row.accession_number,
        kind=ExamKind(row.kind),
        item=Coding(row.item_system, row.item_code, row.item_display),
        happened=Stamp(row.happened_at, row.happened_text),
        patient=IdentifierRef(row.patient_system, row.patient_value or "")
        if row.patient_system
        else person or PatientId(""),
        details=Details(
            status=ExamStatus(row.status),
            department=row.department,
            claimed_mark=row.claimed_mark,
            laterality=Laterality(row.laterality) if row.laterality else None,
            sensitivity=row.sensitivity,
            sensitivity_reason=row.sensitivity_reason,
            study_instance_uids=tuple(map(StudyInstanceUid, studies)),
        ),
        modality=row.modality,
        body_site=row.body_site,
    )
