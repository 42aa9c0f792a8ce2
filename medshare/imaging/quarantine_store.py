"""Rows and queries of quarantined instances and of an instance's former versions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, and_, insert, select, update
from sqlalchemy.dialects.postgresql import insert as insert_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_sqlite
from sqlalchemy.orm import Session

from medshare.imaging import store
from medshare.imaging.attributes import DataSet
from medshare.imaging.cases import QuarantinedInstance, QuarantineStatus
from medshare.imaging.excerpts import read_excerpt
from medshare.imaging.model import StoredFile, Verdict
from medshare.imaging.rows import (
    InstanceRow,
    InstanceVersionRow,
    QuarantinedInstanceRow,
    SeriesRow,
    StudyRow,
)
from medshare.imaging.scanner import ScannedInstance
from medshare.kernel.audit import Subject
from medshare.kernel.identifiers import FacilityCode, PatientId, RecordId
from medshare.patients.selectables import live_links


@dataclass(frozen=True, slots=True)
class KeptOutInstance:
    """An instance about to be quarantined."""

    id: str
    facility: FacilityCode
    reason: Verdict
    scanned: ScannedInstance
    patient_id: str
    stored: StoredFile


@dataclass(frozen=True, slots=True)
class StandingInstance:
    """The indexed instance whose place a quarantined one might take."""

    key: int
    study_key: int
    facility: FacilityCode
    study_instance_uid: str
    series_instance_uid: str
    patient_id: str
    stored: StoredFile
    stored_at: datetime
    is_retracted: bool


def add(session: Session, instances: Sequence[KeptOutInstance], now: datetime) -> None:
    """Keep instances in quarantine; those that are there already stay as they are."""
    if not instances:
        return
    dialect = session.get_bind().dialect.name
    upsert = insert_sqlite if dialect == "sqlite" else insert_postgresql
    session.execute(
        upsert(QuarantinedInstanceRow).on_conflict_do_nothing(),
        [_values(each, now) for each in instances],
    )


def _values(instance: KeptOutInstance, now: datetime) -> dict[str, object]:
    uids = instance.scanned.uids
    return {
        "id": instance.id,
        "facility_code": instance.facility,
        "reason": instance.reason,
        "study_instance_uid": uids.study_instance_uid,
        "series_instance_uid": uids.series_instance_uid,
        "sop_instance_uid": uids.sop_instance_uid,
        "sop_class_uid": uids.sop_class_uid,
        "patient_id": instance.patient_id,
        "blob_key": instance.stored.blob_key,
        "sha256": instance.stored.sha256,
        "size_bytes": instance.stored.size_bytes,
        "received_at": now,
        "status": QuarantineStatus.WAITING,
    }


def page(
    session: Session,
    facility: FacilityCode,
    status: QuarantineStatus,
    *,
    after: str,
    limit: int,
) -> list[QuarantinedInstance]:
    """Return what a facility sent and is of a status, oldest first, behind an id."""
    row = QuarantinedInstanceRow
    statement = (
        _selected()
        .where(row.facility_code == facility, row.status == status, row.id > after)
        .order_by(row.id)
        .limit(limit)
    )
    return [_instance(*found) for found in session.execute(statement)]


def find(session: Session, case_id: str) -> QuarantinedInstance | None:
    """Return one of them."""
    found = session.execute(_selected().where(QuarantinedInstanceRow.id == case_id)).one_or_none()
    return None if found is None else _instance(*found)


def _selected() -> Select[QuarantinedInstanceRow, str | None, str | None]:
    """Select rows, each with the record and the person of the sender's own study of its UID."""
    links = live_links()
    own = and_(
        StudyRow.study_instance_uid == QuarantinedInstanceRow.study_instance_uid,
        StudyRow.facility_code == QuarantinedInstanceRow.facility_code,
    )
    return (
        select(QuarantinedInstanceRow, StudyRow.record_id, links.c.patient_id)
        .outerjoin(StudyRow, own)
        .outerjoin(links, links.c.record_id == StudyRow.record_id)
    )


def _instance(
    row: QuarantinedInstanceRow, record_id: str | None, patient_id: str | None
) -> QuarantinedInstance:
    subject = None
    if record_id and patient_id:
        subject = Subject(PatientId(patient_id), RecordId(record_id))
    return QuarantinedInstance(
        id=row.id,
        facility=FacilityCode(row.facility_code),
        reason=Verdict(row.reason),
        study_instance_uid=row.study_instance_uid,
        series_instance_uid=row.series_instance_uid,
        sop_instance_uid=row.sop_instance_uid,
        sop_class_uid=row.sop_class_uid,
        patient_id=row.patient_id,
        blob_key=row.blob_key,
        sha256=row.sha256,
        size_bytes=row.size_bytes,
        received_at=row.received_at,
        status=QuarantineStatus(row.status),
        decided_at=row.decided_at,
        decided_by=row.decided_by,
        subject=subject,
    )


def decide(
    session: Session, case_id: str, status: QuarantineStatus, now: datetime, by: str
) -> bool:
    """Write a decision down; tell whether it was the first."""
    row = QuarantinedInstanceRow
    decided = session.execute(
        update(row)
        .where(row.id == case_id, row.status == QuarantineStatus.WAITING)
        .values(status=status, decided_at=now, decided_by=by)
        .returning(row.id)
    )
    return decided.one_or_none() is not None


def find_standing(session: Session, sop_instance_uid: str) -> StandingInstance | None:
    """Return the indexed instance of a UID."""
    found = session.execute(
        select(InstanceRow, SeriesRow, StudyRow)
        .join(SeriesRow, SeriesRow.id == InstanceRow.series_key)
        .join(StudyRow, StudyRow.id == SeriesRow.study_key)
        .where(InstanceRow.sop_instance_uid == sop_instance_uid)
    ).one_or_none()
    if found is None:
        return None
    instance, series, study = found
    return StandingInstance(
        key=instance.id,
        study_key=study.id,
        facility=FacilityCode(study.facility_code),
        study_instance_uid=study.study_instance_uid,
        series_instance_uid=series.series_instance_uid,
        patient_id=study.patient_id,
        stored=StoredFile(instance.blob_key, instance.sha256, instance.size_bytes),
        stored_at=instance.stored_at,
        is_retracted=instance.retraction_id is not None,
    )


def find_own_study(
    session: Session, facility: FacilityCode, study_instance_uid: str
) -> DataSet | None:
    """Return what the index keeps of a facility's own study."""
    excerpt = session.scalar(
        select(StudyRow.excerpt).where(
            StudyRow.study_instance_uid == study_instance_uid, StudyRow.facility_code == facility
        )
    )
    return None if excerpt is None else read_excerpt(excerpt)


def replace(
    session: Session,
    standing: StandingInstance,
    scanned: ScannedInstance,
    stored: StoredFile,
    now: datetime,
) -> None:
    """Let an instance have other bytes, and keep the former ones as a version of it."""
    former = {
        "instance_key": standing.key,
        "sha256": standing.stored.sha256,
        "blob_key": standing.stored.blob_key,
        "size_bytes": standing.stored.size_bytes,
        "stored_at": standing.stored_at,
        "replaced_at": now,
    }
    session.execute(insert(InstanceVersionRow), former)
    store.replace_instance(session, standing.key, scanned, stored, now)
