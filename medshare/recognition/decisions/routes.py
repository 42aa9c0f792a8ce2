"""``/api/v1/recognition/decisions``, views, reasons and notices."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from flask import Response

from medshare.access.model import own_facility
from medshare.care.sight import sight_of
from medshare.infra.perform import Context
from medshare.kernel.audit import AuditAction, AuditObject
from medshare.kernel.operation import Recorded
from medshare.kernel.permission import Permission
from medshare.recognition.decisions import service
from medshare.recognition.decisions.model import Recorded as Decision
from medshare.recognition.decisions.schemas import (
    dump_decision,
    dump_reasons,
    dump_words,
    load_decision,
    load_decisions,
    load_undo,
    load_view,
    load_write_back,
)
from medshare.recognition.evaluations import service as evaluations
from medshare.recognition.evaluations.trail import say_whose
from medshare.recognition.registers import load_programme
from medshare.web.answers import created, json_answer, no_content
from medshare.web.endpoint import Routes
from medshare.web.idempotency import idempotent

routes = Routes()
DECISIONS = "/api/v1/recognition/decisions"
EVALUATION = "/api/v1/recognition/evaluations/<uuid:evaluation_id>"
DECISION = f"{DECISIONS}/<uuid:decision_id>"


@routes.endpoint(
    DECISIONS,
    method="POST",
    name="recognition.decide",
    access=Permission.DECISION_WRITE,
    audit=Recorded(AuditAction.CREATE),
)
@idempotent
def decide(context: Context) -> Response:
    """Record what a doctor decided on an existing result."""
    draft = load_decision(context.principal.acting_user, context.house.clock.now())
    facility = own_facility(context.principal)
    with context.write() as uow:
        taken = service.take(uow, facility, draft)
        _say_which(context, [taken.decision])
    location = f"{DECISIONS}/{taken.decision.id}"
    return created(dump_decision(taken.decision), location, fresh=taken.fresh)


@routes.endpoint(
    f"{DECISIONS}/batch",
    method="POST",
    name="recognition.decide-batch",
    access=Permission.DECISION_WRITE,
    audit=Recorded(AuditAction.CREATE),
)
@idempotent
def decide_batch(context: Context) -> Response:
    """Record several decisions: all of them, or none where one is faulty."""
    drafts = load_decisions(context.principal.acting_user, context.house.clock.now())
    facility = own_facility(context.principal)
    with context.write() as uow:
        decisions = service.take_batch(uow, facility, drafts)
        _say_which(context, decisions)
    return json_answer({"items": [dump_decision(each) for each in decisions]})


@routes.endpoint(
    DECISION,
    name="recognition.get-decision",
    access=Permission.DECISION_READ,
    audit=Recorded(AuditAction.READ),
)
def get(context: Context, decision_id: UUID) -> Response:
    """Show a decision with what followed it."""
    with context.read() as uow:
        decision = service.get(uow, own_facility(context.principal), str(decision_id))
    _say_which(context, [decision])
    return json_answer(dump_decision(decision))


@routes.endpoint(
    f"{DECISION}/undo",
    method="POST",
    name="recognition.undo-decision",
    access=Permission.DECISION_UNDO,
    audit=Recorded(AuditAction.UPDATE),
)
def undo(context: Context, decision_id: UUID) -> Response:
    """Undo a decision while its time lasts."""
    note = load_undo()
    principal = context.principal
    by = principal.acting_user.id if principal.acting_user else principal.id
    limit = timedelta(hours=context.house.settings.decision_undo_hours)
    with context.write() as uow:
        decision = service.get(uow, own_facility(principal), str(decision_id))
        decision = service.undo(uow, decision, by, note, limit=limit)
        _say_which(context, [decision])
    return json_answer(dump_decision(decision))


@routes.endpoint(
    f"{DECISION}/write-backs",
    method="POST",
    name="recognition.write-back",
    access=Permission.DECISION_WRITE,
    audit=Recorded(AuditAction.UPDATE),
)
@idempotent
def write_back(context: Context, decision_id: UUID) -> Response:
    """Note how far the decision has been written into the hospital's own system."""
    state = load_write_back(context.house.clock.now())
    with context.write() as uow:
        decision = service.get(uow, own_facility(context.principal), str(decision_id))
        decision = service.write_back(uow, decision, state)
        _say_which(context, [decision])
    return json_answer(dump_decision(decision))


@routes.endpoint(
    f"{DECISION}/notice",
    name="recognition.notice",
    access=Permission.DECISION_READ,
    audit=Recorded(AuditAction.READ),
)
def notice(context: Context, decision_id: UUID) -> Response:
    """Show what the patient is told of the decision."""
    with context.read() as uow:
        decision = service.get(uow, own_facility(context.principal), str(decision_id))
        words = service.notice(uow, decision)
    _say_which(context, [decision])
    return json_answer(dump_words(words))


@routes.endpoint(
    f"{EVALUATION}/decisions",
    name="recognition.list-decisions",
    access=Permission.DECISION_READ,
    audit=Recorded(AuditAction.READ),
)
def list_all(context: Context, evaluation_id: UUID) -> Response:
    """List what was decided on an order, and which due results were overlooked."""
    limit = timedelta(hours=context.house.settings.decision_overlooked_hours)
    with context.read() as uow:
        evaluation = evaluations.get(uow, own_facility(context.principal), str(evaluation_id))
        decisions = service.of_evaluation(uow, evaluation)
        sight = sight_of(context, uow)
        overlooked = service.overlooked(uow, sight, evaluation, decisions, limit=limit)
    say_whose(context, [evaluation])
    items = [dump_decision(each) for each in decisions]
    return json_answer({"items": items, "overlooked": overlooked})


@routes.endpoint(
    f"{EVALUATION}/views",
    method="POST",
    name="recognition.view",
    access=Permission.DECISION_WRITE,
    audit=Recorded(AuditAction.CREATE),
)
@idempotent
def view(context: Context, evaluation_id: UUID) -> Response:
    """Note that a result was looked at."""
    acting, now = context.principal.acting_user, context.house.clock.now()
    viewed = load_view(str(evaluation_id), acting, now)
    with context.write() as uow:
        evaluation = evaluations.get(uow, own_facility(context.principal), str(evaluation_id))
        service.view(uow, evaluation, viewed)
        say_whose(context, [evaluation])
    return no_content()


@routes.endpoint(
    "/api/v1/recognition/reasons",
    name="recognition.reasons",
    access=Permission.DECISION_READ,
    audit=Recorded(AuditAction.READ, about_patients=False),
)
def reasons(context: Context) -> Response:
    """List the reasons for repeating an exam that are in force."""
    with context.read() as uow:
        found = load_programme(uow, uow.now()).reasons
    return json_answer(dump_reasons(found))


def _say_which(context: Context, decisions: Sequence[Decision]) -> None:
    """Tell the trail which decisions are touched, and whose they are."""
    context.counted(decisions=len(decisions))
    for each in decisions:
        context.touched(AuditObject("decision", each.id))
        context.concerns(*each.subjects)
