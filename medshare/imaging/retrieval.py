"""What is read from the index for a retrieval, within what the caller may see."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import CTE, Select, String, bindparam, func, select
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
ONE = 1
STATEMENTS = Statements("", LAST_NUMBER, CLOCK_SKEW, ONE)
OF_OWNER, OF_INSTANCE = slice(3), slice(3, 12)  # columns of ``_listed``
NEVER = datetime.min.replace(tzinfo=UTC)  # for statements that do not depend on the present


@dataclass(frozen=True, slots=True)
class Found:
    """The instances that a selection names, in order of series and number, and whose they are.

    Parameters
    ----------
    subject
        ``None`` for a study whose patient is not known yet.
    layouts
        Those of the instances as they are stored, by key; none where they were not asked for.
    """

    facility: FacilityCode
    subject: Subject | None
    instances: Sequence[RetrievedInstance]
    layouts: Mapping[int, bytes] = field(default_factory=dict)

    def layout_of(self, instance: RetrievedInstance) -> Layout:
        """Return where an instance's bulk values and frames stand."""
        return unpack_layout(self.layouts[instance.id])


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
    uids = _uids(selection)
    of_series = "series" in uids

    def build() -> Select[Any]:
        counted = SeriesRow.instance_count if of_series else StudyRow.instance_count
        statement = _study(visibility, sight).add_columns(StudyRow.id, counted)
        if of_series:
            statement = statement.join(SeriesRow, SeriesRow.study_key == StudyRow.id).where(
                SeriesRow.series_instance_uid == bindparam("series")
            )
        return statement

    shape = ("see", of_series, visibility, sight.windows)
    rows = STATEMENTS.rows(session, shape, build, uids, sight.now)
    if not rows:
        return None
    *owner, key, count = rows[0]
    return Seen(key, *_owner(*owner), count)


def find(
    session: Session,
    selection: Selection,
    visibility: Visibility,
    sight: Sight,
    *,
    with_layouts: bool = False,
) -> Found | None:
    """Return what a selection names, ``None`` when nothing is there or may be seen."""
    uids = _uids(selection)

    def build() -> Select[Any]:
        # Not merged with the rest, which would look the person up for each instance.
        study = _study(visibility, sight).add_columns(StudyRow.id).cte("study")
        statement = _listed(study.prefix_with("MATERIALIZED"), uids)
        return _laid_out(statement) if with_layouts else statement

    shape = ("find", with_layouts, *uids, visibility, sight.windows)
    rows = STATEMENTS.rows(session, shape, build, uids, sight.now)
    if not rows:
        return None
    instances = [RetrievedInstance(*row[OF_INSTANCE]) for row in rows]
    layouts = {each.id: row[-1] for each, row in zip(instances, rows, strict=True)}
    return Found(*_owner(*rows[0][OF_OWNER]), instances, layouts if with_layouts else {})


def _uids(selection: Selection) -> dict[str, str]:
    """Return the parameters of a statement for a selection: the UIDs that it gives."""
    given = {
        "study": selection.study_instance_uid,
        "series": selection.series_instance_uid,
        "instance": selection.sop_instance_uid,
    }
    return {name: uid for name, uid in given.items() if uid is not None}


def _study(visibility: Visibility, sight: Sight) -> Select[str, str | None, str]:
    """Select whose a study is, if it may be seen."""
    person = person_of_study()
    return select(StudyRow.facility_code, StudyRow.record_id, person.label("person_id")).where(
        StudyRow.study_instance_uid == bindparam("study"), is_seen(visibility, sight, person)
    )


def _owner(
    facility: str, record_id: str | None, person_id: str
) -> tuple[FacilityCode, Subject | None]:
    subject = None
    if record_id is not None:
        subject = Subject(PatientId(person_id), RecordId(record_id))
    return FacilityCode(facility), subject


def was_retracted(
    session: Session, selection: Selection, visibility: Visibility, sight: Sight
) -> bool:
    """Tell whether what a selection names was retracted from those who might see it."""
    uids = _uids(selection)

    def build() -> Select[Any]:
        statement = (
            select(InstanceRow.id)
            .join(SeriesRow, SeriesRow.id == InstanceRow.series_key)
            .join(StudyRow, StudyRow.id == SeriesRow.study_key)
            .where(
                StudyRow.study_instance_uid == bindparam("study"),
                InstanceRow.retraction_id.is_not(None),
                may_see(visibility, sight, person_of_study()),
            )
            .limit(ONE)
        )
        return _named(statement, uids)

    shape = ("was retracted", *uids, visibility, sight.windows)
    return bool(STATEMENTS.rows(session, shape, build, uids, sight.now))


def _named(statement: Select[Any], uids: Collection[str]) -> Select[Any]:
    """Restrict a statement to the series and the instance whose UIDs are given."""
    if "series" in uids:
        statement = statement.where(SeriesRow.series_instance_uid == bindparam("series"))
    if "instance" in uids:
        statement = statement.where(InstanceRow.sop_instance_uid == bindparam("instance"))
    return statement


def _listed(study: CTE, uids: Collection[str]) -> Select[Any]:
    """Select the instances of a study, or those of the series or instance that is named."""
    statement = (
        select(
            study.c.facility_code,
            study.c.record_id,
            study.c.person_id,
            InstanceRow.id,
            bindparam("study", type_=String),
            SeriesRow.series_instance_uid,
            InstanceRow.sop_instance_uid,
            InstanceRow.sop_class_uid,
            InstanceRow.transfer_syntax_uid,
            InstanceRow.blob_key,
            InstanceRow.size_bytes,
            InstanceRow.crc32,
        )
        .join(SeriesRow, SeriesRow.study_key == study.c.id)
        .join(InstanceRow, InstanceRow.series_key == SeriesRow.id)
        .where(InstanceRow.retraction_id.is_(None))
        .order_by(
            func.coalesce(SeriesRow.series_number, LAST_NUMBER),
            SeriesRow.id,
            func.coalesce(InstanceRow.instance_number, LAST_NUMBER),
            InstanceRow.sop_instance_uid,
        )
    )
    return _named(statement, uids)


def _laid_out(statement: Select[Any]) -> Select[Any]:
    """Add where their bulk values and frames stand to instances."""
    return statement.add_columns(InstanceMetadataRow.layout).join(
        InstanceMetadataRow, InstanceMetadataRow.instance_key == InstanceRow.id
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
