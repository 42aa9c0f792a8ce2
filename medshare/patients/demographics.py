"""Finding persons by what is known of them, each part from its beginning (IHE PDQm, ITI-78)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, SQLColumnExpression, func, or_, select

from medshare.infra.paging import Page, read_cursor, write_cursor
from medshare.infra.uow import UnitOfWork
from medshare.kernel.identifiers import PatientId
from medshare.patients import store
from medshare.patients.lookup.store import begins, stated_so
from medshare.patients.lookup.tables import PatientSpellingRow
from medshare.patients.model import FoundPatient, PatientIdentifier, Sex
from medshare.patients.names import fold
from medshare.patients.sight import Sight
from medshare.patients.tables import PatientLinkRow, PatientRecordRow


@dataclass(frozen=True, slots=True)
class Demographics:
    """Whom somebody looks for; what is empty is not asked for, and all that is asked must hold."""

    patient_id: PatientId | None = None
    identifier: PatientIdentifier | None = None
    name: str = ""
    family: str = ""
    given: str = ""
    birth_date: date | None = None
    sex: Sex | None = None
    phone: str = ""
    address: str = ""

    @property
    def is_too_wide(self) -> bool:
        """Whether it would list the city: no search grows wider for a parameter left out."""
        named = bool(fold(self.name + self.family + self.given))
        told = named and (self.birth_date is not None or bool(self.address))
        return not (self.patient_id or self.identifier or self.phone or told)


def find(
    uow: UnitOfWork, wanted: Demographics, sight: Sight, *, cursor: str | None, limit: int
) -> Page[FoundPatient]:
    """Return persons of whom a record that may be seen fits, by their ids."""
    keys = read_cursor(cursor, 1)
    after = keys[0] if keys else ""
    rows = uow.session.scalars(
        select(PatientLinkRow.patient_id)
        .distinct()
        .join(PatientRecordRow, PatientRecordRow.id == PatientLinkRow.record_id)
        .where(
            PatientLinkRow.ended_at.is_(None),
            PatientLinkRow.patient_id > after,
            sight(PatientRecordRow.facility_code, PatientLinkRow.patient_id, None),
            *_conditions(wanted),
        )
        .order_by(PatientLinkRow.patient_id)
        .limit(limit + 1)
    )
    ids = [PatientId(each) for each in rows]
    shown = ids[:limit]
    found = _with_records(uow, shown, sight)
    return Page(found, write_cursor(shown[-1]) if len(ids) > limit else None)


def _with_records(uow: UnitOfWork, ids: Sequence[PatientId], sight: Sight) -> list[FoundPatient]:
    records = store.visible_records(uow.session, ids, sight)
    return [
        FoundPatient(each, tuple(one for one in records if one.linked.patient_id == each))
        for each in ids
    ]


def _conditions(wanted: Demographics) -> Iterator[ColumnElement[bool]]:
    row = PatientRecordRow
    if wanted.patient_id is not None:
        yield PatientLinkRow.patient_id == wanted.patient_id
    if wanted.identifier is not None:
        yield row.id.in_(store.stating(wanted.identifier.system, wanted.identifier.value))
    yield from _named(wanted)
    if wanted.address:
        yield _begins(row.address, wanted.address)
    equal = {row.birth_date: wanted.birth_date, row.sex: wanted.sex, row.phone: wanted.phone}
    for column, value in equal.items():
        if value:
            yield column == value


def _named(wanted: Demographics) -> Iterator[ColumnElement[bool]]:
    row = PatientRecordRow
    if wanted.name:
        yield _form_begins(wanted.name)
    if wanted.family:
        yield or_(_begins(row.name_family, wanted.family), _form_begins(wanted.family))
    if wanted.given:
        yield or_(_begins(row.name_given, wanted.given), _form_holds(wanted.given))


def _begins(column: SQLColumnExpression[str], text: str) -> ColumnElement[bool]:
    return func.lower(column).startswith(text.lower(), autoescape=True)


def _form_begins(text: str) -> ColumnElement[bool]:
    return PatientRecordRow.id.in_(stated_so(begins(fold(text))))


def _form_holds(text: str) -> ColumnElement[bool]:
    holds = PatientSpellingRow.spelling.contains(fold(text), autoescape=True)
    return PatientRecordRow.id.in_(stated_so(holds))
