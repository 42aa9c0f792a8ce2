"""Queries of the patient index."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, cast

from sqlalchemy import BindParameter, ColumnElement, Select, String, Table, bindparam, func, select
from sqlalchemy.orm import Session

from medshare.infra import locks
from medshare.infra.begun import wire_of
from medshare.infra.compiled import Fixed, named
from medshare.infra.statements import Statements, padded
from medshare.kernel.identifiers import FacilityCode, PatientId, RecordId
from medshare.kernel.ports import RecordOwner
from medshare.patients.lookup.store import stated_so
from medshare.patients.lookup.tables import PatientSpellingRow
from medshare.patients.lookup.words import SPELLING_LENGTH
from medshare.patients.model import (
    HumanName,
    LinkedRecord,
    Outcome,
    PatientIdentifier,
    PatientRecord,
    Reason,
    Registration,
    SearchQuery,
    Sex,
)
from medshare.patients.names import fold
from medshare.patients.sight import Sight
from medshare.patients.tables import (
    PatientIdentifierRow,
    PatientLinkRow,
    PatientRecordRow,
)

IDS_MAX = 500
RECORDS = cast("Table", PatientRecordRow.__table__)
IDENTIFIERS = cast("Table", PatientIdentifierRow.__table__)
NEVER = datetime.min.replace(tzinfo=UTC)  # for statements that do not depend on the present
STATEMENTS = Statements()


def take_turns(session: Session, number: PatientIdentifier) -> None:
    """Make registrations of one record number wait for each other until the commit."""
    locks.take_turns(session, f"record:{number.system}|{number.value}")


def replace_record(
    session: Session, record_id: RecordId, registration: Registration, now: datetime
) -> None:
    """Put other content into a record, as its next version."""
    row = session.get_one(PatientRecordRow, record_id)
    row.version += 1
    row.identifiers.clear()
    session.flush()
    _fill(row, registration, now)
    session.flush()


def live_link(session: Session, record_id: RecordId) -> tuple[Outcome, tuple[Reason, ...]]:
    """Return how a record came to the person that it belongs to now."""
    row = session.scalars(
        select(PatientLinkRow).where(
            PatientLinkRow.record_id == record_id, PatientLinkRow.ended_at.is_(None)
        )
    ).one()
    return Outcome(row.outcome), tuple(Reason(each) for each in row.explanation)


def lock_record(session: Session, record_id: RecordId) -> None:
    """Keep others from changing a record until the commit."""
    session.execute(
        select(PatientRecordRow.id).where(PatientRecordRow.id == record_id).with_for_update()
    )


def find_by_identifier(
    session: Session, facility: FacilityCode, system: str, value: str
) -> LinkedRecord | None:
    """Return the newest record of a facility that states an identifier."""
    return _first(session, _BY_IDENTIFIER, facility=facility, system=system, value=value)


def owners(session: Session, record_ids: Collection[RecordId]) -> dict[RecordId, RecordOwner]:
    """Return which facility registered each record, and the family name in it."""
    row = PatientRecordRow
    found: dict[RecordId, RecordOwner] = {}
    wanted = sorted(record_ids)
    for at in range(0, len(wanted), IDS_MAX):
        columns = (row.id, row.facility_code, row.name_family, row.name_text, row.name_alphabetic)
        for each in session.execute(select(*columns).where(row.id.in_(wanted[at : at + IDS_MAX]))):
            name = HumanName(each.name_text, each.name_family, "", each.name_alphabetic)
            owner = RecordOwner(FacilityCode(each.facility_code), name.surname)
            found[RecordId(each.id)] = owner
    return found


def find_record(session: Session, record_id: RecordId) -> LinkedRecord | None:
    """Return a record."""
    return _first(session, _BY_ID, record_id=record_id)


def find_own(
    session: Session, facility: FacilityCode, patient_id: PatientId
) -> LinkedRecord | None:
    """Return the newest record that a facility has of a person."""
    return _first(session, _OWN, facility=facility, patient_id=patient_id)


def records_of(session: Session, patient_id: PatientId) -> Sequence[LinkedRecord]:
    """Return a person's records, newest first."""
    rows = session.execute(linked_records().where(PatientLinkRow.patient_id == patient_id))
    return [_linked(*row) for row in rows]


def linked_records() -> Select[str, str, str]:
    """Select (record, person, facility) of every record, newest first."""
    return (
        select(PatientRecordRow.id, PatientLinkRow.patient_id, PatientRecordRow.facility_code)
        .join(PatientLinkRow, PatientLinkRow.record_id == PatientRecordRow.id)
        .where(PatientLinkRow.ended_at.is_(None))
        .order_by(PatientRecordRow.id.desc())
    )


def load(session: Session, record_id: RecordId) -> PatientRecord | None:
    """Return a record with its content."""
    found = _records(session, PatientRecordRow.id == record_id)
    return found[0] if found else None


def ids_after(session: Session, after: str, limit: int) -> Sequence[RecordId]:
    """Return the ids of records in their order, those after one of them."""
    rows = session.scalars(
        select(PatientRecordRow.id)
        .where(PatientRecordRow.id > after)
        .order_by(PatientRecordRow.id)
        .limit(limit)
    )
    return [RecordId(each) for each in rows]


def count_records(session: Session) -> int:
    """Return how many records there are."""
    return session.scalars(select(func.count()).select_from(PatientRecordRow)).one()


def visible_records(
    session: Session, patient_ids: Iterable[PatientId], sight: Sight
) -> Sequence[PatientRecord]:
    """Return those records of some persons that may be seen, by person and age."""
    persons = {f"person_{n}": each for n, each in enumerate(padded(sorted(patient_ids)))}
    if not persons:
        return []

    def build() -> Select[Any]:
        wanted = [bindparam(each, type_=String) for each in persons]
        return _with_person().where(PatientLinkRow.patient_id.in_(wanted), _seen(sight))

    shape = ("records", sight.shape, len(persons))
    rows = STATEMENTS.rows(session, shape, build, persons, sight.now)
    stated = _stated(session, [row[0] for row in rows])
    return [_seen_record(row, stated) for row in rows]


def _with_person() -> Select[Any]:
    """Select the columns that ``_seen_record`` reads of live records, by person and age."""
    columns: list[Any] = [*RECORDS.c, PatientLinkRow.patient_id]
    return (
        select(*columns)
        .join(PatientLinkRow, PatientLinkRow.record_id == PatientRecordRow.id)
        .where(PatientLinkRow.ended_at.is_(None))
        .order_by(PatientLinkRow.patient_id, PatientRecordRow.id)
    )


def _stated(session: Session, record_ids: Sequence[str]) -> dict[str, list[Any]]:
    """Return the identifiers that records state, by record, in the order of the mapped ones."""
    wanted = {f"record_{n}": each for n, each in enumerate(padded(record_ids))}
    stated: dict[str, list[Any]] = {each: [] for each in record_ids}
    if not wanted:
        return stated

    def build() -> Select[Any]:
        row = PatientIdentifierRow
        of_records = row.record_id.in_([bindparam(each, type_=String) for each in wanted])
        return select(*IDENTIFIERS.c).where(of_records).order_by(row.system, row.value)

    for each in STATEMENTS.rows(session, ("stated", len(wanted)), build, wanted, NEVER):
        row = named(IDENTIFIERS, each)
        stated[row.record_id].append(row)
    return stated


def _seen_record(row: Sequence[Any], stated: Mapping[str, Sequence[Any]]) -> PatientRecord:
    *columns, patient_id = row
    record = named(RECORDS, columns)
    record.identifiers = stated[record.id]
    return _record(record, patient_id)


def matching_patients(
    session: Session,
    query: SearchQuery,
    sight: Sight,
    *,
    after: str,
    limit: int,
) -> Sequence[PatientId]:
    """Return persons of whom a *visible* record fits, in the order of their ids."""
    values = _values_of(query)

    def build() -> Select[Any]:
        return (
            select(PatientLinkRow.patient_id)
            .distinct()
            .join(PatientRecordRow, PatientRecordRow.id == PatientLinkRow.record_id)
            .where(
                PatientLinkRow.ended_at.is_(None),
                PatientLinkRow.patient_id > bindparam("after"),
                _seen(sight),
                *_conditions(values),
            )
            .order_by(PatientLinkRow.patient_id)
            .limit(bindparam("most"))
        )

    page = {"after": after, "most": limit}
    shape = ("persons", sight.shape, *values)
    rows = STATEMENTS.rows(session, shape, build, {**values, **page}, sight.now)
    return [PatientId(row[0]) for row in rows]


def ids_ever_linked(session: Session, patient_id: PatientId) -> frozenset[PatientId]:
    """Return every id under which a person's records have been linked."""
    mine = select(PatientLinkRow.record_id).where(
        PatientLinkRow.patient_id == patient_id, PatientLinkRow.ended_at.is_(None)
    )
    rows = session.scalars(
        select(PatientLinkRow.patient_id).distinct().where(PatientLinkRow.record_id.in_(mine))
    )
    return frozenset(PatientId(each) for each in rows)


def _seen(sight: Sight) -> ColumnElement[bool]:
    return sight(PatientRecordRow.facility_code, PatientLinkRow.patient_id, None)


def _values_of(query: SearchQuery) -> dict[str, object]:
    if query.identifier is not None:
        return {"system": query.identifier.system, "value": query.identifier.value}
    values = {
        "spelling": fold(query.name)[:SPELLING_LENGTH],
        "birth_date": query.birth_date,
        "sex": query.sex and str(query.sex),
        "phone": query.phone or None,
    }
    return {name: value for name, value in values.items() if value is not None}


def _conditions(given: Collection[str]) -> Iterator[ColumnElement[bool]]:
    record = PatientRecordRow
    if "system" in given:
        yield record.id.in_(stating(bindparam("system"), bindparam("value")))
        return
    yield record.id.in_(stated_so(PatientSpellingRow.spelling == bindparam("spelling")))
    if "birth_date" not in given:
        yield record.birth_date.is_(None)
    for name in ("birth_date", "sex", "phone"):
        if name in given:
            yield RECORDS.c[name] == bindparam(name)


def stating(system: str | BindParameter[str], value: str | BindParameter[str]) -> Select[str]:
    """Select the records that state an identifier.

    To be asked ``in``: as ``exists`` SQLite went through all records of the facility.
    """
    return select(PatientIdentifierRow.record_id).where(
        PatientIdentifierRow.system == system, PatientIdentifierRow.value == value
    )


_BY_ID = Fixed(linked_records().where(PatientRecordRow.id == bindparam("record_id")).limit(1))
_BY_IDENTIFIER = Fixed(
    linked_records()
    .where(
        PatientRecordRow.facility_code == bindparam("facility"),
        PatientRecordRow.id.in_(stating(bindparam("system"), bindparam("value"))),
    )
    .limit(1)
)
_OWN = Fixed(
    linked_records()
    .where(
        PatientRecordRow.facility_code == bindparam("facility"),
        PatientLinkRow.patient_id == bindparam("patient_id"),
    )
    .limit(1)
)


def _first(session: Session, lookup: Fixed, **values: str) -> LinkedRecord | None:
    session.flush()
    row = lookup.first(wire_of(session), **values)
    return None if row is None else _linked(*row)


def _records(session: Session, *conditions: ColumnElement[bool]) -> list[PatientRecord]:
    rows = session.execute(
        select(PatientRecordRow, PatientLinkRow.patient_id)
        .join(PatientLinkRow, PatientLinkRow.record_id == PatientRecordRow.id)
        .where(PatientLinkRow.ended_at.is_(None), *conditions)
        .order_by(PatientLinkRow.patient_id, PatientRecordRow.id)
        .execution_options(populate_existing=True)
    )
    return [_record(row, patient_id) for row, patient_id in rows]


def _linked(record_id: str, patient_id: str, facility: str) -> LinkedRecord:
    return LinkedRecord(RecordId(record_id), PatientId(patient_id), FacilityCode(facility))


def _fill(row: PatientRecordRow, registration: Registration, now: datetime) -> None:
    row.name_text = registration.name.text
    row.name_family = registration.name.family
    row.name_given = registration.name.given
    row.name_alphabetic = registration.name.alphabetic
    row.sex = registration.sex
    row.birth_date = registration.birth_date
    row.phone = registration.phone
    row.address = registration.address
    row.deceased_on = registration.deceased_on
    row.updated_at = now
    row.identifiers = [
        PatientIdentifierRow(system=each.system, value=each.value, type=each.type)
        for each in registration.identifiers
    ]


def _record(row: Any, patient_id: str) -> PatientRecord:  # noqa: ANN401  # a mapped row, or a named one
    return PatientRecord(
        linked=_linked(row.id, patient_id, row.facility_code),
        version=row.version,
        updated_at=row.updated_at,
        registration=Registration(
            identifiers=tuple(
                PatientIdentifier(each.system, each.value, each.type) for each in row.identifiers
            ),
            name=HumanName(row.name_text, row.name_family, row.name_given, row.name_alphabetic),
            sex=Sex(row.sex),
            birth_date=row.birth_date,
            phone=row.phone,
            address=row.address,
            deceased_on=row.deceased_on,
        ),
    )
