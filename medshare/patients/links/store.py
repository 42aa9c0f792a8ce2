"""Queries of the link graph: its acts, and the links that they end and begin."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session, aliased

from medshare.infra import locks
from medshare.kernel.identifiers import FacilityCode, PatientId, RecordId
from medshare.patients.links.model import (
    Act,
    ActKind,
    Actor,
    LinkEvent,
    MergeRequest,
    Proposal,
    ProposalState,
    UnmergeRequest,
)
from medshare.patients.links.tables import PatientActProposalRow, PatientActRow
from medshare.patients.matching.tables import PatientSeparationRow
from medshare.patients.model import Outcome, Reason
from medshare.patients.tables import PatientLinkRow, PatientRecordRow, PatientRow

_IS_LIVE = PatientLinkRow.ended_at.is_(None)


def hold_persons(session: Session, patient_ids: Iterable[PatientId]) -> None:
    """Make whoever changes the links of these persons wait for each other until the commit."""
    for each in sorted(set(patient_ids)):
        locks.take_turns(session, f"patient:{each}")


def current_id(session: Session, patient_id: PatientId) -> PatientId:
    """Return the id by which a person goes now: of a retired id, where its first record is.

    An id under which nothing was ever linked comes back as it is.
    """
    if _has_records(session, patient_id):
        return patient_id
    first = (
        select(PatientLinkRow.record_id)
        .where(PatientLinkRow.patient_id == patient_id)
        .order_by(PatientLinkRow.id)
        .limit(1)
        .scalar_subquery()
    )
    found = session.scalar(
        select(PatientLinkRow.patient_id).where(PatientLinkRow.record_id == first, _IS_LIVE)
    )
    return PatientId(found) if found else patient_id


def _has_records(session: Session, patient_id: PatientId) -> bool:
    live = select(PatientLinkRow.id).where(PatientLinkRow.patient_id == patient_id, _IS_LIVE)
    return session.scalar(live.limit(1)) is not None


def are_separated(session: Session, ours: Sequence[RecordId], theirs: Sequence[RecordId]) -> bool:
    """Tell whether somebody marked any of some records as never one with any of others."""
    row = PatientSeparationRow
    found = select(row.id).where(
        row.ended_at.is_(None),
        or_(
            and_(row.record_id.in_(ours), row.other_record_id.in_(theirs)),
            and_(row.record_id.in_(theirs), row.other_record_id.in_(ours)),
        ),
    )
    return session.scalar(found.limit(1)) is not None


def version_of(session: Session, patient_id: PatientId) -> int:
    """Return how often a link came to a person or ended there: it only ever grows."""
    made, ended = session.execute(
        select(func.count(), func.count(PatientLinkRow.ended_at)).where(
            PatientLinkRow.patient_id == patient_id
        )
    ).one()
    return int(made) + int(ended)


def begin_person(session: Session, patient_id: PatientId, now: datetime) -> None:
    """Begin a person to whom records will be put."""
    session.add(PatientRow(id=patient_id, created_at=now))
    session.flush()


def move(  # one parameter a column
    session: Session, key: str, record_id: RecordId, patient_id: PatientId, act: Act, why: Reason
) -> None:
    """End a record's link and begin the one to another person, by an act.

    A record that goes back where it was before carries again what was said of that link.
    """
    live = session.scalars(
        select(PatientLinkRow).where(PatientLinkRow.record_id == record_id, _IS_LIVE)
    ).one()
    former = _former(session, record_id, patient_id) if act.kind is ActKind.UNMERGE else None
    live.ended_at = act.made_at
    session.flush()
    session.add(
        PatientLinkRow(
            id=key,
            record_id=record_id,
            patient_id=patient_id,
            made_at=act.made_at,
            outcome=former.outcome if former else Outcome.LINKED,
            explanation=former.explanation if former else [why],
            made_by=former.made_by if former else f"{act.kind}:{act.id}",
        )
    )
    session.flush()


def _former(session: Session, record_id: RecordId, patient_id: PatientId) -> PatientLinkRow | None:
    return session.scalars(
        select(PatientLinkRow)
        .where(PatientLinkRow.record_id == record_id, PatientLinkRow.patient_id == patient_id)
        .order_by(PatientLinkRow.id.desc())
        .limit(1)
    ).one_or_none()


def moved_by(session: Session, act: Act) -> Sequence[RecordId]:
    """Return the records that a merge moved."""
    rows = session.scalars(
        select(PatientLinkRow.record_id)
        .where(
            PatientLinkRow.patient_id == act.patient_id,
            PatientLinkRow.made_by == f"{act.kind}:{act.id}",
        )
        .order_by(PatientLinkRow.record_id)
    )
    return [RecordId(each) for each in rows]


def live_links_of(session: Session, record_ids: Sequence[RecordId]) -> Sequence[LinkEvent]:
    """Return the live links of some records."""
    return _events(session, PatientLinkRow.record_id.in_(list(record_ids)), _IS_LIVE)


def stays_with(session: Session, patient_id: PatientId) -> Sequence[LinkEvent]:
    """Return every stay of every record with a person, as they began."""
    return _events(session, PatientLinkRow.patient_id == patient_id)


def stays_of(session: Session, record_id: RecordId) -> Sequence[LinkEvent]:
    """Return every stay of a record, as they began."""
    return _events(session, PatientLinkRow.record_id == record_id)


def add_act(session: Session, act: Act) -> None:
    """Write down what was done."""
    session.add(
        PatientActRow(
            id=act.id,
            kind=act.kind,
            patient_id=act.patient_id,
            other_patient_id=act.other_patient_id,
            record_id=act.record_id,
            reason=act.reason,
            actor=act.actor.id,
            actor_facility=act.actor.facility,
            made_at=act.made_at,
            seconded_by=act.seconded_by,
            undoes=act.undoes,
        )
    )
    session.flush()


def find_act(session: Session, act_id: str) -> Act | None:
    """Return an act, with the one that undid it."""
    found = _acts(session, PatientActRow.id == act_id)
    return found[0] if found else None


def standing_merge(session: Session, survivor: PatientId, retired: PatientId) -> Act | None:
    """Return the merge of one person into another that was not undone, the latest of several."""
    found = _acts(
        session,
        PatientActRow.kind == ActKind.MERGE,
        PatientActRow.patient_id == survivor,
        PatientActRow.other_patient_id == retired,
    )
    standing = [each for each in found if each.undone_by is None]
    return standing[-1] if standing else None


def acts_on(session: Session, patient_id: PatientId) -> Sequence[Act]:
    """Return what was done to a person's links, oldest first."""
    return _acts(
        session,
        or_(PatientActRow.patient_id == patient_id, PatientActRow.other_patient_id == patient_id),
    )


def add_proposal(session: Session, proposal: Proposal) -> None:
    """Write down what somebody proposes."""
    act = proposal.act
    merge = act if isinstance(act, MergeRequest) else None
    session.add(
        PatientActProposalRow(
            id=proposal.id,
            kind=proposal.kind,
            patient_id=proposal.patient_id,
            other_patient_id=proposal.other_patient_id,
            reason=act.reason,
            proposed_by=proposal.proposed_by.id,
            proposer_facility=proposal.proposed_by.facility,
            proposed_at=proposal.proposed_at,
            version=act.version,
            other_version=merge.retired_version if merge else 0,
            despite_conflict=merge is not None and merge.despite_conflict,
            undoes=None if isinstance(act, MergeRequest) else act.merge_id,
            state=proposal.state,
        )
    )
    session.flush()


def find_proposal(session: Session, proposal_id: str) -> Proposal | None:
    """Return a proposal; on PostgreSQL it is held until the transaction ends."""
    row = session.scalars(
        select(PatientActProposalRow)
        .where(PatientActProposalRow.id == proposal_id)
        .with_for_update()
    ).one_or_none()
    return _proposal(row) if row else None


def open_proposal(session: Session, like: Proposal) -> Proposal | None:
    """Return the open proposal of the same act on the same links, if there is one."""
    row = session.scalars(
        select(PatientActProposalRow)
        .where(
            PatientActProposalRow.kind == like.kind,
            PatientActProposalRow.patient_id == like.patient_id,
            PatientActProposalRow.other_patient_id == like.other_patient_id,
            PatientActProposalRow.version == like.act.version,
            PatientActProposalRow.state == ProposalState.OPEN,
        )
        .limit(1)
    ).one_or_none()
    return _proposal(row) if row else None


def close_proposal(session: Session, proposal_id: str, state: ProposalState, by: str) -> None:
    """Write down how a proposal was decided."""
    row = session.get_one(PatientActProposalRow, proposal_id)
    row.state, row.decided_by = state, by
    session.flush()


def page_proposals(
    session: Session, state: ProposalState, *, after: str, limit: int
) -> Sequence[Proposal]:
    """Return proposals that stand so, oldest first."""
    rows = session.scalars(
        select(PatientActProposalRow)
        .where(PatientActProposalRow.state == state, PatientActProposalRow.id > after)
        .order_by(PatientActProposalRow.id)
        .limit(limit)
    )
    return [_proposal(each) for each in rows]


def _acts(session: Session, *conditions: ColumnElement[bool]) -> list[Act]:
    later = aliased(PatientActRow)
    rows = session.execute(
        select(PatientActRow, later.id)
        .outerjoin(later, later.undoes == PatientActRow.id)
        .where(*conditions)
        .order_by(PatientActRow.id)
    )
    return [_act(row, undone_by) for row, undone_by in rows]


def _act(row: PatientActRow, undone_by: str | None) -> Act:
    return Act(
        id=row.id,
        kind=ActKind(row.kind),
        patient_id=PatientId(row.patient_id),
        other_patient_id=PatientId(row.other_patient_id),
        reason=row.reason,
        actor=_actor(row.actor, row.actor_facility),
        made_at=row.made_at,
        record_id=RecordId(row.record_id) if row.record_id else None,
        undoes=row.undoes,
        seconded_by=row.seconded_by,
        undone_by=undone_by,
    )


def _proposal(row: PatientActProposalRow) -> Proposal:
    return Proposal(
        id=row.id,
        act=_proposed_act(row),
        patient_id=PatientId(row.patient_id),
        other_patient_id=PatientId(row.other_patient_id),
        proposed_by=_actor(row.proposed_by, row.proposer_facility),
        proposed_at=row.proposed_at,
        state=ProposalState(row.state),
        decided_by=row.decided_by,
    )


def _proposed_act(row: PatientActProposalRow) -> MergeRequest | UnmergeRequest:
    if row.undoes is not None:
        return UnmergeRequest(row.undoes, row.reason, row.version)
    return MergeRequest(
        survivor=PatientId(row.patient_id),
        retired=PatientId(row.other_patient_id),
        reason=row.reason,
        version=row.version,
        retired_version=row.other_version,
        despite_conflict=row.despite_conflict,
    )


def _actor(name: str, facility: str | None) -> Actor:
    return Actor(name, FacilityCode(facility) if facility else None)


def _events(session: Session, *conditions: ColumnElement[bool]) -> list[LinkEvent]:
    rows = session.execute(
        select(PatientLinkRow, PatientRecordRow.facility_code)
        .join(PatientRecordRow, PatientRecordRow.id == PatientLinkRow.record_id)
        .where(*conditions)
        .order_by(PatientLinkRow.id)
    )
    return [
        LinkEvent(
            record_id=RecordId(row.record_id),
            patient_id=PatientId(row.patient_id),
            facility=FacilityCode(facility),
            made_at=row.made_at,
            ended_at=row.ended_at,
            outcome=Outcome(row.outcome),
            explanation=tuple(Reason(each) for each in row.explanation),
            made_by=row.made_by,
        )
        for row, facility in rows
    ]
