"""Rows of many records at once."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import cast

from sqlalchemy import Table, select
from sqlalchemy.orm import Session

from medshare.infra.compiled import Insertion
from medshare.infra.db import Row
from medshare.infra.uow import UnitOfWork
from medshare.kernel.identifiers import RecordId
from medshare.patients.loading.model import Line
from medshare.patients.lookup.tables import PatientSpellingRow
from medshare.patients.lookup.words import spellings_of
from medshare.patients.matching.keys import keys_of
from medshare.patients.matching.profile import profile_of
from medshare.patients.matching.tables import PatientMatchKeyRow
from medshare.patients.model import (
    MEDICAL_RECORD,
    LinkedRecord,
    Outcome,
    PatientIdentifier,
    Reason,
)
from medshare.patients.tables import (
    FORM_LENGTH,
    PatientIdentifierRow,
    PatientLinkRow,
    PatientNameFormRow,
    PatientRecordRow,
    PatientRow,
)

MADE_BY = "loading"
Entry = tuple[Line, LinkedRecord]
Values = Mapping[str, object]


def _into(row: type[Row]) -> Insertion:
    return Insertion(cast("Table", row.__table__))


_PATIENTS, _RECORDS, _LINKS = map(_into, (PatientRow, PatientRecordRow, PatientLinkRow))
_IDENTIFIERS, _FORMS = map(_into, (PatientIdentifierRow, PatientNameFormRow))
_SPELLINGS, _KEYS = map(_into, (PatientSpellingRow, PatientMatchKeyRow))


def standing(
    session: Session, numbers: Sequence[PatientIdentifier]
) -> dict[PatientIdentifier, RecordId]:
    """Return the records that state some record numbers."""
    row = PatientIdentifierRow
    found: dict[PatientIdentifier, RecordId] = {}
    for system in sorted({each.system for each in numbers}):
        values = [each.value for each in numbers if each.system == system]
        rows = session.execute(
            select(row.value, row.record_id).where(
                row.system == system, row.value.in_(values), row.type == MEDICAL_RECORD
            )
        )
        for value, record_id in rows:
            found[PatientIdentifier(system, value, MEDICAL_RECORD)] = RecordId(record_id)
    return found


def add(uow: UnitOfWork, entries: Sequence[Entry]) -> None:
    """Insert records, each with a person of its own, and let them be met and found."""
    connection, now = uow.session.connection(), uow.now()
    persons = [{"id": record.patient_id, "created_at": now} for _, record in entries]
    _PATIENTS.run(connection, persons)
    _RECORDS.run(connection, [_record(each, now) for each in entries])
    _IDENTIFIERS.run(connection, list(_identifiers(entries)))
    _FORMS.run(connection, list(_forms(entries)))
    _LINKS.run(connection, [_link(uow.new_key(), record, now) for _, record in entries])
    _KEYS.run(connection, list(_keys(entries)))
    _SPELLINGS.run(connection, list(_spellings(entries)))


def _record(entry: Entry, now: datetime) -> Values:
    line, record = entry
    stated = line.registration
    return {
        "id": record.record_id,
        "facility_code": record.facility,
        "version": 1,
        "name_text": stated.name.text,
        "name_family": stated.name.family,
        "name_given": stated.name.given,
        "name_alphabetic": stated.name.alphabetic,
        "sex": stated.sex,
        "birth_date": stated.birth_date,
        "phone": stated.phone,
        "address": stated.address,
        "deceased_on": stated.deceased_on,
        "created_at": now,
        "updated_at": now,
    }


def _identifiers(entries: Iterable[Entry]) -> Iterator[Values]:
    for line, record in entries:
        for each in line.registration.identifiers:
            yield {
                "record_id": record.record_id,
                "system": each.system,
                "value": each.value,
                "type": each.type,
            }


def _forms(entries: Iterable[Entry]) -> Iterator[Values]:
    for line, record in entries:
        for form in sorted({each[:FORM_LENGTH] for each in line.registration.name.forms}):
            yield {"record_id": record.record_id, "form": form}


def _link(key: str, record: LinkedRecord, now: datetime) -> Values:
    return {
        "id": key,
        "record_id": record.record_id,
        "patient_id": record.patient_id,
        "made_at": now,
        "ended_at": None,
        "outcome": Outcome.NEW,
        "explanation": [Reason.LOADED_UNMATCHED],
        "made_by": MADE_BY,
    }


def _keys(entries: Iterable[Entry]) -> Iterator[Values]:
    for line, record in entries:
        for key in sorted(keys_of(profile_of(line.registration))):
            yield {"key": key, "record_id": record.record_id}


def _spellings(entries: Iterable[Entry]) -> Iterator[Values]:
    for line, record in entries:
        for each in sorted(spellings_of(line.registration.name)):
            yield {"record_id": record.record_id, "spelling": each}
