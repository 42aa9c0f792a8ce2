"""What is written to the index at ingest."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

import orjson
from sqlalchemy import BindParameter, and_, bindparam, delete, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from medshare.imaging import metadata
from medshare.imaging.attributes import Level, number, text
from medshare.imaging.dicom_json import DicomJson
from medshare.imaging.excerpts import write_excerpt
from medshare.imaging.findable import add_requests, add_to_counts, find_or_add_name
from medshare.imaging.layout import pack_layout, squeeze
from medshare.imaging.metadata import Described
from medshare.imaging.model import (
    InstanceHolding,
    StoredFile,
    StoredMeanwhileError,
    StudyClaim,
    StudyHolding,
    StudyLinks,
)
from medshare.imaging.rows import (
    InstanceHolderRow,
    InstanceMetadataRow,
    InstanceRow,
    SeriesRow,
    StudyRow,
)
from medshare.imaging.scanner import ScannedInstance
from medshare.infra.begun import wire_of
from medshare.infra.compiled import Fixed, Insertion
from medshare.infra.db import Row
from medshare.infra.locks import take_turns
from medshare.kernel.identifiers import ExamId, FacilityCode, RecordId, StudyInstanceUid

CHUNK = 512
# Past the mapper: a mapped row costs ingest many times as much as its insert.
STUDIES, SERIES, INSTANCES, METADATA, HOLDERS = (
    Row.metadata.tables[row.__tablename__]
    for row in (StudyRow, SeriesRow, InstanceRow, InstanceMetadataRow, InstanceHolderRow)
)
_ADD_STUDY, _ADD_SERIES, _ADD_METADATA = map(Insertion, (STUDIES, SERIES, METADATA))
_ADD_INSTANCES = Insertion(INSTANCES)
_ADD_HOLDER = Insertion(HOLDERS, skips_known=True)
_STUDY = Fixed(
    select(
        STUDIES.c.id,
        STUDIES.c.facility_code,
        STUDIES.c.patient_id,
        STUDIES.c.record_id,
        STUDIES.c.retraction_id,
    ).where(STUDIES.c.study_instance_uid == bindparam("uid"))
)
_CLAIM = Fixed(
    select(
        STUDIES.c.facility_code,
        STUDIES.c.patient_identifier_system,
        STUDIES.c.patient_id,
        STUDIES.c.accession_number,
        STUDIES.c.record_id,
        STUDIES.c.exam_id,
    ).where(STUDIES.c.study_instance_uid == bindparam("uid"))
)
_SERIES_KEY = Fixed(
    select(SERIES.c.id).where(
        SERIES.c.study_key == bindparam("study_key"),
        SERIES.c.series_instance_uid == bindparam("uid"),
    )
)


def take_turns_on_studies(session: Session, study_instance_uids: Sequence[str]) -> None:
    """Let requests that store into the same studies wait for each other."""
    for uid in sorted(set(study_instance_uids)):
        take_turns(session, f"study:{uid}")


def find_study(session: Session, uid: str) -> StudyHolding | None:
    """Return what the index says of a study."""
    row = _STUDY.first(wire_of(session), uid=uid)
    if row is None:
        return None
    key, facility, patient_id, record_id, retraction_id = row
    return StudyHolding(
        key,
        FacilityCode(facility),
        patient_id,
        RecordId(record_id) if record_id else None,
        is_retracted=retraction_id is not None,
    )


def find_instances(session: Session, uids: Sequence[str]) -> dict[str, InstanceHolding]:
    """Return what the index says of those instances that it has, by SOP Instance UID."""
    found: dict[str, InstanceHolding] = {}
    for start in range(0, len(uids), CHUNK):
        chunk = uids[start : start + CHUNK]
        places = _rounded(len(chunk))
        named = {f"uid{n}": chunk[min(n, len(chunk) - 1)] for n in range(places)}
        rows = _holdings(places).rows(wire_of(session), **named)
        for uid, key, sha256, retraction_id in rows:
            found[uid] = InstanceHolding(key, sha256, is_retracted=retraction_id is not None)
    return found


def _rounded(count: int) -> int:
    """Return the next power of two, so that few statements do for every count."""
    return 1 << (count - 1).bit_length()


@cache
def _holdings(count: int) -> Fixed:
    columns = (
        INSTANCES.c.sop_instance_uid,
        INSTANCES.c.id,
        INSTANCES.c.sha256,
        INSTANCES.c.retraction_id,
    )
    named: list[BindParameter[str]] = [bindparam(f"uid{n}") for n in range(count)]
    return Fixed(select(*columns).where(INSTANCES.c.sop_instance_uid.in_(named)))


def add_study(
    session: Session,
    scanned: ScannedInstance,
    claim: StudyClaim,
    links: StudyLinks,
    now: datetime,
) -> int:
    """Insert the study of its first instance and return its key."""
    dataset = scanned.dataset
    values = {
        "study_instance_uid": claim.study_instance_uid,
        "facility_code": claim.facility,
        "record_id": links.record_id,
        "exam_id": links.exam_id,
        "patient_identifier_system": claim.patient_identifier_system,
        "patient_id": claim.patient_id,
        "patient_name_key": find_or_add_name(session, dataset, "00100010"),
        "patient_birth_date": text(dataset, "00100030"),
        "patient_sex": text(dataset, "00100040"),
        "issuer_of_patient_id": text(dataset, "00100021"),
        "study_date": text(dataset, "00080020"),
        "study_time": text(dataset, "00080030"),
        "accession_number": claim.accession_number,
        "referring_name_key": find_or_add_name(session, dataset, "00080090"),
        "study_id": text(dataset, "00200010"),
        "study_description": text(dataset, "00081030"),
        "excerpt": write_excerpt(dataset, Level.STUDY),
        "stored_at": now,
    }
    return _insert(session, _ADD_STUDY, values)


def find_series(session: Session, study_key: int, uid: str) -> int | None:
    """Return the key of a study's series, ``None`` before its first instance."""
    known = _SERIES_KEY.first(wire_of(session), study_key=study_key, uid=uid)
    return None if known is None else int(known[0])


def add_series(session: Session, study_key: int, scanned: ScannedInstance) -> int:
    """Insert the series of its first instance and return its key."""
    dataset = scanned.dataset
    values = {
        "study_key": study_key,
        "series_instance_uid": scanned.uids.series_instance_uid,
        "modality": text(dataset, "00080060"),
        "series_number": number(dataset, "00200011"),
        "series_description": text(dataset, "0008103E"),
        "body_part_examined": text(dataset, "00180015"),
        "laterality": text(dataset, "00200060"),
        "performed_procedure_step_start_date": text(dataset, "00400244"),
        "performed_procedure_step_start_time": text(dataset, "00400245"),
        "excerpt": write_excerpt(dataset, Level.SERIES),
    }
    key = _insert(session, _ADD_SERIES, values)
    add_requests(session, key, dataset)
    return key


@dataclass(frozen=True, slots=True)
class NewInstance:
    """An instance about to be inserted, and the key of its series."""

    series_key: int
    scanned: ScannedInstance
    stored: StoredFile


def add_instances(
    session: Session, instances: Sequence[NewInstance], base: str, now: datetime
) -> Sequence[int]:
    """Insert instances with their metadata; return their keys, in order.

    Parameters
    ----------
    base
        The address of the DICOMweb root, below which bulk data are found.

    Raises
    ------
    StoredMeanwhileError
        Another request inserted one of them in the same moment.
    """
    if not instances:
        return []
    datasets = [each.scanned.described for each in instances]
    values = [
        {"series_key": each.series_key, **_instance_values(each.scanned, dataset, each.stored, now)}
        for each, dataset in zip(instances, datasets, strict=True)
    ]
    try:
        keys = _ADD_INSTANCES.keys(wire_of(session), values)
    except IntegrityError:
        raise StoredMeanwhileError from None
    described = list(map(_described, keys, instances, datasets))
    scanned = [each.scanned for each in instances]
    _write_metadata(session, zip(described, scanned, strict=True))
    metadata.append(session, described, base)
    add_to_counts(session, Counter(each.series_key for each in instances))
    return keys


def _write_metadata(
    session: Session, instances: Iterable[tuple[Described, ScannedInstance]]
) -> None:
    """Write what is read with one instance in hand, for instances that have none yet."""
    rows = [
        {
            "instance_key": described.instance_key,
            "dataset": squeeze(described.dataset),
            "layout": pack_layout(scanned),
        }
        for described, scanned in instances
    ]
    _ADD_METADATA.run(wire_of(session), rows)


def replace_instance(
    session: Session, key: int, scanned: ScannedInstance, stored: StoredFile, now: datetime
) -> None:
    """Put what was scanned from other bytes in the place of what stood of an instance."""
    dataset = scanned.described
    series_key = session.scalars(
        update(InstanceRow)
        .where(InstanceRow.id == key)
        .values(_instance_values(scanned, dataset, stored, now))
        .returning(InstanceRow.series_key)
        .execution_options(synchronize_session=False)
    ).one()
    session.execute(delete(InstanceMetadataRow).where(InstanceMetadataRow.instance_key == key))
    described = _described(key, NewInstance(series_key, scanned, stored), dataset)
    _write_metadata(session, [(described, scanned)])
    metadata.rebuild(session, [series_key])


def _described(key: int, instance: NewInstance, dataset: DicomJson) -> Described:
    uids = instance.scanned.uids
    return Described(
        instance.series_key,
        key,
        uids.study_instance_uid,
        uids.series_instance_uid,
        uids.sop_instance_uid,
        orjson.dumps(dataset),
    )


def _instance_values(
    scanned: ScannedInstance, dataset: DicomJson, stored: StoredFile, now: datetime
) -> dict[str, object]:
    return {
        "sop_instance_uid": scanned.uids.sop_instance_uid,
        "sop_class_uid": scanned.uids.sop_class_uid,
        "transfer_syntax_uid": scanned.syntax.uid,
        "instance_number": number(dataset, "00200013"),
        "number_of_frames": number(dataset, "00280008"),
        "rows": number(dataset, "00280010"),
        "columns": number(dataset, "00280011"),
        "bits_allocated": number(dataset, "00280100"),
        "excerpt": write_excerpt(dataset, Level.INSTANCE),
        "blob_key": stored.blob_key,
        "sha256": stored.sha256,
        "size_bytes": stored.size_bytes,
        "crc32": stored.crc32,
        "warnings": " ".join(f"{each.code}:{each.attribute}" for each in scanned.warnings),
        "stored_at": now,
    }


def add_holders(
    session: Session, keys: Sequence[int], facility: FacilityCode, now: datetime
) -> None:
    """Note that a facility sent instances; once is enough."""
    if not keys:
        return
    rows = [
        {"instance_key": key, "facility_code": facility, "received_at": now}
        for key in dict.fromkeys(keys)
    ]
    _ADD_HOLDER.run(wire_of(session), rows)


def find_claim(session: Session, uid: str) -> tuple[StudyClaim, StudyLinks] | None:
    """Return what a study says of itself and what it is attached to."""
    row = _CLAIM.first(wire_of(session), uid=uid)
    if row is None:
        return None
    facility, system, patient_id, accession_number, record_id, exam_id = row
    claim = StudyClaim(
        facility=FacilityCode(facility),
        patient_identifier_system=system,
        patient_id=patient_id,
        accession_number=accession_number,
        study_instance_uid=StudyInstanceUid(uid),
    )
    links = StudyLinks(
        RecordId(record_id) if record_id else None,
        ExamId(exam_id) if exam_id else None,
    )
    return claim, links


def studies_without_record(
    session: Session, facility: FacilityCode, identifiers: Sequence[tuple[str, str]]
) -> Sequence[str]:
    """Return the UIDs of a facility's studies that wait for a record with these identifiers."""
    named = [
        and_(StudyRow.patient_identifier_system == system, StudyRow.patient_id == value)
        for system, value in identifiers
    ]
    return session.scalars(
        select(StudyRow.study_instance_uid)
        .where(StudyRow.facility_code == facility, StudyRow.record_id.is_(None), or_(*named))
        .order_by(StudyRow.id)
    ).all()


def studies_without_exam(
    session: Session, facility: FacilityCode, accession_number: str, uids: Sequence[str]
) -> Sequence[str]:
    """Return the UIDs of a facility's studies that wait for an exam of this number or these."""
    named = or_(
        StudyRow.accession_number == accession_number, StudyRow.study_instance_uid.in_(uids)
    )
    return session.scalars(
        select(StudyRow.study_instance_uid)
        .where(StudyRow.facility_code == facility, StudyRow.exam_id.is_(None), named)
        .order_by(StudyRow.id)
    ).all()


def attach(session: Session, uid: str, links: StudyLinks) -> None:
    """Attach a study to what has become known; what it is attached to stays."""
    row = session.scalars(select(StudyRow).where(StudyRow.study_instance_uid == uid)).one()
    row.record_id = row.record_id or links.record_id
    row.exam_id = row.exam_id or links.exam_id
    session.flush()


def _insert(session: Session, insertion: Insertion, values: Mapping[str, object]) -> int:
    try:
        return insertion.key(wire_of(session), values)
    except IntegrityError:
        raise StoredMeanwhileError from None
