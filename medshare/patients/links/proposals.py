"""The two-person rule: one registrar proposes a merge or unmerge, another confirms it."""

from dataclasses import dataclass, replace

from medshare.infra.paging import Page, read_cursor, write_cursor
from medshare.infra.uow import UnitOfWork
from medshare.kernel.audit import Subject
from medshare.patients.links import store
from medshare.patients.links.graph import Done
from medshare.patients.links.merges import (
    Ready,
    carry_merge,
    carry_unmerge,
    ready_to_merge,
    ready_to_unmerge,
)
from medshare.patients.links.model import (
    Actor,
    MergeRequest,
    Proposal,
    ProposalClosedError,
    ProposalState,
    ProposalUnknownError,
    SecondPersonError,
    UnmergeRequest,
)


@dataclass(frozen=True, slots=True)
class Proposed:
    """A proposal, and whose records it concerns."""

    proposal: Proposal
    subjects: tuple[Subject, ...]


def propose_merge(uow: UnitOfWork, actor: Actor, request: MergeRequest) -> Done | Proposed:
    """Propose a merge for another person to confirm; ``Done`` when it stands already.

    Raises
    ------
    MedshareError
        As ``merge`` does: what cannot be done is not proposed.
    """
    ready = ready_to_merge(uow, actor, request)
    return ready if isinstance(ready, Done) else _propose(uow, actor, request, ready)


def propose_unmerge(uow: UnitOfWork, actor: Actor, request: UnmergeRequest) -> Done | Proposed:
    """Propose to undo a merge; ``Done`` when it is undone already.

    Raises
    ------
    MedshareError
        As ``unmerge`` does.
    """
    ready = ready_to_unmerge(uow, actor, request)
    return ready if isinstance(ready, Done) else _propose(uow, actor, request, ready)


def decide(
    uow: UnitOfWork, actor: Actor, proposal_id: str, *, confirm: bool
) -> tuple[Proposal, Done | None]:
    """Confirm or reject what another registrar proposed; a confirmed act is done at once.

    Whoever proposed may take it back, never confirm it.

    Raises
    ------
    ProposalUnknownError, ProposalClosedError
        There is none, or it was decided.
    SecondPersonError
        The same person proposed it.
    MedshareError
        What forbids the act by now; the proposal stays open.
    """
    proposal = store.find_proposal(uow.session, proposal_id)
    if proposal is None:
        raise ProposalUnknownError
    if proposal.state is not ProposalState.OPEN:
        raise ProposalClosedError
    if confirm and actor.id == proposal.proposed_by.id:
        raise SecondPersonError
    done = _carry_out(uow, actor, proposal) if confirm else None
    state = ProposalState.CONFIRMED if confirm else ProposalState.REJECTED
    store.close_proposal(uow.session, proposal_id, state, actor.id)
    return replace(proposal, state=state, decided_by=actor.id), done


def page(
    uow: UnitOfWork, state: ProposalState, *, cursor: str | None, limit: int
) -> Page[Proposal]:
    """List proposals that stand so, oldest first."""
    keys = read_cursor(cursor, 1)
    after = keys[0] if keys else ""
    found = store.page_proposals(uow.session, state, after=after, limit=limit + 1)
    shown = found[:limit]
    return Page(shown, write_cursor(shown[-1].id) if len(found) > limit else None)


def _carry_out(uow: UnitOfWork, second: Actor, proposal: Proposal) -> Done:
    """Do what was proposed in the name of who proposed it; both must be allowed to."""
    author, act = proposal.proposed_by, proposal.act
    if isinstance(act, UnmergeRequest):
        ready = ready_to_unmerge(uow, second, act)
        return (
            ready if isinstance(ready, Done) else carry_unmerge(uow, author, act, ready, second.id)
        )
    ready = ready_to_merge(uow, second, act)
    return ready if isinstance(ready, Done) else carry_merge(uow, author, act, ready, second.id)


def _propose(
    uow: UnitOfWork, actor: Actor, act: MergeRequest | UnmergeRequest, ready: Ready
) -> Proposed:
    proposal = Proposal(uow.new_key(), act, *ready.persons, actor, uow.now())
    standing = store.open_proposal(uow.session, proposal)
    if standing is None:
        store.add_proposal(uow.session, proposal)
    return Proposed(standing or proposal, ready.subjects)
