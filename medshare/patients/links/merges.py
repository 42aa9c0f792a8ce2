"""Merging two persons, and undoing it."""

from collections.abc import Sequence
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
    refuse_retired,
    require_linkable,
    require_version,
    stated_by,
    subjects_of,
)
from medshare.patients.links.model import (
    OTHER_UNKNOWN,
    Act,
    ActKind,
    Actor,
    ActUnknownError,
    IdentityConflictError,
    LaterActError,
    MergeRequest,
    PatientsMerged,
    PatientsUnmerged,
    SamePatientError,
    UnmergeRequest,
    have_conflict,
    require_own,
    returning,
)
from medshare.patients.model import LinkedRecord, Reason

VOUCHED_FOR = "A later record agrees with both."


def merge(uow: UnitOfWork, actor: Actor, request: MergeRequest) -> Done:
    """Make one person of two: the records of the retired one come to the survivor.

    The same merge again changes nothing.

    Raises
    ------
    PatientUnknownError, InvalidError
        There is no such survivor, or no such person to retire.
    PreconditionFailedError
        The links of either have changed since.
    SamePatientError, PatientRetiredError, NeverLinkError, IdentityConflictError
        It cannot be.
    ForeignRecordsError
        Other facilities' records would move.
    """
    ready = ready_to_merge(uow, actor, request)
    return ready if isinstance(ready, Done) else carry_merge(uow, actor, request, ready)


def unmerge(uow: UnitOfWork, actor: Actor, request: UnmergeRequest) -> Done:
    """Undo a merge: the records that it moved go back, those that came since stay.

    The same again changes nothing.

    Raises
    ------
    ActUnknownError
        There is no such merge.
    PreconditionFailedError
        The links of the person that remained have changed since.
    LaterActError
        A later merge has to be undone first.
    ForeignRecordsError
        Other facilities' records would move.
    """
    ready = ready_to_unmerge(uow, actor, request)
    return ready if isinstance(ready, Done) else carry_unmerge(uow, actor, request, ready)


def unite(
    uow: UnitOfWork, retired: PatientId, survivor: PatientId, by: str
) -> Sequence[LinkedRecord]:
    """Make one person of two, both held, for whom a record vouches; it is undone like any merge.

    Parameters
    ----------
    by
        The weights by which it was decided.

    Returns
    -------
    The records that moved, as they belonged before.
    """
    moving = records.records_of(uow.session, retired)
    act = Act(
        id=uow.new_key(),
        kind=ActKind.MERGE,
        patient_id=survivor,
        other_patient_id=retired,
        reason=VOUCHED_FOR,
        actor=Actor(by),
        made_at=uow.now(),
    )
    ids = [each.record_id for each in moving]
    carry(uow, act, ids, survivor, why=Reason.VOUCHED_FOR)
    uow.tell(PatientsMerged(act.id, survivor, retired, list(map(str, ids))))
    return moving


def get_merge(uow: UnitOfWork, act_id: str) -> Act:
    """Return a merge.

    Raises
    ------
    ActUnknownError
        There is none.
    """
    act = store.find_act(uow.session, act_id)
    if act is None or act.kind is not ActKind.MERGE:
        raise ActUnknownError
    return act


@dataclass(frozen=True, slots=True)
class Ready:
    """What an act that may be done would move, and whom it concerns."""

    moving: tuple[RecordId, ...]
    persons: tuple[PatientId, PatientId]
    subjects: tuple[Subject, ...]


def ready_to_merge(uow: UnitOfWork, actor: Actor, request: MergeRequest) -> Ready | Done:
    """Hold both persons and judge a merge; ``Done`` when it stands already.

    Raises
    ------
    MedshareError
        As ``merge`` does.
    """
    survivor, retired = request.survivor, request.retired
    if survivor == retired:
        raise SamePatientError
    store.hold_persons(uow.session, [survivor, retired])
    kept, going = members_of(uow, survivor), records.records_of(uow.session, retired)
    standing = store.standing_merge(uow.session, survivor, retired)
    if standing is not None and not going:
        return Done(standing, fresh=False, subjects=subjects_of(survivor, kept))
    if not going:
        refuse_retired(uow, retired, InvalidError(issues=[OTHER_UNKNOWN]))
    require_version(uow, survivor, request.version)
    require_version(uow, retired, request.retired_version)
    require_own(actor, going)
    require_linkable(uow, going, kept)
    if not request.despite_conflict:
        _require_no_conflict(uow, going, kept)
    subjects = (*subjects_of(survivor, kept), *subjects_of(retired, going))
    return Ready(tuple(each.record_id for each in going), (survivor, retired), subjects)


def ready_to_unmerge(uow: UnitOfWork, actor: Actor, request: UnmergeRequest) -> Ready | Done:
    """Hold both persons and judge the undoing of a merge; ``Done`` when it is undone already.

    Raises
    ------
    MedshareError
        As ``unmerge`` does.
    """
    merged = get_merge(uow, request.merge_id)
    survivor, retired = merged.patient_id, merged.other_patient_id
    store.hold_persons(uow.session, [survivor, retired])
    merged = get_merge(uow, request.merge_id)
    members = records.records_of(uow.session, survivor)
    subjects = subjects_of(survivor, members)
    undone = store.find_act(uow.session, merged.undone_by) if merged.undone_by else None
    if undone is not None:
        return Done(undone, fresh=False, subjects=subjects)
    if store.current_id(uow.session, survivor) != survivor:
        raise LaterActError
    require_version(uow, survivor, request.version)
    moved = store.moved_by(uow.session, merged)
    moving = returning(moved, store.live_links_of(uow.session, moved), merged)
    require_own(actor, [each for each in members if each.record_id in moving])
    return Ready(moving, (survivor, retired), subjects)


def carry_merge(
    uow: UnitOfWork, actor: Actor, request: MergeRequest, ready: Ready, second: str | None = None
) -> Done:
    """Do a merge that is ready, confirmed by a ``second`` person where policy asks for one."""
    survivor, retired = ready.persons
    act = Act(
        id=uow.new_key(),
        kind=ActKind.MERGE,
        patient_id=survivor,
        other_patient_id=retired,
        reason=request.reason,
        actor=actor,
        made_at=uow.now(),
        seconded_by=second,
    )
    carry(uow, act, ready.moving, survivor)
    uow.tell(PatientsMerged(act.id, survivor, retired, list(map(str, ready.moving))))
    return Done(act, fresh=True, subjects=ready.subjects)


def carry_unmerge(
    uow: UnitOfWork, actor: Actor, request: UnmergeRequest, ready: Ready, second: str | None = None
) -> Done:
    """Undo a merge that is ready to be undone."""
    survivor, retired = ready.persons
    act = Act(
        id=uow.new_key(),
        kind=ActKind.UNMERGE,
        patient_id=survivor,
        other_patient_id=retired,
        reason=request.reason,
        actor=actor,
        made_at=uow.now(),
        undoes=request.merge_id,
        seconded_by=second,
    )
    carry(uow, act, ready.moving, retired)
    uow.tell(PatientsUnmerged(act.id, survivor, retired, list(map(str, ready.moving))))
    return Done(act, fresh=True, subjects=ready.subjects)


def _require_no_conflict(
    uow: UnitOfWork, ours: Sequence[LinkedRecord], theirs: Sequence[LinkedRecord]
) -> None:
    if have_conflict(stated_by(uow, ours), stated_by(uow, theirs)):
        raise IdentityConflictError
