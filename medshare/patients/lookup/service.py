"""Finding somebody, as pages do it."""

from collections.abc import Collection

from medshare.infra.uow import UnitOfWork
from medshare.kernel.identifiers import PatientId, RecordId
from medshare.patients import store as patients
from medshare.patients.lookup import store
from medshare.patients.lookup.words import Words, spellings_of
from medshare.patients.model import FoundPatient, HumanName
from medshare.patients.sight import Sight


def reindex(uow: UnitOfWork, record_id: RecordId, before: HumanName, after: HumanName) -> None:
    """Let a record be found by its name as it is now."""
    if before != after:
        store.drop_spellings(uow.session, record_id, spellings_of(before))
        store.add_spellings(uow.session, {record_id: spellings_of(after)})


def find(uow: UnitOfWork, words: Words, sight: Sight, *, limit: int) -> list[FoundPatient]:
    """Return persons of whom a record that may be seen fits, at most ``limit`` of them."""
    return several(uow, store.find(uow.session, words, sight, limit=limit), sight)


def several(
    uow: UnitOfWork, patient_ids: Collection[PatientId], sight: Sight
) -> list[FoundPatient]:
    """Return persons with their records that may be seen; those with none are left out."""
    records = patients.visible_records(uow.session, patient_ids, sight)
    persons = dict.fromkeys(each.linked.patient_id for each in records)
    return [
        FoundPatient(person, tuple(each for each in records if each.linked.patient_id == person))
        for person in persons
    ]
