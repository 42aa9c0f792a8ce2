"""The patients of a search: one match a person, told by the newest of the studies that match.

Whose studies are one person's is what the patient index says now, across facilities; a study of
nobody known stands for its Patient ID at its facility. Only what the caller may see counts.

References
----------
DICOM PS3.4 Table C.6-1 (keys of the patient level).
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, Subquery, bindparam, func, select, tuple_
from sqlalchemy.orm import Session

from medshare.imaging.excerpts import line, lines_of
from medshare.imaging.identity import OTHER_IDS, QUALIFIERS, other_ids, qualifiers_of
from medshare.imaging.likeness import with_likeness
from medshare.imaging.matches import Numbers
from medshare.imaging.model import ImagingQuery, Match, Matches, Order, QueryError
from medshare.imaging.rows import StudyRow
from medshare.imaging.search import NOBODY, Plan, count_matches, paged
from medshare.imaging.sight import Sight, person_of_study
from medshare.kernel.audit import Subject
from medshare.kernel.errors import Issue
from medshare.kernel.identifiers import PatientId, RecordId

KEYWORDS = (
    "IssuerOfPatientID",
    "PatientBirthDate",
    "PatientID",
    "PatientName",
    "PatientSex",
)
STUDIES_MAX = 10_000
TOO_BROAD = Issue(
    "/PatientName",
    "too-broad",
    "More than 10,000 studies match; name the patient more closely.",
    "匹配的检查超过 10000 项，请更具体地指明患者。",
)
KEPT = frozenset(("00100010", "00100020", "00100021", "00100030", "00100040"))
RETURNED = KEPT | {QUALIFIERS, OTHER_IDS}
_TAGS = frozenset(each.encode() for each in KEPT)


class _People(Plan):
    """A search whose matches are gathered by person."""

    @property
    def shape(self) -> tuple[object, ...]:
        return ("people", *super().shape)

    def page(self) -> Select[Any]:
        newest = self._newest()
        falls = self.query.order is Order.NEWEST
        keys = [each.desc() if falls else each.asc() for each in _keys(newest)]
        statement = self._of_people(newest, *newest.c).order_by(*keys)
        return statement.limit(bindparam("most")).offset(bindparam("offset"))

    def rest(self) -> Select[Any]:
        newest = self._newest()
        rest = self._of_people(newest, newest.c.study_instance_uid)
        rest = rest.limit(bindparam("most")).offset(bindparam("offset"))
        return select(func.count()).select_from(rest.subquery())

    def _of_people(self, newest: Subquery, *columns: Any) -> Select[Any]:  # noqa: ANN401  # any type
        statement = select(*columns).where(newest.c.is_newest)
        if not self.query.after:
            return statement
        key = tuple_(*_keys(newest))
        mark = tuple_(*(bindparam(f"after{n}", each) for n, each in enumerate(self.query.after)))
        return statement.where(key < mark if self.query.order is Order.NEWEST else key > mark)

    def _newest(self) -> Subquery:
        """Select every study that matches, and whether it is the newest such of its person."""
        person = person_of_study()
        unknown = StudyRow.patient_identifier_system.concat(NOBODY).concat(StudyRow.patient_id)
        whose = func.coalesce(person, unknown)
        keys = (StudyRow.study_date, StudyRow.study_time, StudyRow.study_instance_uid)
        latest = func.first_value(StudyRow.study_instance_uid).over(
            partition_by=whose, order_by=[each.desc() for each in keys]
        )
        return self.restricted(
            StudyRow.study_instance_uid,
            StudyRow.record_id,
            person.label("person"),
            StudyRow.study_date,
            StudyRow.study_time,
            StudyRow.patient_identifier_system,
            StudyRow.patient_id,
            StudyRow.excerpt,
            (StudyRow.study_instance_uid == latest).label("is_newest"),
        ).subquery("newest")


def search_people(session: Session, query: ImagingQuery, sight: Sight) -> Matches:
    """Return one page of the persons of whom a study matches.

    Raises
    ------
    QueryError
        More studies match than are gathered by person in passing.
    """
    if query.fuzzy:
        query = with_likeness(session, query)
    if count_matches(session, query, sight, most=STUDIES_MAX + 1) > STUDIES_MAX:
        raise QueryError(issues=[TOO_BROAD])
    return paged(session, query, sight, _People, _matches_of)


def _keys(newest: Subquery) -> Sequence[Any]:
    return newest.c.study_date, newest.c.study_time, newest.c.study_instance_uid


def _matches_of(_query: ImagingQuery, rows: Sequence[Any], numbers: Numbers) -> list[Match]:
    return [_match_of(row, numbers) for row in rows]


def _match_of(row: Any, numbers: Numbers) -> Match:  # noqa: ANN401  # a row of the driver
    uid, record_id, person, date, time, system, patient_id, excerpt, _is_newest = row
    lines = [
        *lines_of(excerpt, _TAGS),
        line(QUALIFIERS, qualifiers_of(system)),
        line(OTHER_IDS, other_ids(numbers.get(person or "", ()), (system, patient_id))),
    ]
    subject = None if record_id is None else Subject(PatientId(person), RecordId(record_id))
    return Match(lines, subject, uid, "", "", (date, time, uid))
