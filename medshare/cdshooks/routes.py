"""``/cds-services``: discovery, three services and their feedback (CDS Hooks 2.0)."""

from dataclasses import replace

import orjson
from flask import Response, request

from medshare.access.model import own_facility
from medshare.care.sight import sight_of
from medshare.cdshooks import service
from medshare.cdshooks.cards import Language
from medshare.cdshooks.model import Hook, read_call, read_feedback
from medshare.cdshooks.service import Answer, Desk
from medshare.infra.perform import Context
from medshare.kernel.audit import AuditAction, AuditObject, Unrecorded
from medshare.kernel.errors import UnsupportedMediaTypeError
from medshare.kernel.operation import Recorded
from medshare.kernel.permission import Permission, Public
from medshare.kernel.principal import ActingUser, PurposeOfUse
from medshare.settings import Settings
from medshare.web.answers import json_answer
from medshare.web.body import BrokenJsonError, read_body
from medshare.web.endpoint import Routes

SERVICES = "/cds-services"
BODY_MAX_BYTES = 4 << 20
TITLES = {
    Hook.PATIENT_VIEW: "Valid results of other hospitals",
    Hook.ORDER_SELECT: "Existing results for the selected orders",
    Hook.ORDER_SIGN: "Existing results for the orders to be signed",
}
DESCRIPTIONS = {
    Hook.PATIENT_VIEW: "Tells of results of other hospitals that are to be recognised.",
    Hook.ORDER_SELECT: "Judges existing results for each order that is being selected.",
    Hook.ORDER_SIGN: "Judges existing results for each order that is about to be signed.",
}


def service_id(hook: Hook) -> str:
    """Return the id of the service that answers a hook."""
    return f"medshare-{hook}"


def audiences(settings: Settings) -> frozenset[str]:
    """Return the addresses that a call may be signed for."""
    base = settings.effective_base_url + SERVICES
    calls = {f"{base}/{service_id(hook)}" for hook in Hook}
    return frozenset({base, *calls, *(f"{each}/feedback" for each in calls)})


def cds_routes() -> Routes:
    """Return discovery, and the call and the feedback of each service."""
    routes = Routes()

    @routes.endpoint(
        SERVICES,
        name="cdshooks.discover",
        access=Public("What the services are is no secret (CDS Hooks 2.0, Discovery)."),
        audit=Unrecorded("Describes the services; no data."),
    )
    def discover(_context: Context) -> Response:
        """Say which services there are."""
        return json_answer({"services": [_described(hook) for hook in Hook]})

    for hook in Hook:
        _add_service(routes, hook)
    return routes


def _add_service(routes: Routes, hook: Hook) -> None:
    @routes.endpoint(
        f"{SERVICES}/{service_id(hook)}",
        method="POST",
        name=f"cdshooks.{hook}",
        access=Permission.EVALUATION_CREATE,
        audit=Recorded(AuditAction.EXECUTE),
    )
    def call(context: Context) -> Response:
        """Answer a call with cards."""
        return _call(context, hook)

    @routes.endpoint(
        f"{SERVICES}/{service_id(hook)}/feedback",
        method="POST",
        name=f"cdshooks.{hook}-feedback",
        access=Permission.DECISION_WRITE,
        audit=Recorded(AuditAction.CREATE),
    )
    def feedback(context: Context) -> Response:
        """Record what became of cards."""
        return _feedback(context)


def _call(context: Context, hook: Hook) -> Response:
    asked = read_call(_document(), hook)
    desk = _desk(context)
    principal = context.principal
    acting = principal.acting_user or (ActingUser(asked.user_id) if asked.user_id else None)
    # The client asserts who works at its screen; the moment itself is treatment.
    context.principal = replace(
        principal, acting_user=acting, purpose=principal.purpose or PurposeOfUse.TREAT
    )
    with context.write() as uow:
        named = service.find_patient(uow, desk, asked)
        if named is None:
            answer = Answer([], ())
        elif hook is Hook.PATIENT_VIEW:
            answer = service.remind(uow, sight_of(context, uow), desk, named)
        else:
            answer = service.advise(uow, sight_of(context, uow), desk, named, asked)
        _say_whose(context, answer)
    return json_answer({"cards": answer.cards})


def _feedback(context: Context) -> Response:
    told = read_feedback(_document())
    with context.write() as uow:
        decisions = service.take_feedback(uow, own_facility(context.principal), told)
        context.counted(decisions=len(decisions))
        for each in decisions:
            context.touched(AuditObject("decision", each.id))
            context.concerns(*each.subjects)
        if not decisions:
            context.concerns_nobody("no decision follows")
    return json_answer({})


def _say_whose(context: Context, answer: Answer) -> None:
    context.counted(cards=len(answer.cards), evaluations=len(answer.evaluations))
    subjects = [*answer.subjects, *(one for each in answer.evaluations for one in each.subjects)]
    context.touched(*(AuditObject("evaluation", each.id) for each in answer.evaluations))
    if subjects:
        context.concerns(*subjects)
    else:
        context.concerns_nobody("patient or orders not known")


def _desk(context: Context) -> Desk:
    preferred = request.accept_languages.best_match(["zh", "zh-CN", "en"]) or "zh"
    language = Language.EN if preferred == "en" else Language.ZH
    base = context.house.settings.effective_base_url
    return Desk(own_facility(context.principal), language, f"{base}/docs")


def _described(hook: Hook) -> dict[str, object]:
    return {
        "hook": hook,
        "id": service_id(hook),
        "title": TITLES[hook],
        "description": DESCRIPTIONS[hook],
        "prefetch": {"patient": "Patient/{{context.patientId}}"},
        "usageRequirements": (
            "Without FHIR access send the patient's identifiers in the prefetched Patient, or"
            " system|value as context.patientId."
        ),
    }


def _document() -> object:
    if request.mimetype != "application/json":
        raise UnsupportedMediaTypeError(
            "Send the body as application/json.", "请以 application/json 发送请求体。"
        )
    try:
        return orjson.loads(read_body(BODY_MAX_BYTES))
    except orjson.JSONDecodeError:
        raise BrokenJsonError from None
