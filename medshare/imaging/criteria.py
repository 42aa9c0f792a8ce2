"""Each way of matching in SQL: what its text depends on, its values, and the clause itself.

References
----------
DICOM PS3.4 section C.2.2.2.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, and_, bindparam, exists, false, or_, select
from sqlalchemy.orm import aliased

from medshare.imaging.attributes import Level, Matching
from medshare.imaging.model import Condition
from medshare.imaging.names import patterns_of
from medshare.imaging.rows import (
    InstanceRow,
    PersonNameFormRow,
    SeriesRequestRow,
    SeriesRow,
    StudyRow,
)
from medshare.patients.selectables import records_of_persons_numbered

ROWS = {Level.STUDY: StudyRow, Level.SERIES: SeriesRow, Level.INSTANCE: InstanceRow}
AFTER_ANY = "\x7f"  # sorts after every digit: ends a range within its last unit
COLUMNS: Mapping[str, str] = {
    "StudyDate": "study_date",
    "StudyTime": "study_time",
    "AccessionNumber": "accession_number",
    "StudyDescription": "study_description",
    "ReferringPhysicianName": "referring_name_key",
    "PatientName": "patient_name_key",
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
# An equality with one of these finds few studies: the way in, whatever else is asked.
SELECTIVE = frozenset({"PatientID", "AccessionNumber", "StudyInstanceUID", "PatientName"})
Parameters = Sequence[BindParameter[Any]]


@dataclass(frozen=True, slots=True)
class Criterion:
    """One condition of a statement.

    Parameters
    ----------
    shape
        What the clause's text depends on.
    values
        What its parameters are given, in order.
    clause
        Makes the clause from those parameters.
    """

    shape: Hashable
    values: tuple[object, ...]
    clause: Callable[[Parameters], ColumnElement[bool]]

    def parameters(self, prefix: str) -> list[BindParameter[Any]]:
        """Return its parameters, named by a prefix and their number."""
        return [bindparam(f"{prefix}{n}", value) for n, value in enumerate(self.values)]

    def named(self, prefix: str) -> dict[str, object]:
        """Return its values under the names of its parameters."""
        return {f"{prefix}{n}": value for n, value in enumerate(self.values)}


def criterion_of(condition: Condition, dialect: str) -> Criterion:
    """Return what a key of a search is in SQL."""
    return _MAKERS[condition.matching](condition, dialect)


def _column(condition: Condition) -> Any:  # noqa: ANN401  # a column of any type
    attribute = condition.attribute
    return getattr(ROWS[attribute.level], COLUMNS[attribute.keyword])


def _one_of(condition: Condition, _dialect: str) -> Criterion:
    tag, wanted = condition.attribute.tag, condition.values
    return Criterion((tag, len(wanted)), wanted, _column(condition).in_)


def _number(condition: Condition, _dialect: str) -> Criterion:
    column = _column(condition)
    numbers = tuple(int(each) for each in condition.values)
    return Criterion((condition.attribute.tag, len(numbers)), numbers, column.in_)


def _text(condition: Condition, dialect: str) -> Criterion:
    return _texts(condition.attribute.tag, _column(condition), condition.values, dialect)


def _patient_id(condition: Condition, dialect: str) -> Criterion:
    """Match the number that a study came with, or any other number of the same person.

    Two lists of keys rather than one ``OR``: at a million studies SQLite read them all for that.
    """
    own = _text(condition, dialect)
    if any(_is_pattern(each) for each in condition.values):
        return own

    def clause(parameters: Parameters) -> ColumnElement[bool]:
        numbered, linked = aliased(StudyRow), aliased(StudyRow)
        came_with = select(numbered.id).where(numbered.patient_id.in_(parameters))
        of_person = select(linked.id).where(
            linked.record_id.in_(records_of_persons_numbered(parameters))
        )
        return StudyRow.id.in_(came_with.union_all(of_person))

    return Criterion((own.shape, "linked"), own.values, clause)


def _texts(tag: str, column: Any, wanted: Sequence[str], dialect: str) -> Criterion:  # noqa: ANN401  # a column
    """Match any of some texts, each with wildcards or without."""
    patterns = tuple(_is_pattern(each) for each in wanted)
    values = tuple(_escaped(each, dialect) if _is_pattern(each) else each for each in wanted)

    def clause(parameters: Parameters) -> ColumnElement[bool]:
        return or_(
            *(
                _like(column, parameter, dialect) if is_pattern else column == parameter
                for parameter, is_pattern in zip(parameters, patterns, strict=True)
            )
        )

    return Criterion((tag, patterns), values, clause)


def _range(condition: Condition, _dialect: str) -> Criterion:
    column = _column(condition)
    low, high = condition.values[0], condition.values[-1]

    def clause(parameters: Parameters) -> ColumnElement[bool]:
        return and_(column != "", column.between(*parameters))

    return Criterion(condition.attribute.tag, (low, (high or "9") + AFTER_ANY), clause)


def _date_time_range(condition: Condition, _dialect: str) -> Criterion:
    """Match a range of date and time as one instant; the values are date, time, date, time."""
    row = ROWS[condition.attribute.level]
    date = getattr(row, COLUMNS[condition.attribute.keyword])
    time = getattr(row, COLUMNS[condition.attribute.keyword.replace("Date", "Time")])
    first_day, first_time, last_day, last_time = condition.values

    def clause(parameters: Parameters) -> ColumnElement[bool]:
        low_day, low_day_again, low_time, high_day, high_day_again, high_time = parameters
        return and_(
            date != "",
            or_(date > low_day, and_(date == low_day_again, time >= low_time)),
            or_(date < high_day, and_(date == high_day_again, time <= high_time)),
        )

    end_day, end_time = last_day or "99999999", (last_time or "9") + AFTER_ANY
    values = (first_day, first_day, first_time, end_day, end_day, end_time)
    return Criterion((condition.attribute.tag, "with time"), values, clause)


def _empty(condition: Condition, _dialect: str) -> Criterion:
    column = _column(condition)
    is_text = condition.attribute.matching not in (Matching.NUMBER, Matching.NAME)
    tag = condition.attribute.tag
    return Criterion(
        (tag, "empty"), (), lambda _parameters: column == "" if is_text else column.is_(None)
    )


def _name_keys(condition: Condition, dialect: str) -> Criterion:
    """Match those names that were found to be like another, if there are any."""
    if condition.values:
        return _number(condition, dialect)
    return Criterion((condition.attribute.tag, "none"), (), lambda _parameters: false())


def _modalities(condition: Condition, dialect: str) -> Criterion:
    def of(column: Any) -> Criterion:  # noqa: ANN401  # a column
        return _texts(condition.attribute.tag, column, condition.values, dialect)

    def clause(parameters: Parameters) -> ColumnElement[bool]:
        # Another series than the one that matches, where series are searched, may hold it.
        other = aliased(SeriesRow)
        return exists().where(
            other.study_key == StudyRow.id,
            of(other.modality).clause(parameters),
            other.retraction_id.is_(None),
        )

    plain = of(SeriesRow.modality)
    return Criterion(plain.shape, plain.values, clause)


def _name(condition: Condition, dialect: str) -> Criterion:
    column = _column(condition)
    groups = patterns_of(condition.values[0])
    shape = tuple(
        tuple((each.component, _is_pattern(each.pattern)) for each in group) for group in groups
    )
    values = tuple(
        _escaped(each.pattern, dialect) if _is_pattern(each.pattern) else each.pattern
        for group in groups
        for each in group
    )

    def clause(parameters: Parameters) -> ColumnElement[bool]:
        left = iter(parameters)
        return and_(
            *(
                column.in_(
                    select(PersonNameFormRow.name_key).where(
                        or_(*(_form(part, next(left), dialect) for part in group))
                    )
                )
                for group in shape
            )
        )

    return Criterion((condition.attribute.tag, shape), values, clause)


def _form(
    part: tuple[str | None, bool], parameter: BindParameter[Any], dialect: str
) -> ColumnElement[bool]:
    component, is_pattern = part
    form = PersonNameFormRow.form
    fits = _like(form, parameter, dialect) if is_pattern else form == parameter
    return fits if component is None else and_(PersonNameFormRow.component == component, fits)


def _requests(condition: Condition, dialect: str) -> Criterion:
    """Match an item of the Request Attributes Sequence, all of whose keys must hold of one item.

    The values are ``column`` and ``text`` by turns.
    """
    pairs = list(zip(condition.values[::2], condition.values[1::2], strict=True))
    inner = [
        _texts(column, getattr(SeriesRequestRow, column), (wanted,), dialect)
        for column, wanted in pairs
    ]

    def clause(parameters: Parameters) -> ColumnElement[bool]:
        holds = [each.clause([parameters[n]]) for n, each in enumerate(inner)]
        return exists().where(SeriesRequestRow.series_key == SeriesRow.id, *holds)

    shape = (condition.attribute.tag, tuple(each.shape for each in inner))
    return Criterion(shape, tuple(each.values[0] for each in inner), clause)


_MAKERS: Mapping[Matching, Callable[[Condition, str], Criterion]] = {
    Matching.UID: _one_of,
    Matching.TEXT: _text,
    Matching.PATIENT_ID: _patient_id,
    Matching.NAME: _name,
    Matching.DATE: _range,
    Matching.TIME: _range,
    Matching.DATE_TIME: _date_time_range,
    Matching.NUMBER: _number,
    Matching.NAME_KEYS: _name_keys,
    Matching.MODALITIES: _modalities,
    Matching.REQUESTS: _requests,
    Matching.EMPTY: _empty,
}


def _is_pattern(text: str) -> bool:
    return "*" in text or "?" in text


def _escaped(pattern: str, dialect: str) -> str:
    if dialect == "sqlite":
        return pattern.replace("[", "[[]")
    escaped = pattern.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return escaped.replace("*", "%").replace("?", "_")


def _like(column: Any, pattern: BindParameter[Any], dialect: str) -> ColumnElement[bool]:  # noqa: ANN401  # a column
    if dialect == "sqlite":
        return column.op("GLOB", is_comparison=True)(pattern)  # type: ignore[no-any-return]  # a comparison
    return column.like(pattern, escape="\\")  # type: ignore[no-any-return]  # a comparison
