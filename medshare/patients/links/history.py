"""How the links came to be as they are."""

from collections.abc import Sequence
from dataclasses import dataclass

from medshare.infra.uow import UnitOfWork
from medshare.kernel.audit import Subject
from medshare.kernel.identifiers import PatientId, RecordId
from medshare.patients.links import store
from medshare.patients.links.model import Act, LinkEvent
from medshare.patients.model import PatientUnknownError, RecordUnknownError


@dataclass(frozen=True, slots=True)
class History:
    """How the links came to be as they are: the stays of records, and what people did."""

    stays: Sequence[LinkEvent]
    acts: Sequence[Act]


def history_of(uow: UnitOfWork, patient_id: PatientId) -> History:
    """Return every stay of a record with a person, and what was done to the person's links.

    Raises
    ------
    PatientUnknownError
        There is no such person.
    """
    stays = store.stays_with(uow.session, patient_id)
    if not stays:
        raise PatientUnknownError
    return History(stays, store.acts_on(uow.session, patient_id))


def history_of_record(uow: UnitOfWork, record_id: RecordId) -> History:
    """Return with whom a record has been, and what was done to the persons meanwhile.

    Raises
    ------
    RecordUnknownError
        There is no such record.
    """
    stays = store.stays_of(uow.session, record_id)
    if not stays:
        raise RecordUnknownError
    named = [each.made_by.partition(":")[2] for each in stays]
    acts = [act for each in named if each and (act := store.find_act(uow.session, each))]
    return History(stays, acts)


def subjects_of(history: History) -> tuple[Subject, ...]:
    """Name the records of a history, each with the person it was with."""
    named = dict.fromkeys(Subject(each.patient_id, each.record_id) for each in history.stays)
    return tuple(named)
