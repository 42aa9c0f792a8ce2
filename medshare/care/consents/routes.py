"""``/api/v1/opt-outs``: who refuses to share, as their hospital took it down."""

from uuid import UUID

from flask import Response

from medshare.access.model import own_facility, require_acting_user
from medshare.care.consents import service
from medshare.care.consents.model import OptOut
from medshare.care.consents.schemas import dump_opt_out, load_opt_out, load_question, load_word
from medshare.infra.perform import Context
from medshare.kernel.audit import AuditAction, AuditObject, Subject
from medshare.kernel.operation import Recorded
from medshare.kernel.permission import Permission
from medshare.web.answers import created, json_answer
from medshare.web.endpoint import Routes

routes = Routes()


@routes.endpoint(
    "/api/v1/opt-outs",
    method="POST",
    name="consents.opt-out",
    access=Permission.CONSENT_WRITE,
    audit=Recorded(AuditAction.CREATE),
)
def opt_out(context: Context) -> Response:
    """Take down that a patient refuses to share."""
    facility = own_facility(context.principal)
    request = load_opt_out(require_acting_user(context.principal).id)
    with context.write() as uow:
        recorded = service.record(uow, facility, request)
        _say_who(context, recorded)
    return created(dump_opt_out(recorded), f"/api/v1/opt-outs/{recorded.id}")


@routes.endpoint(
    "/api/v1/opt-outs",
    name="consents.list-opt-outs",
    access=Permission.CONSENT_READ,
    audit=Recorded(AuditAction.READ),
)
def list_opt_outs(context: Context) -> Response:
    """Show the opt-outs of a patient that the facility took down."""
    facility = own_facility(context.principal)
    patient_id = load_question()
    with context.read() as uow:
        found = service.of_person(uow, facility, patient_id)
    for each in found:
        _say_who(context, each)
    if not found:
        context.concerns_nobody("nothing found")
    return json_answer({"items": [dump_opt_out(each) for each in found]})


@routes.endpoint(
    "/api/v1/opt-outs/<uuid:opt_out_id>/withdrawal",
    method="POST",
    name="consents.withdraw-opt-out",
    access=Permission.CONSENT_WRITE,
    audit=Recorded(AuditAction.UPDATE),
)
def withdraw(context: Context, opt_out_id: UUID) -> Response:
    """Take down that a patient shares again."""
    facility = own_facility(context.principal)
    word = load_word(require_acting_user(context.principal).id)
    with context.write() as uow:
        withdrawn = service.withdraw(uow, facility, str(opt_out_id), word)
        _say_who(context, withdrawn)
    return json_answer(dump_opt_out(withdrawn))


def _say_who(context: Context, opt_out: OptOut) -> None:
    context.touched(AuditObject("opt-out", opt_out.id))
    context.concerns(Subject(opt_out.patient_id, opt_out.record_id))
