"""Putting one record to another person, or to a person of its own, by hand."""

from dataclasses import dataclass

from medshare.infra.uow import UnitOfWork
from medshare.kernel.audit import Subject
from medshare.kernel.errors import InvalidError
from medshare.kernel.identifiers import PatientId, RecordId
from medshare.patients import store as records
from medshare.patients.links import store
from medshare.patients.links.graph import (
    Done,
    carry,
    members_of,
    require_linkable,
    require_version,
    stated_by,
    subjects_of,
)
from medshare.patients.links.model import (
    RECORD_UNKNOWN,
    Act,
    ActKind,
    Actor,
    IdentityConflictError,
    LastRecordError,
    RecordLinked,
    RecordThereError,
    RecordUnlinked,
    TwoHaveToAgreeError,
    have_conflict,
    require_own,
)
from medshare.patients.model import LinkedRecord


@dataclass(frozen=True, slots=True)
class HandRequest:
    """Which record, and of which version of the person's links somebody speaks."""

    patient_id: PatientId
    record_id: RecordId
    version: int
    reason: str


def link(uow: UnitOfWork, actor: Actor, request: HandRequest, *, may_retire: bool = True) -> Done:
    """Put a record to another person.

    Parameters
    ----------
    may_retire
        Whether the person that the record leaves may be left without any, as by a merge.

    Raises
    ------
    PatientUnknownError, InvalidError
        There is no such person, or no such record.
    PreconditionFailedError
        The links around the person have changed since.
    PatientRetiredError, RecordThereError, NeverLinkError, ForeignRecordsError,
    TwoHaveToAgreeError
        It cannot be.
    """
    patient_id = request.patient_id
    store.hold_persons(uow.session, [patient_id, _record(uow, request.record_id).patient_id])
    record = _record(uow, request.record_id)
    members = members_of(uow, patient_id)
    if record.patient_id == patient_id:
        raise RecordThereError
    require_version(uow, patient_id, request.version)
    require_own(actor, [record])
    if not may_retire and len(members_of(uow, record.patient_id)) == 1:
        raise TwoHaveToAgreeError
    require_linkable(uow, [record], members)
    act = _act(uow, ActKind.LINK, actor, request, (patient_id, record.patient_id))
    carry(uow, act, [record.record_id], patient_id)
    uow.tell(RecordLinked(act.id, record.record_id, patient_id, record.patient_id, record.facility))
    subjects = (*subjects_of(patient_id, members), Subject(record.patient_id, record.record_id))
    return Done(act, fresh=True, subjects=subjects)


def unlink(uow: UnitOfWork, actor: Actor, request: HandRequest) -> Done:
    """Take a record out of a person; it begins a person of its own.

    Raises
    ------
    PatientUnknownError, InvalidError
        There is no such person, or the record is not theirs.
    PreconditionFailedError
        The links around the person have changed since.
    PatientRetiredError, LastRecordError, ForeignRecordsError
        It cannot be.
    """
    patient_id = request.patient_id
    store.hold_persons(uow.session, [patient_id])
    members = members_of(uow, patient_id)
    record = next((each for each in members if each.record_id == request.record_id), None)
    if record is None:
        raise InvalidError(issues=[RECORD_UNKNOWN])
    require_version(uow, patient_id, request.version)
    require_own(actor, [record])
    if len(members) == 1:
        raise LastRecordError
    fresh = PatientId(uow.new_key())
    store.begin_person(uow.session, fresh, uow.now())
    act = _act(uow, ActKind.UNLINK, actor, request, (fresh, patient_id))
    carry(uow, act, [record.record_id], fresh)
    uow.tell(RecordUnlinked(act.id, record.record_id, fresh, patient_id, record.facility))
    return Done(act, fresh=True, subjects=subjects_of(patient_id, members))


def _act(
    uow: UnitOfWork,
    kind: ActKind,
    actor: Actor,
    request: HandRequest,
    persons: tuple[PatientId, PatientId],
) -> Act:
    return Act(
        id=uow.new_key(),
        kind=kind,
        patient_id=persons[0],
        other_patient_id=persons[1],
        reason=request.reason,
        actor=actor,
        made_at=uow.now(),
        record_id=request.record_id,
    )


def _record(uow: UnitOfWork, record_id: RecordId) -> LinkedRecord:
    found = records.find_record(uow.session, record_id)
    if found is None:
        raise InvalidError(issues=[RECORD_UNKNOWN])
    return found


def require_no_conflict(uow: UnitOfWork, record: LinkedRecord, other: LinkedRecord) -> None:
    """Let no system put a record to a person who has another identity number.

    Raises
    ------
    IdentityConflictError
        Two different valid numbers stand against each other.
    """
    theirs = members_of(uow, other.patient_id)
    if have_conflict(stated_by(uow, [record]), stated_by(uow, theirs)):
        raise IdentityConflictError
