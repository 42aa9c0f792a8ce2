"""The search of the index: one statement a page, filtered by what the caller may see.

References
----------
DICOM PS3.4 section C.2.2.2 (matching); PS3.18 section 8.3.4 and 10.6.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    bindparam,
    func,
    literal_column,
    or_,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.orm import Session

from medshare.care.model import CLOCK_SKEW
from medshare.imaging.attributes import NUMBER_MAX, Level
from medshare.imaging.criteria import SELECTIVE, criterion_of
from medshare.imaging.identity import OTHER_IDS, own_numbers
from medshare.imaging.likeness import with_likeness
from medshare.imaging.matches import PERSON, Numbers, matches_of
from medshare.imaging.model import ImagingQuery, Match, Matches, Order
from medshare.imaging.rows import InstanceRow, SeriesRow, StudyRow
from medshare.imaging.sight import Sight, is_seen, is_seen_in_turn, person_of_study
from medshare.infra.begun import wire_of
from medshare.infra.statements import Statements
from medshare.patients.selectables import live_links

COUNT_MAX = 1000
LAST_NUMBER = NUMBER_MAX  # as if they had the greatest: those without come last
STUDY_KEYS = 3
ALL = 2**62
NOBODY = "|"  # between the system and the number of who is not known to be anybody
STATEMENTS = Statements("", NOBODY, LAST_NUMBER, CLOCK_SKEW)


ReadRows = Callable[[ImagingQuery, Sequence[Any], Numbers], list[Match]]
"""Makes matches of the rows of a page."""


class Plan:
    """A search on its way into SQL: its shape, its values and its statements.

    Parameters
    ----------
    dialect
        Name of the database's dialect, which decides how wildcards are written.
    """

    def __init__(self, query: ImagingQuery, sight: Sight, dialect: str) -> None:
        self.query = query
        self._sight = sight
        self._criteria = [criterion_of(each, dialect) for each in query.conditions]
        self.values = dict(self._named())

    @property
    def shape(self) -> tuple[object, ...]:
        """Return what the text of its statements depends on."""
        query = self.query
        criteria = tuple(each.shape for each in self._criteria)
        after = len(query.after)
        restriction = (query.level, query.visibility, self._sight.windows, criteria)
        return (*restriction, query.patient is None, query.levels, query.order, after)

    def page(self) -> Select[Any]:
        """Select one match more than the page holds."""
        query = self.query
        statement = self._behind(self.restricted(*_columns(query)))
        keys = [key.desc() if falls else key.asc() for key, falls in _sort_keys(query)]
        return statement.order_by(*keys).limit(bindparam("most")).offset(bindparam("offset"))

    def rest(self) -> Select[Any]:
        """Count the matches from an offset on, as far as is told."""
        ways = (self._matching(each, literal_column("1")) for each in self._ways())
        rest = union_all(*map(self._behind, ways))
        rest = rest.limit(bindparam("most")).offset(bindparam("offset"))
        return select(func.count()).select_from(rest.subquery())

    def _named(self) -> Iterator[tuple[str, object]]:
        for number, criterion in enumerate(self._criteria):
            yield from criterion.named(f"c{number}_").items()
        for number, key in enumerate(self.query.after):
            yield f"after{number}", key
        if self.query.patient is not None:
            yield "patient", self.query.patient

    @property
    def _is_selective(self) -> bool:
        query = self.query
        keywords = {each.attribute.keyword for each in query.conditions}
        return query.patient is not None or not SELECTIVE.isdisjoint(keywords)

    def _ways(self) -> list[ColumnElement[bool]]:
        """Return what together is all that may be seen, each looked at where the last leaves off.

        What few studies match is found at once.
        """
        seen = (self.query.visibility, self._sight, person_of_study())
        return [is_seen(*seen)] if self._is_selective else is_seen_in_turn(*seen)

    def restricted(self, *columns: Any) -> Select[Any]:  # noqa: ANN401  # columns of any type
        """Select columns of everything that matches and may be seen."""
        seen = is_seen(
            self.query.visibility,
            self._sight,
            person_of_study(),
            as_way_in=not self._is_selective,
        )
        return self._matching(seen, *columns)

    def _matching(self, seen: ColumnElement[bool], *columns: Any) -> Select[Any]:  # noqa: ANN401  # any type
        query = self.query
        statement = _joined(select(*columns), query.level).where(
            seen,
            *(each.clause(each.parameters(f"c{n}_")) for n, each in enumerate(self._criteria)),
        )
        if query.patient is not None:
            links = live_links()
            of_patient = select(links.c.record_id).where(links.c.patient_id == bindparam("patient"))
            statement = statement.where(StudyRow.record_id.in_(of_patient))
        return statement

    def _behind(self, statement: Select[Any]) -> Select[Any]:
        return statement.where(_behind(self.query)) if self.query.after else statement


def search(session: Session, query: ImagingQuery, sight: Sight) -> Matches:
    """Return one page of matches, newest study first unless asked otherwise."""
    return paged(session, query, sight, Plan, matches_of)


def paged(
    session: Session, query: ImagingQuery, sight: Sight, plan_of: type[Plan], read: ReadRows
) -> Matches:
    """Return one page of whatever a kind of plan selects."""
    if query.fuzzy:
        query = with_likeness(session, query)
    plan = plan_of(query, sight, wire_of(session).dialect.name)
    shape, values = plan.shape, plan.values
    span = {**values, "most": query.limit + 1, "offset": query.offset}
    rows = STATEMENTS.rows(session, ("page", shape), plan.page, span, sight.now)
    remaining = 0
    if len(rows) > query.limit:
        behind = {**values, "most": COUNT_MAX + 1, "offset": query.offset + query.limit}
        counted = STATEMENTS.rows(session, ("rest", shape), plan.rest, behind, sight.now)
        remaining = counted[0][0]
    total = _counted(session, query, sight, plan_of, ALL) if query.with_total else None
    page = rows[: query.limit]
    return Matches(read(query, page, numbers_for(session, query, page)), remaining, total)


def numbers_for(session: Session, query: ImagingQuery, rows: Sequence[Any]) -> Numbers:
    """Return the asker's own numbers of the persons in rows, where they are asked for."""
    if query.asker is None or OTHER_IDS not in query.returned:
        return {}
    persons = (row[PERSON] for row in rows if row[PERSON] is not None)
    return own_numbers(session, query.asker, persons)


def count_matches(session: Session, query: ImagingQuery, sight: Sight, *, most: int) -> int:
    """Count what matches at the level of a search, names as they are written, up to a number."""
    return _counted(session, query, sight, Plan, most)


def _counted(
    session: Session, query: ImagingQuery, sight: Sight, plan_of: type[Plan], most: int
) -> int:
    """Count matches up to a number, wherever the page begins."""
    plan = plan_of(replace(query, after=()), sight, wire_of(session).dialect.name)
    values = {**plan.values, "most": most, "offset": 0}
    counted = STATEMENTS.rows(session, ("rest", plan.shape), plan.rest, values, sight.now)
    return int(counted[0][0])


def _joined(statement: Select[Any], level: Level) -> Select[Any]:
    if level is Level.STUDY:
        return statement.select_from(StudyRow)
    of_study = and_(SeriesRow.study_key == StudyRow.id, SeriesRow.retraction_id.is_(None))
    statement = statement.join_from(StudyRow, SeriesRow, of_study)
    if level is Level.INSTANCE:
        of_series = and_(
            InstanceRow.series_key == SeriesRow.id, InstanceRow.retraction_id.is_(None)
        )
        return statement.join(InstanceRow, of_series)
    return statement


def _columns(query: ImagingQuery) -> list[Any]:
    """Return the columns of a match in the order in which ``matches`` reads them."""
    columns: list[Any] = [
        StudyRow.study_instance_uid,
        StudyRow.record_id,
        person_of_study().label("person"),
        StudyRow.study_date,
        StudyRow.study_time,
    ]
    if Level.STUDY in query.levels:
        columns += [StudyRow.series_count, StudyRow.instance_count, StudyRow.modalities]
        columns += [StudyRow.patient_identifier_system, StudyRow.patient_id, StudyRow.excerpt]
    if query.level is not Level.STUDY:
        columns += [SeriesRow.series_instance_uid, _or_last(SeriesRow.series_number)]
    if Level.SERIES in query.levels:
        columns += [SeriesRow.instance_count.label("of_series"), SeriesRow.excerpt.label("series")]
    if query.level is Level.INSTANCE:
        columns += [InstanceRow.id.label("key"), InstanceRow.sop_instance_uid]
        columns += [_or_last(InstanceRow.instance_number), InstanceRow.excerpt.label("instance")]
    return columns


def _or_last(number: Any) -> ColumnElement[int]:  # noqa: ANN401  # a column
    return func.coalesce(number, LAST_NUMBER)


def _sort_keys(query: ImagingQuery) -> list[tuple[Any, bool]]:
    """Return what matches are sorted by, each with whether it falls."""
    newest = query.order is Order.NEWEST
    keys: list[tuple[Any, bool]] = [
        (StudyRow.study_date, newest),
        (StudyRow.study_time, newest),
        (StudyRow.study_instance_uid, newest),
    ]
    if query.level is not Level.STUDY:
        keys += [(_or_last(SeriesRow.series_number), False), (SeriesRow.series_instance_uid, False)]
    if query.level is Level.INSTANCE:
        keys += [(_or_last(InstanceRow.instance_number), False)]
        keys += [(InstanceRow.sop_instance_uid, False)]
    return keys


def _behind(query: ImagingQuery) -> ColumnElement[bool]:
    """Say that a match sorts behind the one whose keys the query names."""
    keys = _sort_keys(query)
    marks: list[Any] = [bindparam(f"after{n}", each) for n, each in enumerate(query.after)]
    study = tuple_(*(key for key, _falls in keys[:STUDY_KEYS]))
    mark = tuple_(*marks[:STUDY_KEYS])
    beyond = study < mark if query.order is Order.NEWEST else study > mark
    if query.level is Level.STUDY:
        return beyond
    below = tuple_(*(key for key, _falls in keys[STUDY_KEYS:]))
    return or_(beyond, and_(study == mark, below > tuple_(*marks[STUDY_KEYS:])))
