"""``/api/v1/patients``."""

from uuid import UUID

from flask import Response

from medshare.access.model import demographic_visibility, own_facility
from medshare.infra.perform import Context
from medshare.kernel.audit import AuditAction, Subject
from medshare.kernel.identifiers import PatientId, RecordId
from medshare.kernel.operation import Recorded
from medshare.kernel.permission import Permission
from medshare.patients import service
from medshare.patients.links import graph
from medshare.patients.lookup.schemas import dump_candidate, load_match, load_search
from medshare.patients.matching import service as matching
from medshare.patients.schemas import (
    dump_patient,
    dump_registered,
    dump_replaced,
    load_registration,
)
from medshare.patients.seen import in_words, say_who, subject_of
from medshare.patients.sight import SightOf
from medshare.web.answers import created, json_answer, moved, page_answer
from medshare.web.conditions import load_version, tagged
from medshare.web.endpoint import Routes

registration_routes = Routes()


@registration_routes.endpoint(
    "/api/v1/patients",
    method="POST",
    name="patients.register",
    access=Permission.PATIENT_REGISTER,
    audit=Recorded(AuditAction.CREATE),
)
def register(context: Context) -> Response:
    """Register somebody under the facility's own number."""
    facility = own_facility(context.principal)
    registration = load_registration()
    with context.write() as uow:
        done = service.register(uow, facility, registration)
        context.concerns(*map(subject_of, (done.record, *done.united)))
    location = f"/api/v1/patients/{done.record.patient_id}"
    answer = created(dump_registered(done), location, fresh=done.fresh)
    return tagged(answer, done.entry.version)


@registration_routes.endpoint(
    "/api/v1/patients/records/<uuid:record_id>",
    method="PUT",
    name="patients.replace-record",
    access=Permission.PATIENT_REGISTER,
    audit=Recorded(AuditAction.UPDATE),
)
def replace_record(context: Context, record_id: UUID) -> Response:
    """Change what the facility's own record says."""
    facility = own_facility(context.principal)
    version = load_version()
    registration = load_registration()
    with context.write() as uow:
        done = service.replace_record(
            uow, facility, RecordId(str(record_id)), registration, version
        )
        context.concerns(subject_of(done.record))
    return tagged(json_answer(dump_registered(done)), done.entry.version)


@registration_routes.endpoint(
    "/api/v1/patients/match",
    method="POST",
    name="patients.match",
    access=Permission.PATIENT_SEARCH,
    audit=Recorded(AuditAction.SEARCH),
)
def match(context: Context) -> Response:
    """Say who may be meant by a registration that is not made yet."""
    asked = load_match()
    context.query = in_words(asked)
    with context.read() as uow:
        found = matching.search(uow, context.principal.facility, asked)
    context.counted(candidates=len(found))
    if found:
        context.concerns(*(Subject(each.patient_id, each.best.record_id) for each in found))
    else:
        context.concerns_nobody("nothing found")
    return json_answer({"items": [dump_candidate(each) for each in found]})


def finding_routes(sight_of: SightOf) -> Routes:
    """Return what finds and shows patients.

    Parameters
    ----------
    sight_of
        Turns whose data a caller may see into the condition that holds at an instant.
    """
    routes = Routes()

    @routes.endpoint(
        "/api/v1/patients/search",
        method="POST",
        name="patients.search",
        access=Permission.PATIENT_SEARCH,
        audit=Recorded(AuditAction.SEARCH),
    )
    def search(context: Context) -> Response:
        """Find persons among the records that the caller may see."""
        asked = load_search()
        context.query = in_words(asked.query)
        visibility = demographic_visibility(context.principal)
        with context.read() as uow:
            sight = sight_of(visibility, uow.now())
            page = service.search(uow, asked.query, sight, cursor=asked.cursor, limit=asked.limit)
        say_who(context, visibility, page.items)
        return page_answer(page, [dump_patient(each) for each in page.items])

    @routes.endpoint(
        "/api/v1/patients/<uuid:patient_id>",
        name="patients.get",
        access=Permission.PATIENT_READ,
        audit=Recorded(AuditAction.READ),
    )
    def get(context: Context, patient_id: UUID) -> Response:
        """Show a person's records that the caller may see; a retired id leads on."""
        asked = PatientId(str(patient_id))
        visibility = demographic_visibility(context.principal)
        with context.read() as uow:
            current = graph.current_id(uow, asked)
            patient = service.get_patient(uow, current, sight_of(visibility, uow.now()))
            version = graph.version_of(uow, current)
        say_who(context, visibility, [patient])
        if current != asked:
            return moved(dump_replaced(asked, current), f"/api/v1/patients/{current}")
        answer = json_answer(dump_patient(patient))
        # How often links changed would tell others of records that they may not see.
        is_registrar = Permission.LINK_WRITE in context.principal.permissions
        return tagged(answer, version) if is_registrar else answer

    return routes
