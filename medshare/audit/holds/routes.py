"""``/api/v1/audit/holds`` and ``/api/v1/audit/erasures``: what stays, and what is forgotten.

An auditor says what stays; what is forgotten for good, an administrator who proves themselves anew.
"""

from uuid import UUID

from flask import Response

from medshare.audit.erasure import erase_month, erase_patients
from medshare.audit.holds import service
from medshare.audit.holds.schemas import dump_hold, load_erasure, load_hold
from medshare.audit.holds.service import Holds
from medshare.audit.trail import Trail
from medshare.audit.vault.model import holder_of_month, holder_of_patient
from medshare.infra.perform import Context
from medshare.kernel.audit import AuditAction, AuditObject, Subject
from medshare.kernel.errors import NotFoundError
from medshare.kernel.identifiers import PatientId
from medshare.kernel.operation import Recorded
from medshare.kernel.permission import Permission
from medshare.kernel.ports import PatientAliases
from medshare.web.answers import created, json_answer, no_content, page_answer
from medshare.web.body import load_page_arguments
from medshare.web.endpoint import Routes

HOLDS = "/api/v1/audit/holds"


def hold_routes(trail: Trail) -> Routes:
    """Return what keeps entries for a court or an inquiry."""
    routes = Routes()

    @routes.endpoint(
        HOLDS,
        name="audit.list-holds",
        access=Permission.HOLD_READ,
        audit=Recorded(AuditAction.SEARCH, about_patients=False),
    )
    def list_all(context: Context) -> Response:
        """List every hold there ever was, oldest first."""
        asked = load_page_arguments()
        with context.read() as uow:
            page = service.page(uow, asked.cursor, asked.limit)
        context.touched(*(AuditObject(service.KIND, each.id) for each in page.items))
        return page_answer(page, [dump_hold(each) for each in page.items])

    @routes.endpoint(
        HOLDS,
        method="POST",
        name="audit.place-hold",
        access=Permission.HOLD_WRITE,
        audit=Recorded(AuditAction.CREATE, about_patients=False),
    )
    def place(context: Context) -> Response:
        """Keep an entry, what names a patient, or a period, from now on."""
        clock = context.house.clock
        hold = load_hold(clock.new_key(), context.principal.id, clock.now())
        if hold.entry_id is not None and trail.find(hold.entry_id) is None:
            raise NotFoundError
        context.touched(AuditObject(service.KIND, hold.id))
        if hold.patient_id is not None:
            context.concerns(Subject(hold.patient_id))
        with context.write() as uow:
            service.place(uow, hold)
        return created(dump_hold(hold), f"{HOLDS}/{hold.id}")

    @routes.endpoint(
        f"{HOLDS}/<uuid:hold_id>",
        method="DELETE",
        name="audit.lift-hold",
        access=Permission.HOLD_LIFT,
        audit=Recorded(AuditAction.UPDATE, about_patients=False),
        step_up=True,
    )
    def lift(context: Context, hold_id: UUID) -> Response:
        """Let a hold count no more; it stays listed."""
        context.touched(AuditObject(service.KIND, str(hold_id)))
        with context.write() as uow:
            service.lift(uow, str(hold_id), context.principal.id)
        return no_content()

    return routes


def erasure_routes(trail: Trail, holds: Holds, aliases: PatientAliases) -> Routes:
    """Return what forgets for good what entries say in words."""
    routes = Routes()

    @routes.endpoint(
        "/api/v1/audit/erasures",
        method="POST",
        name="audit.erase",
        access=Permission.AUDIT_ERASE,
        audit=Recorded(AuditAction.DELETE),
        step_up=True,
    )
    def erase(context: Context) -> Response:
        """Destroy the keys of a person's words, or of a month's."""
        patient, month = load_erasure()
        if patient is None:
            return _erase_month(context, month)
        return _erase_patients(context, sorted(aliases.ids_now(patient)))

    # On record first: what is gone cannot be put back should the entry fail.

    def _erase_patients(context: Context, ids: list[PatientId]) -> Response:
        context.concerns(*map(Subject, ids))
        with context.write():
            holds.refuse_erasure([holder_of_patient(each) for each in ids])
        return json_answer({"keys": erase_patients(trail.vault, trail.ledgers, holds, ids)})

    def _erase_month(context: Context, month: str) -> Response:
        context.touched(AuditObject("month", month))
        context.concerns_nobody("words of a month")
        with context.write():
            holds.refuse_erasure([holder_of_month(month)])
        return json_answer({"keys": erase_month(trail.vault, trail.ledgers, holds, month)})

    return routes
