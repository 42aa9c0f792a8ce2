"""What every act on links asks first and does last."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from medshare.infra.uow import UnitOfWork
from medshare.kernel.audit import Subject
from medshare.kernel.errors import MedshareError, PreconditionFailedError
from medshare.kernel.identifiers import PatientId, RecordId
from medshare.patients import store as records
from medshare.patients.links import store
from medshare.patients.links.model import Act, NeverLinkError, PatientRetiredError
from medshare.patients.model import LinkedRecord, PatientUnknownError, Reason, Registration


@dataclass(frozen=True, slots=True)
class Done:
    """An act, whether it was new, and whose records it concerned, as they belonged before."""

    act: Act
    fresh: bool
    subjects: tuple[Subject, ...]


def current_id(uow: UnitOfWork, patient_id: PatientId) -> PatientId:
    """Return the id by which a person goes now; itself unless it was retired."""
    return store.current_id(uow.session, patient_id)


def version_of(uow: UnitOfWork, patient_id: PatientId) -> int:
    """Return the version of the links around a person."""
    return store.version_of(uow.session, patient_id)


def members_of(uow: UnitOfWork, patient_id: PatientId) -> Sequence[LinkedRecord]:
    """Return a person's records.

    Raises
    ------
    PatientUnknownError, PatientRetiredError
        There is no such person, or no more.
    """
    found = records.records_of(uow.session, patient_id)
    if not found:
        refuse_retired(uow, patient_id, PatientUnknownError())
    return found


def refuse_retired(uow: UnitOfWork, patient_id: PatientId, unknown: MedshareError) -> None:
    """Refuse a person without records: retired, where the records are known, else ``unknown``."""
    current = store.current_id(uow.session, patient_id)
    if current == patient_id:
        raise unknown
    raise PatientRetiredError(params={"replacedBy": current})


def require_version(uow: UnitOfWork, patient_id: PatientId, version: int) -> None:
    """Let nobody act on links that they have not seen.

    Raises
    ------
    PreconditionFailedError
        The links around the person have changed since.
    """
    if store.version_of(uow.session, patient_id) != version:
        raise PreconditionFailedError


def require_linkable(
    uow: UnitOfWork, ours: Iterable[LinkedRecord], theirs: Iterable[LinkedRecord]
) -> None:
    """Let no two records become one person that somebody marked as two.

    Raises
    ------
    NeverLinkError
        Somebody did.
    """
    our_ids = [each.record_id for each in ours]
    if store.are_separated(uow.session, our_ids, [each.record_id for each in theirs]):
        raise NeverLinkError


def carry(
    uow: UnitOfWork,
    act: Act,
    moving: Iterable[RecordId],
    to: PatientId,
    *,
    why: Reason = Reason.BY_REGISTRAR,
) -> None:
    """Write an act down and move records by it."""
    store.add_act(uow.session, act)
    for each in moving:
        store.move(uow.session, uow.new_key(), each, to, act, why)


def stated_by(uow: UnitOfWork, members: Iterable[LinkedRecord]) -> list[Registration]:
    """Return what records say."""
    entries = [records.load(uow.session, each.record_id) for each in members]
    return [each.registration for each in entries if each is not None]


def subjects_of(patient_id: PatientId, members: Iterable[LinkedRecord]) -> tuple[Subject, ...]:
    """Name a person's records for the trail."""
    return tuple(Subject(patient_id, each.record_id) for each in members)
