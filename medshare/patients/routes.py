"""``/api/v1/patients``."""

from collections.abc import Callable, Iterable
from datetime import datetime
from uuid import UUID

from flask import Response

from medshare.access.model import Visibility, basis_of, demographic_visibility, own_facility
from medshare.infra.perform import Context
from medshare.kernel.audit import AuditAction, Subject
from medshare.kernel.identifiers import PatientId, RecordId
from medshare.kernel.operation import Recorded
from medshare.kernel.permission import Permission
from medshare.patients import service
from medshare.patients.model import FoundPatient, LinkedRecord
from medshare.patients.schemas import (
    dump_patient,
    dump_registered,
    load_registration,
    load_search,
)
from medshare.patients.sight import Sight
from medshare.web.answers import created, json_answer, page_answer
from medshare.web.conditions import load_version, tagged
from medshare.web.endpoint import Routes

SightOf = Callable[[Visibility, datetime], Sight]
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
        context.concerns(_subject(done.record))
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
        context.concerns(_subject(done.record))
    return tagged(json_answer(dump_registered(done)), done.entry.version)


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
        visibility = demographic_visibility(context.principal)
        with context.read() as uow:
            sight = sight_of(visibility, uow.now())
            page = service.search(uow, asked.query, sight, cursor=asked.cursor, limit=asked.limit)
        _say_who(context, visibility, page.items)
        return page_answer(page, [dump_patient(each) for each in page.items])

    @routes.endpoint(
        "/api/v1/patients/<uuid:patient_id>",
        name="patients.get",
        access=Permission.PATIENT_READ,
        audit=Recorded(AuditAction.READ),
    )
    def get(context: Context, patient_id: UUID) -> Response:
        """Show a person's records that the caller may see."""
        visibility = demographic_visibility(context.principal)
        with context.read() as uow:
            sight = sight_of(visibility, uow.now())
            patient = service.get_patient(uow, PatientId(str(patient_id)), sight)
        _say_who(context, visibility, [patient])
        return json_answer(dump_patient(patient))

    return routes


def _say_who(context: Context, visibility: Visibility, patients: Iterable[FoundPatient]) -> None:
    """Tell the trail whose records leave, and on what basis."""
    shown = [record.linked for patient in patients for record in patient.records]
    context.counted(records=len(shown))
    if not shown:
        context.concerns_nobody("nothing found")
        return
    # Only care lets another facility's record through the query.
    bases = {basis_of(visibility, each.facility, in_care=True) for each in shown}
    context.basis = ", ".join([context.basis, *sorted(str(each) for each in bases if each)])
    context.concerns(*map(_subject, shown))


def _subject(record: LinkedRecord) -> Subject:
    return Subject(record.patient_id, record.record_id)
