"""What is read from the index for a retrieval, within what the caller may see."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, String, bindparam, func, select
from sqlalchemy.orm import Session

from medshare.access.model import Visibility
from medshare.care.model import CLOCK_SKEW
from medshare.imaging.attributes import NUMBER_MAX
from medshare.imaging.layout import Layout, inflate, unpack_layout
from medshare.imaging.model import RetrievedInstance, Selection
from medshare.imaging.rows import InstanceMetadataRow, InstanceRow, SeriesRow, StudyRow
from medshare.imaging.sight import Sight, is_seen, may_see, person_of_study
from medshare.infra.statements import Statements
from medshare.kernel.audit import Subject
from medshare.kernel.identifiers import FacilityCode, PatientId, RecordId

LAST_NUMBER = NUMBER_MAX  # as if it were the greatest: what has none comes last
STATEMENTS = Statements("", LAST_NUMBER, CLOCK_SKEW)
NEVER = datetime.min.replace(tzinfo=UTC)  # for statements that do not depend on the present


@dataclass(frozen=True, slots=True)
class Found:
    """The instances that a selection names, in order of series and number, and whose they are.

    ``subject`` is ``None`` for a study whose patient is not known yet.
    """

    facility: FacilityCode
    subject: Subject | None
    instances: Sequence[RetrievedInstance]


@dataclass(frozen=True, slots=True)
class Seen:
    """A study that may be seen, whose it is, and how many of its instances are asked for."""

    study_key: int
    facility: FacilityCode
    subject: Subject | None
    instance_count: int


def see(
    session: Session, selection: Selection, visibility: Visibility, sight: Sight
) -> Seen | None:
    """Return the study of a selection, ``None`` when nothing is there or may be seen."""
    of_series = selection.series_instance_uid is not None
    values = {"study": selection.study_instance_uid}
    if of_series:
        values["series"] = selection.series_instance_uid or ""

    def build() -> Select[Any]:
        person = person_of_study()
        counted = SeriesRow.instance_count if of_series else StudyRow.instance_count
        columns: list[Any] = [StudyRow.id, StudyRow.facility_code, StudyRow.record_id]
        statement = select(*columns, person, counted).where(
            StudyRow.study_instance_uid == bindparam("study"), is_seen(visibility, sight, person)
        )
        if of_series:
            statement = statement.join(SeriesRow, SeriesRow.study_key == StudyRow.id).where(
                SeriesRow.series_instance_uid == bindparam("series")
            )
        return statement

    shape = ("see", of_series, visibility, sight.windows)
    rows = STATEMENTS.rows(session, shape, build, values, sight.now)
    if not rows:
        return None
    key, facility, record_id, person_id, count = rows[0]
    subject = None
    if record_id is not None:
        subject = Subject(PatientId(person_id), RecordId(record_id))
    return Seen(key, FacilityCode(facility), subject, count)


def find(
    session: Session, selection: Selection, visibility: Visibility, sight: Sight
) -> Found | None:
    """Return what a selection names, ``None`` when nothing is there or may be seen."""
    seen = see(session, selection, visibility, sight)
    if seen is None:
        return None
    instances = _instances(session, seen.study_key, selection, sight)
    return Found(seen.facility, seen.subject, instances) if instances else None


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


def _instances(
    session: Session, study_key: int, selection: Selection, sight: Sight
) -> list[RetrievedInstance]:
    named = {
        "series": selection.series_instance_uid,
        "instance": selection.sop_instance_uid,
    }
    given = {name: uid for name, uid in named.items() if uid is not None}
    values = {"study_key": study_key, "study_uid": selection.study_instance_uid, **given}

    def build() -> Select[Any]:
        statement = _listed()
        if "series" in given:
            statement = statement.where(SeriesRow.series_instance_uid == bindparam("series"))
        if "instance" in given:
            statement = statement.where(InstanceRow.sop_instance_uid == bindparam("instance"))
        return statement

    rows = STATEMENTS.rows(session, ("instances", *given), build, values, sight.now)
    return [RetrievedInstance(*row) for row in rows]


def _listed() -> Select[Any]:
    columns: list[Any] = [
        InstanceRow.id,
        bindparam("study_uid", type_=String),
        SeriesRow.series_instance_uid,
        InstanceRow.sop_instance_uid,
        InstanceRow.sop_class_uid,
        InstanceRow.transfer_syntax_uid,
        InstanceRow.blob_key,
        InstanceRow.size_bytes,
        InstanceRow.crc32,
    ]
    return (
        select(*columns)
        .join(SeriesRow, SeriesRow.id == InstanceRow.series_key)
        .where(SeriesRow.study_key == bindparam("study_key"), InstanceRow.retraction_id.is_(None))
        .order_by(
            func.coalesce(SeriesRow.series_number, LAST_NUMBER),
            SeriesRow.id,
            func.coalesce(InstanceRow.instance_number, LAST_NUMBER),
            InstanceRow.sop_instance_uid,
        )
    )


def layout(session: Session, key: int) -> Layout:
    """Return where an instance's bulk values and frames stand."""
    packed = STATEMENTS.rows(session, "layout", _layout, {"instance_key": key}, NEVER)
    return unpack_layout(packed[0][0])


def described(session: Session, key: int) -> tuple[bytes, Layout]:
    """Return an instance's DICOM JSON beside where its bulk values and frames stand."""
    values = {"instance_key": key}
    ((dataset, packed),) = STATEMENTS.rows(session, "described", _whole, values, NEVER)
    return inflate(dataset), unpack_layout(packed)


def _whole() -> Select[Any]:
    columns: list[Any] = [InstanceMetadataRow.dataset, InstanceMetadataRow.layout]
    of_instance = InstanceMetadataRow.instance_key == bindparam("instance_key")
    return select(*columns).where(of_instance)


def _layout() -> Select[Any]:
    of_instance = InstanceMetadataRow.instance_key == bindparam("instance_key")
    return select(InstanceMetadataRow.layout).where(of_instance)
