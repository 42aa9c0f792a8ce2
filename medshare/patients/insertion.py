"""Writing down records that are new, one or many, with all that they are found and met by."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from sqlalchemy import Table

from medshare.infra.begun import wire_of
from medshare.infra.compiled import Insertion
from medshare.infra.db import Row
from medshare.infra.uow import UnitOfWork
from medshare.patients.lookup.store import add_spellings
from medshare.patients.lookup.words import spellings_of
from medshare.patients.matching.keys import keys_of
from medshare.patients.matching.profile import profile_of
from medshare.patients.matching.store import add_keys
from medshare.patients.model import (
    Decision,
    LinkedRecord,
    PatientRecord,
    RecordRegistered,
    Registration,
)
from medshare.patients.tables import (
    PatientIdentifierRow,
    PatientLinkRow,
    PatientRecordRow,
    PatientRow,
)

Values = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Entry:
    """A record that is new, and how it came to its person."""

    record: LinkedRecord
    registration: Registration
    decision: Decision


def _into(row: type[Row]) -> Insertion:
    return Insertion(cast("Table", row.__table__))


_PATIENTS, _RECORDS, _LINKS = map(_into, (PatientRow, PatientRecordRow, PatientLinkRow))
_IDENTIFIERS = _into(PatientIdentifierRow)


def add(uow: UnitOfWork, entries: Sequence[Entry]) -> list[PatientRecord]:
    """Insert records, version 1, each linked to its person, begun where nobody was found.

    It goes by statements that are compiled once: as rows of the session it took twice as long.
    """
    connection, now = wire_of(uow.session), uow.now()
    begun = [each.record.patient_id for each in entries if each.decision.patient_id is None]
    _PATIENTS.run(connection, [{"id": each, "created_at": now} for each in begun])
    _RECORDS.run(connection, [_record(each, now) for each in entries])
    _IDENTIFIERS.run(connection, list(_identifiers(entries)))
    _LINKS.run(connection, [_link(uow.new_key(), each, now) for each in entries])
    stated = {each.record.record_id: each.registration for each in entries}
    add_keys(uow.session, {each: keys_of(profile_of(said)) for each, said in stated.items()})
    add_spellings(uow.session, {each: spellings_of(said.name) for each, said in stated.items()})
    uow.tell_all([_fact(each) for each in entries])
    return [PatientRecord(each.record, 1, each.registration, now) for each in entries]


def _record(entry: Entry, now: datetime) -> Values:
    stated = entry.registration
    return {
        "id": entry.record.record_id,
        "facility_code": entry.record.facility,
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
    for entry in entries:
        for each in entry.registration.identifiers:
            yield {
                "record_id": entry.record.record_id,
                "system": each.system,
                "value": each.value,
                "type": each.type,
            }


def _link(key: str, entry: Entry, now: datetime) -> Values:
    return {
        "id": key,
        "record_id": entry.record.record_id,
        "patient_id": entry.record.patient_id,
        "made_at": now,
        "ended_at": None,
        "outcome": entry.decision.outcome,
        "explanation": list(entry.decision.explanation),
        "made_by": entry.decision.made_by,
    }


def _fact(entry: Entry) -> RecordRegistered:
    record = entry.record
    identifiers = [[each.system, each.value] for each in entry.registration.identifiers]
    return RecordRegistered(record.record_id, record.patient_id, record.facility, identifiers)
