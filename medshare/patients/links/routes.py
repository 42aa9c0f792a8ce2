"""``/api/v1/patients``: what registrars do to links, and what the links say of a person."""

from http import HTTPStatus
from uuid import UUID

from flask import Response

from medshare.access.model import demographic_visibility
from medshare.infra.perform import Context
from medshare.kernel.audit import AuditAction, AuditObject
from medshare.kernel.identifiers import PatientId, RecordId
from medshare.kernel.operation import Recorded
from medshare.kernel.permission import Permission
from medshare.kernel.principal import Principal
from medshare.patients import service
from medshare.patients.links import by_hand, graph, history, merges, proposals
from medshare.patients.links.golden import golden_view
from medshare.patients.links.graph import Done
from medshare.patients.links.model import Actor
from medshare.patients.links.proposals import Proposed
from medshare.patients.links.schemas import (
    dump_act,
    dump_cross_references,
    dump_golden,
    dump_history,
    dump_proposal,
    load_decision,
    load_hand,
    load_merge,
    load_proposal_query,
    load_unmerge,
)
from medshare.patients.model import FoundPatient
from medshare.patients.seen import say_who
from medshare.patients.sight import SightOf
from medshare.web.answers import created, json_answer, page_answer
from medshare.web.conditions import load_version, tagged
from medshare.web.endpoint import Routes

PATIENT = "/api/v1/patients/<uuid:patient_id>"
MERGES = "/api/v1/patients/merges"
PROPOSALS = "/api/v1/patients/merge-proposals"
act_routes = Routes()


@act_routes.endpoint(
    f"{PATIENT}/merges",
    method="POST",
    name="patients.merge",
    access=Permission.LINK_WRITE,
    audit=Recorded(AuditAction.UPDATE),
    step_up=True,
)
def merge(context: Context, patient_id: UUID) -> Response:
    """Merge another person into this one, or propose it where two have to agree."""
    request = load_merge(PatientId(str(patient_id)), load_version())
    actor = actor_of(context.principal)
    two = context.house.settings.two_person_merge
    with context.write() as uow:
        do = proposals.propose_merge if two else merges.merge
        done = do(uow, actor, request)
        _say_what(context, done)
    return _answer(done)


@act_routes.endpoint(
    f"{MERGES}/<uuid:merge_id>",
    name="patients.get-merge",
    access=Permission.LINK_READ,
    audit=Recorded(AuditAction.READ, about_patients=False),
)
def get_merge(context: Context, merge_id: UUID) -> Response:
    """Show a merge, with the version of the survivor's links to undo it by."""
    with context.read() as uow:
        act = merges.get_merge(uow, str(merge_id))
        version = graph.version_of(uow, act.patient_id)
    context.touched(AuditObject("patient-act", act.id))
    return tagged(json_answer(dump_act(act)), version)


@act_routes.endpoint(
    f"{MERGES}/<uuid:merge_id>/undo",
    method="POST",
    name="patients.unmerge",
    access=Permission.LINK_WRITE,
    audit=Recorded(AuditAction.UPDATE),
    step_up=True,
)
def unmerge(context: Context, merge_id: UUID) -> Response:
    """Undo a merge, or propose it where two have to agree."""
    request = load_unmerge(str(merge_id), load_version())
    actor = actor_of(context.principal)
    two = context.house.settings.two_person_merge
    with context.write() as uow:
        do = proposals.propose_unmerge if two else merges.unmerge
        done = do(uow, actor, request)
        _say_what(context, done)
    return _answer(done)


@act_routes.endpoint(
    PROPOSALS,
    name="patients.list-proposals",
    access=Permission.LINK_READ,
    audit=Recorded(AuditAction.SEARCH, about_patients=False),
)
def list_proposals(context: Context) -> Response:
    """List the merges and unmerges that wait for a second person."""
    asked = load_proposal_query()
    with context.read() as uow:
        page = proposals.page(uow, asked.state, cursor=asked.cursor, limit=asked.limit)
    context.touched(*(AuditObject("patient-act-proposal", each.id) for each in page.items))
    return page_answer(page, [dump_proposal(each) for each in page.items])


@act_routes.endpoint(
    f"{PROPOSALS}/<uuid:proposal_id>/decision",
    method="POST",
    name="patients.decide-proposal",
    access=Permission.LINK_WRITE,
    audit=Recorded(AuditAction.UPDATE),
    step_up=True,
)
def decide_proposal(context: Context, proposal_id: UUID) -> Response:
    """Confirm or reject what another registrar proposed."""
    confirm = load_decision()
    with context.write() as uow:
        proposal, done = proposals.decide(
            uow, actor_of(context.principal), str(proposal_id), confirm=confirm
        )
        if done is None:
            context.touched(AuditObject("patient-act-proposal", proposal.id))
            context.concerns_nobody("rejected")
        else:
            _say_what(context, done)
    return json_answer(dump_proposal(proposal, done.act if done else None))


@act_routes.endpoint(
    f"{PATIENT}/links",
    method="POST",
    name="patients.link",
    access=Permission.LINK_WRITE,
    audit=Recorded(AuditAction.UPDATE),
)
def link(context: Context, patient_id: UUID) -> Response:
    """Put a record to this person by hand."""
    request = load_hand(PatientId(str(patient_id)), load_version())
    alone = not context.house.settings.two_person_merge
    with context.write() as uow:
        done = by_hand.link(uow, actor_of(context.principal), request, may_retire=alone)
        _say_what(context, done)
    return json_answer(dump_act(done.act), HTTPStatus.CREATED)


@act_routes.endpoint(
    f"{PATIENT}/unlink",
    method="POST",
    name="patients.unlink",
    access=Permission.LINK_WRITE,
    audit=Recorded(AuditAction.UPDATE),
)
def unlink(context: Context, patient_id: UUID) -> Response:
    """Take a record out of this person; it begins a person of its own."""
    request = load_hand(PatientId(str(patient_id)), load_version())
    with context.write() as uow:
        done = by_hand.unlink(uow, actor_of(context.principal), request)
        _say_what(context, done)
    return json_answer(dump_act(done.act), HTTPStatus.CREATED)


@act_routes.endpoint(
    f"{PATIENT}/history",
    name="patients.history",
    access=Permission.LINK_READ,
    audit=Recorded(AuditAction.READ),
)
def show_history(context: Context, patient_id: UUID) -> Response:
    """Show which records have been with this person, and what registrars did."""
    asked = PatientId(str(patient_id))
    with context.read() as uow:
        found = history.history_of(uow, asked)
        version = graph.version_of(uow, asked)
    context.concerns(*history.subjects_of(found))
    return tagged(json_answer(dump_history(found, version)), version)


@act_routes.endpoint(
    "/api/v1/patients/records/<uuid:record_id>/history",
    name="patients.record-history",
    access=Permission.LINK_READ,
    audit=Recorded(AuditAction.READ),
)
def show_record_history(context: Context, record_id: UUID) -> Response:
    """Show with which persons a record has been, and by whose act."""
    with context.read() as uow:
        found = history.history_of_record(uow, RecordId(str(record_id)))
    context.concerns(*history.subjects_of(found))
    return json_answer(dump_history(found))


def view_routes(sight_of: SightOf) -> Routes:
    """Return what the links say of a person, to those who may see the records.

    Parameters
    ----------
    sight_of
        Turns whose data a caller may see into the condition that holds at an instant.
    """
    routes = Routes()

    def seen(context: Context, patient_id: UUID) -> FoundPatient:
        visibility = demographic_visibility(context.principal)
        with context.read() as uow:
            current = graph.current_id(uow, PatientId(str(patient_id)))
            patient = service.get_patient(uow, current, sight_of(visibility, uow.now()))
        say_who(context, visibility, [patient])
        return patient

    @routes.endpoint(
        f"{PATIENT}/identifiers",
        name="patients.identifiers",
        access=Permission.PATIENT_READ,
        audit=Recorded(AuditAction.READ),
    )
    def identifiers(context: Context, patient_id: UUID) -> Response:
        """Show under which identifiers a person is known."""
        return json_answer(dump_cross_references(seen(context, patient_id)))

    @routes.endpoint(
        f"{PATIENT}/golden",
        name="patients.golden",
        access=Permission.PATIENT_READ,
        audit=Recorded(AuditAction.READ),
    )
    def golden(context: Context, patient_id: UUID) -> Response:
        """Show one value an attribute, chosen from the records that the caller may see."""
        patient = seen(context, patient_id)
        return json_answer(dump_golden(patient.patient_id, golden_view(patient.records)))

    return routes


def actor_of(principal: Principal) -> Actor:
    """Return who acts on links, and within which facility."""
    return Actor(principal.id, principal.facility)


def _say_what(context: Context, done: Done | Proposed) -> None:
    if isinstance(done, Done):
        context.touched(AuditObject("patient-act", done.act.id))
    else:
        context.touched(AuditObject("patient-act-proposal", done.proposal.id))
    context.concerns(*done.subjects)


def _answer(done: Done | Proposed) -> Response:
    if isinstance(done, Proposed):
        answer = json_answer(dump_proposal(done.proposal), HTTPStatus.ACCEPTED)
        answer.headers["Location"] = PROPOSALS
        return answer
    location = f"{MERGES}/{done.act.undoes or done.act.id}"
    return created(dump_act(done.act), location, fresh=done.fresh)
