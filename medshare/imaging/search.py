"""The search of the index: one statement per page, filtered by what the caller may see.

References
----------
DICOM PS3.4 section C.2.2.2 (matching); PS3.18 section 8.3.4 and 10.6.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from medshare.imaging.attributes import Element, Level, Matching, at_or_above
from medshare.imaging.model import Condition, ImagingQuery, Match, searchable
from medshare.imaging.rows import InstanceRow, SeriesRow, StudyRow
from medshare.imaging.sight import Sight, is_seen, person_of_study
from medshare.kernel.audit import Subject
from medshare.kernel.identifiers import PatientId, RecordId

COUNT_MAX = 1000
ROWS = {Level.STUDY: StudyRow, Level.SERIES: SeriesRow, Level.INSTANCE: InstanceRow}
AFTER_ANY = "\x7f"  # sorts after every digit: ends a range within its last unit
NAME_COLUMNS = {
    "PatientName": "patient_name",
    "ReferringPhysicianName": "referring_name",
}
NAME_GROUPS = ("alphabetic", "ideographic", "phonetic")
COLUMNS: Mapping[str, str] = {
    "StudyDate": "study_date",
    "StudyTime": "study_time",
    "AccessionNumber": "accession_number",
    "StudyDescription": "study_description",
    "PatientID": "patient_id",
    "IssuerOfPatientID": "issuer_of_patient_id",
    "PatientBirthDate": "patient_birth_date",
    "PatientSex": "patient_sex",
    "StudyInstanceUID": "study_instance_uid",
    "StudyID": "study_id",
    "Modality": "modality",
    "SeriesDescription": "series_description",
    "BodyPartExamined": "body_part_examined",
    "SeriesInstanceUID": "series_instance_uid",
    "SeriesNumber": "series_number",
    "Laterality": "laterality",
    "PerformedProcedureStepStartDate": "performed_procedure_step_start_date",
    "PerformedProcedureStepStartTime": "performed_procedure_step_start_time",
    "SOPClassUID": "sop_class_uid",
    "SOPInstanceUID": "sop_instance_uid",
    "InstanceNumber": "instance_number",
    "NumberOfFrames": "number_of_frames",
    "Rows": "rows",
    "Columns": "columns",
    "BitsAllocated": "bits_allocated",
}


class StudyCounts:
    """What is counted in a study: series, instances, and instances of each series."""

    def __init__(self) -> None:
        self.modalities: set[str] = set()
        self.instances: dict[int, int] = {}

    def add(self, series_key: int, modality: str, instances: int) -> None:
        """Count a series in."""
        self.instances[series_key] = instances
        if modality:
            self.modalities.add(modality)

    def computed(self, series_key: int | None) -> dict[str, Element]:
        """Return the elements that are made at the search."""
        elements: dict[str, Element] = {
            "00080056": {"vr": "CS", "Value": ["ONLINE"]},
            "00080061": {"vr": "CS", "Value": sorted(self.modalities)},
            "00201206": {"vr": "IS", "Value": [len(self.instances)]},
            "00201208": {"vr": "IS", "Value": [sum(self.instances.values())]},
        }
        if series_key is not None:
            elements["00201209"] = {"vr": "IS", "Value": [self.instances[series_key]]}
        return elements


def search(session: Session, query: ImagingQuery, sight: Sight) -> tuple[list[Match], int]:
    """Return one page of matches, newest study first, and how many remain behind it.

    The remainder is exact to 1,000; beyond, it is 1,001.
    """
    statement = _restricted(session, query, sight)
    page = _ordered(statement, query.level).limit(query.limit + 1).offset(query.offset)
    rows = list(session.execute(page))
    remaining = 0
    if len(rows) > query.limit:
        rest = statement.offset(query.offset + query.limit).limit(COUNT_MAX + 1).subquery()
        remaining = session.scalar(select(func.count()).select_from(rest)) or 0
    rows = rows[: query.limit]
    counts = _counts(session, [row.study_key for row in rows])
    return [_match(query, row, counts[row.study_key]) for row in rows], remaining


def _restricted(session: Session, query: ImagingQuery, sight: Sight) -> Select[Any]:
    person = person_of_study()
    columns: list[Any] = [
        StudyRow.id.label("study_key"),
        StudyRow.study_instance_uid,
        StudyRow.record_id,
        person.label("person"),
        StudyRow.excerpt.label("study_excerpt"),
    ]
    statement = select(*columns).where(is_seen(query.visibility, sight, person))
    if query.level is not Level.STUDY:
        statement = statement.join(SeriesRow, SeriesRow.study_key == StudyRow.id).add_columns(
            SeriesRow.id.label("series_key"),
            SeriesRow.series_instance_uid,
            SeriesRow.excerpt.label("series_excerpt"),
        )
    if query.level is Level.INSTANCE:
        statement = statement.join(InstanceRow, InstanceRow.series_key == SeriesRow.id).add_columns(
            InstanceRow.sop_instance_uid, InstanceRow.excerpt.label("instance_excerpt")
        )
    like = _glob if session.get_bind().dialect.name == "sqlite" else _like
    return statement.where(*(_holds(each, like) for each in query.conditions))


def _ordered(statement: Select[Any], level: Level) -> Select[Any]:
    keys: list[Any] = [
        StudyRow.study_date.desc(),
        StudyRow.study_time.desc(),
        StudyRow.study_instance_uid,
    ]
    if level is not Level.STUDY:
        keys += [SeriesRow.series_number, SeriesRow.series_instance_uid]
    if level is Level.INSTANCE:
        keys += [InstanceRow.instance_number, InstanceRow.sop_instance_uid]
    return statement.order_by(*keys)


Wildcard = Callable[[Any, str], ColumnElement[bool]]


def _glob(column: Any, pattern: str) -> ColumnElement[bool]:  # noqa: ANN401  # a column
    return column.op("GLOB", is_comparison=True)(pattern.replace("[", "[[]"))  # type: ignore[no-any-return]  # a comparison


def _like(column: Any, pattern: str) -> ColumnElement[bool]:  # noqa: ANN401  # a column
    escaped = pattern.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return column.like(escaped.replace("*", "%").replace("?", "_"), escape="\\")  # type: ignore[no-any-return]  # a comparison


def _holds(condition: Condition, like: Wildcard) -> ColumnElement[bool]:
    attribute, wanted = condition.attribute, condition.values
    if attribute.matching is Matching.MODALITIES:
        # Another series than the one that matches, where series are searched, may hold it.
        other = aliased(SeriesRow)
        return exists().where(other.study_key == StudyRow.id, other.modality.in_(wanted))
    if attribute.matching is Matching.NAME:
        prefix = NAME_COLUMNS[attribute.keyword]
        columns = [getattr(StudyRow, f"{prefix}_{group}") for group in NAME_GROUPS]
        return or_(*(like(column, searchable(wanted[0])) for column in columns))
    column = getattr(ROWS[attribute.level], COLUMNS[attribute.keyword])
    if attribute.matching is Matching.UID:
        return column.in_(wanted)  # type: ignore[no-any-return]  # a comparison
    if attribute.matching is Matching.NUMBER:
        return column == int(wanted[0])  # type: ignore[no-any-return]  # a comparison
    if attribute.matching is Matching.TEXT:
        return like(column, wanted[0])
    low, high = wanted
    return and_(column != "", column >= low, column <= (high or "9") + AFTER_ANY)


def _counts(session: Session, study_keys: Sequence[int]) -> dict[int, StudyCounts]:
    counts = {key: StudyCounts() for key in study_keys}
    grouped = session.execute(
        select(SeriesRow.study_key, SeriesRow.id, SeriesRow.modality, func.count(InstanceRow.id))
        .join(InstanceRow, InstanceRow.series_key == SeriesRow.id)
        .where(SeriesRow.study_key.in_(set(study_keys)))
        .group_by(SeriesRow.study_key, SeriesRow.id, SeriesRow.modality)
    )
    for study_key, series_key, modality, instances in grouped:
        counts[study_key].add(series_key, modality, instances)
    return counts


def _match(query: ImagingQuery, row: Any, counts: StudyCounts) -> Match:  # noqa: ANN401  # a row
    known: dict[str, Element] = orjson.loads(row.study_excerpt)
    series_key = None
    if query.level is not Level.STUDY:
        known |= orjson.loads(row.series_excerpt)
        series_key = row.series_key
    if query.level is Level.INSTANCE:
        known |= orjson.loads(row.instance_excerpt)
    known |= counts.computed(series_key)
    subject = None
    if row.record_id is not None:
        subject = Subject(PatientId(row.person), RecordId(row.record_id))
    return Match(
        dataset=_returned(query, known),
        subject=subject,
        study_instance_uid=row.study_instance_uid,
        series_instance_uid="" if query.level is Level.STUDY else row.series_instance_uid,
        sop_instance_uid=row.sop_instance_uid if query.level is Level.INSTANCE else "",
    )


def _returned(query: ImagingQuery, known: Mapping[str, Element]) -> dict[str, Element]:
    keys = {condition.attribute.tag for condition in query.conditions}
    returned: dict[str, Element] = {}
    for attribute in at_or_above(query.level):
        own = attribute.level is query.level or query.with_parents
        asked = attribute.tag in keys or attribute.tag in query.include or query.include_all
        if asked or (own and attribute.required):
            returned[attribute.tag] = known.get(attribute.tag, {"vr": attribute.vr})
    return dict(sorted(returned.items()))
