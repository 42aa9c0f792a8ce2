"""Finding persons by what is known of them (IHE PDQm, ITI-78).

A search is criteria that all must hold, each of alternatives of which one must; one without any
finds nobody.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from sqlalchemy import (
    ColumnElement,
    Select,
    SQLColumnExpression,
    and_,
    bindparam,
    exists,
    false,
    func,
    literal,
    or_,
    select,
    true,
)
from sqlalchemy.orm import Session, aliased

from medshare.infra.paging import Page, read_cursor, write_cursor
from medshare.infra.statements import Statements
from medshare.infra.uow import UnitOfWork
from medshare.kernel.identifiers import PatientId
from medshare.patients import store
from medshare.patients.lookup.store import begins, stated_so
from medshare.patients.lookup.tables import PatientSpellingRow
from medshare.patients.model import FoundPatient, PatientIdentifier, Sex
from medshare.patients.names import fold
from medshare.patients.sight import Sight
from medshare.patients.tables import PatientIdentifierRow, PatientLinkRow, PatientRecordRow

YEAR = timedelta(days=366)
STATEMENTS = Statements()


class Part(StrEnum):
    """What a text is looked for in."""

    NAME = "name"
    FAMILY = "family"
    GIVEN = "given"
    ADDRESS = "address"


class Fit(StrEnum):
    """How a text has to stand there; ``EXACT``: wholly, and as it is written."""

    BEGINS = "begins"
    HOLDS = "holds"
    EXACT = "exact"


@dataclass(frozen=True, slots=True)
class Is:
    """It is this person."""

    patient_id: PatientId


@dataclass(frozen=True, slots=True)
class States:
    """A record states this identifier; one without a value: any of its system."""

    identifier: PatientIdentifier


@dataclass(frozen=True, slots=True)
class Says:
    """A part of a record fits a text."""

    part: Part
    text: str
    fit: Fit = Fit.BEGINS


@dataclass(frozen=True, slots=True)
class Born:
    """Born from a day on, before another; ``None``: without bound."""

    since: date | None
    before: date | None


@dataclass(frozen=True, slots=True)
class OfSex:
    """A record states this sex."""

    sex: Sex


@dataclass(frozen=True, slots=True)
class Called:
    """A record states this phone, in digits."""

    phone: str


Alternative = Is | States | Says | Born | OfSex | Called
Criterion = tuple[Alternative, ...]
Search = tuple[Criterion, ...]
# What together tells few enough people apart. Family name and sex are a pair of ITI-78.
_NAMES = (Part.NAME, Part.FAMILY, Part.GIVEN)
_ENOUGH: Sequence[Collection[str]] = (
    {"person"},
    {Part.FAMILY, Part.GIVEN},
    {Part.FAMILY, "sex"},
    *({name, "born"} for name in _NAMES),
    *({name, Part.ADDRESS} for name in _NAMES),
)


def is_too_wide(search: Search) -> bool:
    """Tell whether it would list the city: no search grows wider for a parameter left out."""
    if not all(search):
        return False
    told = {
        each
        for criterion in (*search, (_span(search),))
        for each in set.intersection(*({_tells(one)} for one in criterion))
    }
    return not any(told.issuperset(enough) for enough in _ENOUGH)


def _span(search: Search) -> Born:
    """Return between which days a birth date has to be, of bounds that stand by themselves."""
    alone = [each for criterion in search if len(criterion) == 1 for each in criterion]
    born = [each for each in alone if isinstance(each, Born)]
    since = max((each.since for each in born if each.since), default=None)
    return Born(since, min((each.before for each in born if each.before), default=None))


def _tells(alternative: Alternative) -> str:
    """Return what a criterion tells, empty where it tells nearly nothing."""
    match alternative:
        case Is() | Called():
            return "person"
        case States(identifier):
            return "person" if identifier.value else ""
        case Says(part, text, fit):
            return part if fold(text) and fit is not Fit.HOLDS else ""
        case Born(since, before):
            return "born" if since and before and before - since <= YEAR else ""
        case OfSex():
            return "sex"


def find(
    uow: UnitOfWork, search: Search, sight: Sight, *, cursor: str | None, limit: int
) -> Page[FoundPatient]:
    """Return persons of whom a record that may be seen fits, by their ids."""
    keys = read_cursor(cursor, 1)
    after = keys[0] if keys else ""
    match search:
        case ((States(identifier),),) if identifier.value:
            ids = _numbered(uow.session, identifier, sight, after=after, limit=limit + 1)
        case _:
            conditions = [_any(criterion, sight) for criterion in search]
            persons = _persons(sight, literal(after), conditions).limit(limit + 1)
            ids = [PatientId(each) for each in uow.session.scalars(persons)]
    shown = ids[:limit]
    found = _with_records(uow, shown, sight)
    return Page(found, write_cursor(shown[-1]) if len(ids) > limit else None)


def _numbered(
    session: Session, identifier: PatientIdentifier, sight: Sight, *, after: str, limit: int
) -> list[PatientId]:
    """Return persons of whom a record states one number: what systems ask all day, prepared."""

    def build() -> Select[str]:
        numbered = store.stating(bindparam("system"), bindparam("value"))
        persons = _persons(sight, bindparam("after"), [_of_records(numbered, sight)])
        return persons.limit(bindparam("most"))

    asked = {"system": identifier.system, "value": identifier.value}
    page = {"after": after, "most": limit}
    rows = STATEMENTS.rows(session, sight.shape, build, {**asked, **page}, sight.now)
    return [PatientId(row[0]) for row in rows]


def _persons(
    sight: Sight, after: ColumnElement[str], conditions: Sequence[ColumnElement[bool]]
) -> Select[str]:
    """Select the persons behind a key of whom a record that may be seen fits."""
    return (
        select(PatientLinkRow.patient_id)
        .distinct()
        .join(PatientRecordRow, PatientRecordRow.id == PatientLinkRow.record_id)
        .where(
            PatientLinkRow.ended_at.is_(None),
            PatientLinkRow.patient_id > after,
            sight(PatientRecordRow.facility_code, PatientLinkRow.patient_id, None),
            *conditions,
        )
        .order_by(PatientLinkRow.patient_id)
    )


def _with_records(uow: UnitOfWork, ids: Sequence[PatientId], sight: Sight) -> list[FoundPatient]:
    records = store.visible_records(uow.session, ids, sight)
    return [
        FoundPatient(each, tuple(one for one in records if one.linked.patient_id == each))
        for each in ids
    ]


def _any(criterion: Criterion, sight: Sight) -> ColumnElement[bool]:
    return or_(false(), *(_condition(each, sight) for each in criterion))


def _condition(alternative: Alternative, sight: Sight) -> ColumnElement[bool]:
    row = PatientRecordRow
    match alternative:
        case Is(patient_id):
            return PatientLinkRow.patient_id == patient_id
        case States(identifier):
            return _stated(identifier, sight)
        case Says(part, text, fit):
            return _said(part, text, fit)
        case Born(since, before):
            bounds = [row.birth_date >= since] if since else []
            bounds += [row.birth_date < before] if before else []
            return row.birth_date.is_not(None) & and_(true(), *bounds)
        case OfSex(sex):
            return row.sex == sex
        case Called(phone):
            return row.phone == phone


def _stated(identifier: PatientIdentifier, sight: Sight) -> ColumnElement[bool]:
    """Say that a record of the person that may be seen states it: each hospital has its own."""
    if identifier.value:
        return _of_records(store.stating(identifier.system, identifier.value), sight)
    link, record = aliased(PatientLinkRow), aliased(PatientRecordRow)
    live = _seen(link, record, sight)
    own = aliased(PatientIdentifierRow)
    return exists(
        live.join(own, own.record_id == record.id)
        .where(own.system == identifier.system, link.patient_id == PatientLinkRow.patient_id)
        .correlate(PatientLinkRow)
    )


def _of_records(numbered: Select[str], sight: Sight) -> ColumnElement[bool]:
    link, record = aliased(PatientLinkRow), aliased(PatientRecordRow)
    return PatientLinkRow.patient_id.in_(_seen(link, record, sight).where(record.id.in_(numbered)))


def _seen(link: type[PatientLinkRow], record: type[PatientRecordRow], sight: Sight) -> Select[str]:
    """Select the persons of the records that may be seen."""
    live = select(link.patient_id).join(record, record.id == link.record_id)
    return live.where(link.ended_at.is_(None), sight(record.facility_code, link.patient_id, None))


def _said(part: Part, text: str, fit: Fit) -> ColumnElement[bool]:
    row = PatientRecordRow
    columns = {
        Part.NAME: (row.name_text, row.name_family, row.name_given, row.name_alphabetic),
        Part.FAMILY: (row.name_family,),
        Part.GIVEN: (row.name_given,),
        Part.ADDRESS: (row.address,),
    }[part]
    if fit is Fit.EXACT:
        return or_(*(each == text for each in columns))
    if fit is Fit.HOLDS:
        return or_(*(func.lower(each).contains(text.lower(), autoescape=True) for each in columns))
    if part is Part.NAME:
        return _form_begins(text)
    begun = _begins(columns[0], text)
    if part is Part.FAMILY:
        return begun | _form_begins(text)
    return begun | _form_holds(text) if part is Part.GIVEN else begun


def _begins(column: SQLColumnExpression[str], text: str) -> ColumnElement[bool]:
    return func.lower(column).startswith(text.lower(), autoescape=True)


def _form_begins(text: str) -> ColumnElement[bool]:
    return PatientRecordRow.id.in_(stated_so(begins(fold(text))))


def _form_holds(text: str) -> ColumnElement[bool]:
    holds = PatientSpellingRow.spelling.contains(fold(text), autoescape=True)
    return PatientRecordRow.id.in_(stated_so(holds))
