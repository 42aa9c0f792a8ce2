"""What is read from the index for a retrieval, within what the caller may see."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, literal, select
from sqlalchemy.orm import Session

from medshare.access.model import Visibility
from medshare.imaging.layout import Layout, inflate, unpack_layout
from medshare.imaging.model import RetrievedInstance, Selection
from medshare.imaging.rows import InstanceMetadataRow, InstanceRow, SeriesRow, StudyRow
from medshare.imaging.sight import Sight, is_seen, may_see, person_of_study
from medshare.kernel.audit import Subject
from medshare.kernel.identifiers import FacilityCode, PatientId, RecordId

CHUNK = 200


@dataclass(frozen=True, slots=True)
class Found:
    """The instances that a selection names, in order of series and number, and whose they are.

    ``subject`` is ``None`` for a study whose patient is not known yet.
    """

    facility: FacilityCode
    subject: Subject | None
    instances: Sequence[RetrievedInstance]


def find(
    session: Session, selection: Selection, visibility: Visibility, sight: Sight
) -> Found | None:
    """Return what a selection names, ``None`` when nothing is there or may be seen."""
    person = person_of_study()
    study = select(
        StudyRow.id, StudyRow.facility_code, StudyRow.record_id, person.label("person")
    ).where(
        StudyRow.study_instance_uid == selection.study_instance_uid,
        is_seen(visibility, sight, person),
    )
    seen = session.execute(study).one_or_none()
    if seen is None:
        return None
    instances = _instances(session, seen.id, selection)
    if not instances:
        return None
    subject = None
    if seen.record_id is not None:
        subject = Subject(PatientId(seen.person), RecordId(seen.record_id))
    return Found(FacilityCode(seen.facility_code), subject, instances)


def was_retracted(
    session: Session, selection: Selection, visibility: Visibility, sight: Sight
) -> bool:
    """Tell whether what a selection names was retracted from those who might see it."""
    statement = (
        select(InstanceRow.id)
        .join(SeriesRow, SeriesRow.id == InstanceRow.series_key)
        .join(StudyRow, StudyRow.id == SeriesRow.study_key)
        .where(
            StudyRow.study_instance_uid == selection.study_instance_uid,
            InstanceRow.retraction_id.is_not(None),
            may_see(visibility, sight, person_of_study()),
            *_named(selection),
        )
        .limit(1)
    )
    return session.scalar(statement) is not None


def _named(selection: Selection) -> Iterator[ColumnElement[bool]]:
    if selection.series_instance_uid is not None:
        yield SeriesRow.series_instance_uid == selection.series_instance_uid
    if selection.sop_instance_uid is not None:
        yield InstanceRow.sop_instance_uid == selection.sop_instance_uid


def _instances(session: Session, study_key: int, selection: Selection) -> list[RetrievedInstance]:
    statement = (
        select(
            InstanceRow.id,
            literal(selection.study_instance_uid),
            SeriesRow.series_instance_uid,
            InstanceRow.sop_instance_uid,
            InstanceRow.sop_class_uid,
            InstanceRow.transfer_syntax_uid,
            InstanceRow.blob_key,
            InstanceRow.size_bytes,
        )
        .join(SeriesRow, SeriesRow.id == InstanceRow.series_key)
        .where(SeriesRow.study_key == study_key, InstanceRow.retraction_id.is_(None))
        .where(*_named(selection))
        .order_by(
            SeriesRow.series_number,
            SeriesRow.id,
            InstanceRow.instance_number,
            InstanceRow.sop_instance_uid,
        )
    )
    return [RetrievedInstance(*row) for row in session.execute(statement)]


def metadata(session: Session, keys: Sequence[int]) -> Iterator[bytes]:
    """Yield the DICOM JSON of instances, each as stored, in the order of their keys given."""
    for start in range(0, len(keys), CHUNK):
        chunk = keys[start : start + CHUNK]
        rows = session.execute(
            select(InstanceMetadataRow.instance_key, InstanceMetadataRow.dataset).where(
                InstanceMetadataRow.instance_key.in_(chunk)
            )
        )
        found = dict(rows.all())
        yield from (inflate(found[key]) for key in chunk)


def layout(session: Session, key: int) -> Layout:
    """Return where an instance's bulk values and frames stand."""
    packed = session.scalars(
        select(InstanceMetadataRow.layout).where(InstanceMetadataRow.instance_key == key)
    ).one()
    return unpack_layout(packed)
