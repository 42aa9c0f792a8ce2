"""``/api/v1/encounters``."""

from uuid import UUID

from flask import Response

from medshare.access.model import own_facility
from medshare.care import service
from medshare.care.model import Encounter
from medshare.care.schemas import dump_encounter, load_encounter, load_end
from medshare.infra.perform import Context
from medshare.kernel.audit import AuditAction, AuditObject, Subject
from medshare.kernel.operation import Recorded
from medshare.kernel.permission import Permission
from medshare.web.answers import created, json_answer
from medshare.web.endpoint import Routes

routes = Routes()


@routes.endpoint(
    "/api/v1/encounters",
    method="POST",
    name="care.record",
    access=Permission.ENCOUNTER_WRITE,
    audit=Recorded(AuditAction.CREATE),
)
def record(context: Context) -> Response:
    """Record an encounter, order or referral of the facility."""
    facility = own_facility(context.principal)
    request = load_encounter()
    with context.write() as uow:
        recorded = service.record(uow, facility, request)
        _say_who(context, recorded.encounter)
    location = f"/api/v1/encounters/{recorded.encounter.id}"
    return created(dump_encounter(recorded.encounter), location, fresh=recorded.fresh)


@routes.endpoint(
    "/api/v1/encounters/<uuid:encounter_id>",
    name="care.get",
    access=Permission.ENCOUNTER_READ,
    audit=Recorded(AuditAction.READ),
)
def get(context: Context, encounter_id: UUID) -> Response:
    """Show an encounter of the facility."""
    facility = own_facility(context.principal)
    with context.read() as uow:
        encounter = service.get(uow, facility, str(encounter_id))
    _say_who(context, encounter)
    return json_answer(dump_encounter(encounter))


@routes.endpoint(
    "/api/v1/encounters/<uuid:encounter_id>/end",
    method="POST",
    name="care.end",
    access=Permission.ENCOUNTER_WRITE,
    audit=Recorded(AuditAction.UPDATE),
)
def end(context: Context, encounter_id: UUID) -> Response:
    """End an encounter of the facility."""
    facility = own_facility(context.principal)
    ended_at = load_end()
    with context.write() as uow:
        encounter = service.end(uow, facility, str(encounter_id), ended_at)
        _say_who(context, encounter)
    return json_answer(dump_encounter(encounter))


def _say_who(context: Context, encounter: Encounter) -> None:
    context.touched(AuditObject("encounter", encounter.id))
    context.concerns(Subject(encounter.patient_id, encounter.record_id))
