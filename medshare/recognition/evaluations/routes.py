"""``/api/v1/recognition/evaluations``."""

from collections.abc import Sequence
from http import HTTPStatus
from uuid import UUID

from flask import Response

from medshare.access import embedding
from medshare.access.model import FACILITY_NOT_OWN, own_facility, require_acting_user
from medshare.access.model.embedding import TICKET_LIFETIME, Binding
from medshare.care.sight import sight_of
from medshare.infra.perform import Context
from medshare.infra.uow import UnitOfWork
from medshare.kernel.audit import AuditAction
from medshare.kernel.errors import ForbiddenError, InvalidError
from medshare.kernel.operation import Recorded
from medshare.kernel.permission import Permission
from medshare.recognition.evaluations import service
from medshare.recognition.evaluations.model import Asker, Channel, Evaluation
from medshare.recognition.evaluations.schemas import (
    Question,
    dump_evaluation,
    dump_replay,
    load_batch,
    load_order,
    load_ticket_request,
)
from medshare.recognition.evaluations.trail import say_whose
from medshare.web.answers import created, json_answer
from medshare.web.endpoint import Routes
from medshare.web.idempotency import idempotent

routes = Routes()
EVALUATIONS = "/api/v1/recognition/evaluations"
PAGE = "/embed/recognition"


@routes.endpoint(
    EVALUATIONS,
    method="POST",
    name="recognition.evaluate",
    access=Permission.EVALUATION_CREATE,
    audit=Recorded(AuditAction.CREATE),
)
@idempotent
def evaluate(context: Context) -> Response:
    """Judge which existing results stand for an order."""
    question = load_order()
    (evaluation,) = _ask(context, [question], place="")
    return created(dump_evaluation(evaluation), f"{EVALUATIONS}/{evaluation.id}")


@routes.endpoint(
    f"{EVALUATIONS}/batch",
    method="POST",
    name="recognition.evaluate-batch",
    access=Permission.EVALUATION_CREATE,
    audit=Recorded(AuditAction.CREATE),
)
@idempotent
def evaluate_batch(context: Context) -> Response:
    """Judge several orders together: all of them, or none where one is faulty."""
    evaluations = _ask(context, load_batch(), place="/orders/{}")
    return json_answer({"items": [dump_evaluation(each) for each in evaluations]})


@routes.endpoint(
    f"{EVALUATIONS}/<uuid:evaluation_id>",
    name="recognition.get-evaluation",
    access=Permission.EVALUATION_READ,
    audit=Recorded(AuditAction.READ),
)
def get(context: Context, evaluation_id: UUID) -> Response:
    """Show an evaluation as it was answered."""
    with context.read() as uow:
        evaluation = service.get(uow, own_facility(context.principal), str(evaluation_id))
    say_whose(context, [evaluation])
    return json_answer(dump_evaluation(evaluation))


@routes.endpoint(
    f"{EVALUATIONS}/<uuid:evaluation_id>/replay",
    method="POST",
    name="recognition.replay",
    access=Permission.EVALUATION_REPLAY,
    audit=Recorded(AuditAction.EXECUTE),
)
def replay(context: Context, evaluation_id: UUID) -> Response:
    """Judge an evaluation again on what was kept of it."""
    with context.read() as uow:
        evaluation = service.get(uow, own_facility(context.principal), str(evaluation_id))
        done = service.replay(uow, evaluation)
    say_whose(context, [evaluation])
    return json_answer(dump_replay(done))


@routes.endpoint(
    "/api/v1/recognition/tickets",
    method="POST",
    name="recognition.issue-ticket",
    access=Permission.TICKET_CREATE,
    audit=Recorded(AuditAction.CREATE),
)
def issue_ticket(context: Context) -> Response:
    """Judge an order, and let the ordering system show the answer once, in a frame of its own."""
    question, language = load_ticket_request()
    principal = context.principal
    with context.write() as uow:
        purpose = embedding.require_embedder(uow, principal)
        (evaluation,) = _judge(context, uow, [question], place="/order")
        doctor = require_acting_user(principal)
        binding = Binding(principal.id, doctor, purpose, evaluation.id, language)
        ticket = embedding.issue(uow, binding)
        expires_at = uow.now() + TICKET_LIFETIME
    shown = {
        "ticket": ticket,
        "address": PAGE,
        "evaluationId": evaluation.id,
        "expiresAt": expires_at,
    }
    return json_answer(shown, HTTPStatus.CREATED)


def _ask(context: Context, questions: Sequence[Question], *, place: str) -> list[Evaluation]:
    with context.write() as uow:
        return _judge(context, uow, questions, place=place)


def _judge(
    context: Context, uow: UnitOfWork, questions: Sequence[Question], *, place: str
) -> list[Evaluation]:
    facility = own_facility(context.principal)
    for number, each in enumerate(questions):
        if each.facility not in (None, facility):
            raise InvalidError(issues=[FACILITY_NOT_OWN]).below(place.format(number))
    instants = {each.draft.at for each in questions}
    if instants != {None} and Permission.EVALUATION_REPLAY not in context.principal.permissions:
        raise ForbiddenError
    acting = context.principal.acting_user
    asker = Asker(
        facility,
        acting.id if acting else "",
        acting.department if acting else "",
        Channel.REST,
    )
    drafts = [each.draft for each in questions]
    evaluations = service.ask(uow, sight_of(context, uow), asker, drafts, place=place)
    say_whose(context, evaluations)
    return evaluations
