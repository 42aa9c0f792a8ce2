"""The page in the frame of a hospital's system: opened by a ticket, about one order.

No address holds the ticket or an identifier: the ticket comes in a form, the page is known by a
cookie of its own, and candidates are numbered.
"""

from http import HTTPStatus

from flask import Response, request

from medshare.access import embedding, sessions
from medshare.access.model import own_facility, require_acting_user
from medshare.access.model.embedding import PAGE_LIFETIME, Embedding, PageLanguage
from medshare.care.sight import sight_of
from medshare.exams import service as exams
from medshare.exams.model import Exam
from medshare.exams.seen import say_what
from medshare.imaging.documents import Documents, Form
from medshare.imaging.rendering.families import OFFERS, content_type_of, family_of
from medshare.imaging.sources import source_of
from medshare.infra.perform import Context
from medshare.infra.uow import UnitOfWork
from medshare.kernel.audit import AuditAction, AuditObject
from medshare.kernel.errors import MedshareError, NotFoundError, UnauthenticatedError
from medshare.kernel.operation import Recorded
from medshare.kernel.permission import Permission, Public
from medshare.kernel.principal import ANONYMOUS
from medshare.recognition.decisions.model import ExplanationMethod
from medshare.recognition.evaluations import service as evaluations
from medshare.recognition.evaluations.model import Evaluation, ResultRef
from medshare.recognition.evaluations.trail import say_whose
from medshare.recognition.model import Verdict
from medshare.recognition.registers import load_programme
from medshare.viewer.embedded import attached, candidates, take
from medshare.viewer.pages import Pages, framed, part
from medshare.viewer.report import pane_of
from medshare.viewer.schemas import load_choice, load_ticket
from medshare.viewer.standing import note_view
from medshare.viewer.words import COOKIE as LANGUAGE_COOKIE
from medshare.viewer.words import Language, wanted_language
from medshare.web.answers import json_answer
from medshare.web.endpoint import Routes
from medshare.web.envelope import request_id
from medshare.web.problems import STATUSES

PAGE = "/embed/recognition"
RESULT = f"{PAGE}/results/<int:number>"
PROVES_HERE = Public("The ticket in the form is the proof.")


def embedded_routes(pages: Pages, documents: Documents) -> tuple[Routes, Routes, Routes]:
    """Return the page, whose refusals are pages, and what its script asks for."""
    return _page_routes(pages), _asked_routes(), _document_routes(documents)


def _page_routes(pages: Pages) -> Routes:
    def refusal(error: MedshareError) -> Response:
        """Say it in the frame, whoever's it is: there is nothing to see and nothing to press."""
        sentence = wanted_language().choose(error.detail_zh, error.detail)
        status, number = STATUSES[error.kind], request_id()
        shown = pages.answer(
            ANONYMOUS, "embedded_refusal", status=status, sentence=sentence, request_id=number
        )
        if status == HTTPStatus.UNAUTHORIZED:
            shown.headers["WWW-Authenticate"] = 'Bearer realm="medshare"'
        return framed(shown, "*")

    routes = Routes(error_face=refusal)

    @routes.endpoint(
        PAGE,
        method="POST",
        name="embedded.open",
        access=PROVES_HERE,
        audit=Recorded(AuditAction.LOGIN),
    )
    def open_page(context: Context) -> Response:
        """Take a ticket, and lead to the page that it opens."""
        ticket, origin = load_ticket(), request.headers.get("Origin", "")
        with context.write() as uow:
            key, opened = embedding.redeem(uow, ticket, origin)
            context.principal = opened.principal
            say_whose(context, [_evaluation(uow, opened)])
        return _with_cookies(key, opened.binding.language)

    @routes.endpoint(
        PAGE,
        name="embedded.page",
        access=Permission.EMBEDDED,
        audit=Recorded(AuditAction.READ),
    )
    def page(context: Context) -> Response:
        """Show what exists for the order, and how each result stands."""
        with context.read() as uow:
            opened = _opened(uow)
            evaluation = _evaluation(uow, opened)
            shown = candidates(uow, evaluation)
            reasons = load_programme(uow, evaluation.asked_at).reasons.reasons
        say_whose(context, [evaluation])
        answer = pages.answer(
            ANONYMOUS,
            "embedded",
            embedded_token=sessions.csrf_token_of(_key()),
            candidates=shown,
            reasons=reasons,
            methods=list(ExplanationMethod),
            origin=opened.origin,
        )
        return framed(answer, opened.origin)

    return routes


def _asked_routes() -> Routes:
    routes = Routes()

    @routes.endpoint(
        f"{RESULT}/report",
        method="POST",
        name="embedded.report",
        access=Permission.EMBEDDED,
        audit=Recorded(AuditAction.READ),
    )
    def report(context: Context, number: int) -> Response:
        """Show the report of a candidate, and note that it was looked at."""
        with context.write() as uow:
            evaluation = _evaluation(uow, _opened(uow))
            verdict = _verdict(evaluation, number)
            exam = _exam(context, uow, verdict)
            pane = pane_of(context, uow, exam)
            note_view(uow, evaluation, verdict.result)
            say_what(context, [exam])
        return part(context, "parts/embedded_report", pane=pane, number=number)

    @routes.endpoint(
        f"{RESULT}/decision",
        method="POST",
        name="embedded.decide",
        access=Permission.EMBEDDED,
        audit=Recorded(AuditAction.CREATE),
    )
    def decision(context: Context, number: int) -> Response:
        """Record what was decided on a candidate."""
        now = context.house.clock.now()
        choice = load_choice(require_acting_user(context.principal).id, now)
        with context.write() as uow:
            evaluation = _evaluation(uow, _opened(uow))
            taken = take(uow, evaluation, _verdict(evaluation, number), choice, now)
            say_whose(context, [evaluation])
            context.touched(AuditObject("decision", taken.id))
        outcome = {
            "evaluationId": evaluation.id,
            "decisionId": taken.id,
            "outcome": taken.draft.outcome,
            "reason": taken.draft.reason,
            "orderReference": taken.draft.order_reference,
        }
        return json_answer(outcome)

    return routes


def _document_routes(documents: Documents) -> Routes:
    routes = Routes()

    @routes.endpoint(
        f"{RESULT}/documents/<int:position>",
        name="embedded.document",
        access=Permission.EMBEDDED,
        audit=Recorded(AuditAction.READ),
    )
    def document(context: Context, number: int, position: int) -> Response:
        """Show what came with a candidate's images and is none."""
        with context.read() as uow:
            exam = _exam(context, uow, _verdict(_evaluation(uow, _opened(uow)), number))
            instance = attached(context, uow, exam, position)
            say_what(context, [exam])
        media = OFFERS[family_of(instance.sop_class_uid)][0]
        form = Form(media, chinese=wanted_language() is Language.CHINESE)
        content = documents.obtain(instance, form, lambda: source_of(context, instance))
        return Response(content, content_type=content_type_of(media))

    return routes


def _exam(context: Context, uow: UnitOfWork, verdict: Verdict) -> Exam:
    return exams.get(uow, sight_of(context, uow), ResultRef.read(verdict.result).exam_id)


def _key() -> str:
    return request.cookies.get(embedding.COOKIE, "")


def _opened(uow: UnitOfWork) -> Embedding:
    """Return what the page of this request was opened for."""
    opened = embedding.find(uow, _key())
    if opened is None:
        raise UnauthenticatedError
    return opened


def _evaluation(uow: UnitOfWork, opened: Embedding) -> Evaluation:
    return evaluations.get(uow, own_facility(opened.principal), opened.binding.about)


def _verdict(evaluation: Evaluation, number: int) -> Verdict:
    verdicts = evaluation.judgement.verdicts
    if number >= len(verdicts):
        raise NotFoundError
    return verdicts[number][1]


def _with_cookies(key: str, language: PageLanguage) -> Response:
    """Lead to the page; its cookies are kept apart for each site that frames it (CHIPS)."""
    response = Response(status=HTTPStatus.SEE_OTHER, headers={"Location": PAGE})
    for name, value in ((embedding.COOKIE, key), (LANGUAGE_COOKIE, language)):
        response.set_cookie(
            name,
            value,
            max_age=PAGE_LIFETIME,
            path=PAGE,
            secure=True,
            httponly=True,
            samesite="None",
            partitioned=True,
        )
    return response
