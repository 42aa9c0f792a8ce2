"""``/api/v1/opt-outs`` and ``/api/v1/opt-ins``: who shares what, as their hospital took it down."""

from uuid import UUID

from flask import Response

from medshare.access.model import own_facility, require_acting_user
from medshare.care.consents import service
from medshare.care.consents.model import Consent, ConsentRequest, Provision
from medshare.care.consents.schemas import (
    dump_consent,
    load_opt_in,
    load_opt_out,
    load_question,
    load_word,
)
from medshare.infra.perform import Context
from medshare.kernel.audit import AuditAction, AuditObject, Subject
from medshare.kernel.operation import Recorded
from medshare.kernel.permission import Permission
from medshare.web.answers import created, json_answer
from medshare.web.endpoint import Routes

routes = Routes()
OBJECTS = {Provision.DENY: "opt-out", Provision.PERMIT: "opt-in"}


@routes.endpoint(
    "/api/v1/opt-outs",
    method="POST",
    name="consents.opt-out",
    access=Permission.CONSENT_WRITE,
    audit=Recorded(AuditAction.CREATE),
)
def opt_out(context: Context) -> Response:
    """Take down that a patient refuses to share."""
    return _record(context, load_opt_out(require_acting_user(context.principal).id))


@routes.endpoint(
    "/api/v1/opt-ins",
    method="POST",
    name="consents.opt-in",
    access=Permission.CONSENT_WRITE,
    audit=Recorded(AuditAction.CREATE),
)
def opt_in(context: Context) -> Response:
    """Take down that a patient agrees to share results of a class."""
    return _record(context, load_opt_in(require_acting_user(context.principal).id))


@routes.endpoint(
    "/api/v1/opt-outs",
    name="consents.list-opt-outs",
    access=Permission.CONSENT_READ,
    audit=Recorded(AuditAction.READ),
)
def list_opt_outs(context: Context) -> Response:
    """Show the opt-outs of a patient that the facility took down."""
    return _listed(context, Provision.DENY)


@routes.endpoint(
    "/api/v1/opt-ins",
    name="consents.list-opt-ins",
    access=Permission.CONSENT_READ,
    audit=Recorded(AuditAction.READ),
)
def list_opt_ins(context: Context) -> Response:
    """Show the opt-ins of a patient that the facility took down."""
    return _listed(context, Provision.PERMIT)


@routes.endpoint(
    "/api/v1/opt-outs/<uuid:opt_out_id>/withdrawal",
    method="POST",
    name="consents.withdraw-opt-out",
    access=Permission.CONSENT_WRITE,
    audit=Recorded(AuditAction.UPDATE),
)
def withdraw_opt_out(context: Context, opt_out_id: UUID) -> Response:
    """Take down that a patient shares again."""
    return _withdraw(context, Provision.DENY, opt_out_id)


@routes.endpoint(
    "/api/v1/opt-ins/<uuid:opt_in_id>/withdrawal",
    method="POST",
    name="consents.withdraw-opt-in",
    access=Permission.CONSENT_WRITE,
    audit=Recorded(AuditAction.UPDATE),
)
def withdraw_opt_in(context: Context, opt_in_id: UUID) -> Response:
    """Take down that a patient shares results of a class no more."""
    return _withdraw(context, Provision.PERMIT, opt_in_id)


def _record(context: Context, request: ConsentRequest) -> Response:
    facility = own_facility(context.principal)
    with context.write() as uow:
        recorded = service.record(uow, facility, request)
        _say_who(context, recorded)
    address = f"/api/v1/{OBJECTS[recorded.provision]}s/{recorded.id}"
    return created(dump_consent(recorded), address)


def _listed(context: Context, provision: Provision) -> Response:
    facility = own_facility(context.principal)
    patient_id = load_question()
    with context.read() as uow:
        found = service.of_person(uow, provision, facility, patient_id)
    for each in found:
        _say_who(context, each)
    if not found:
        context.concerns_nobody("nothing found")
    return json_answer({"items": [dump_consent(each) for each in found]})


def _withdraw(context: Context, provision: Provision, consent_id: UUID) -> Response:
    facility = own_facility(context.principal)
    word = load_word(require_acting_user(context.principal).id)
    with context.write() as uow:
        withdrawn = service.withdraw(uow, provision, facility, str(consent_id), word)
        _say_who(context, withdrawn)
    return json_answer(dump_consent(withdrawn))


def _say_who(context: Context, consent: Consent) -> None:
    context.touched(AuditObject(OBJECTS[consent.provision], consent.id))
    context.concerns(Subject(consent.patient_id, consent.record_id))
