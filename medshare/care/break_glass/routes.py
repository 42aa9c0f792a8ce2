"""``/api/v1/break-glass``: emergency access, and the queue of its reviews."""

from uuid import UUID

from flask import Response

from medshare.access.model import own_facility, require_acting_user
from medshare.care.break_glass import service
from medshare.care.break_glass.model import Grant
from medshare.care.break_glass.schemas import (
    dump_grant,
    load_glass,
    load_question,
    load_review,
)
from medshare.infra.perform import Context
from medshare.kernel.audit import AuditAction, AuditObject, Subject
from medshare.kernel.operation import Recorded
from medshare.kernel.permission import Permission
from medshare.web.answers import created, json_answer, page_answer
from medshare.web.endpoint import Routes

routes = Routes()


@routes.endpoint(
    "/api/v1/break-glass",
    method="POST",
    name="break-glass.open",
    access=Permission.GLASS_BREAK,
    audit=Recorded(AuditAction.CREATE),
    step_up=True,
)
def break_glass(context: Context) -> Response:
    """Open a patient's data in an emergency."""
    facility = own_facility(context.principal)
    user = require_acting_user(context.principal)
    request = load_glass()
    with context.write() as uow:
        grant = service.break_glass(uow, facility, user.id, request)
        context.reason = f"break-glass: {grant.reason}"
        _say_who(context, grant)
    return created(dump_grant(grant), f"/api/v1/break-glass/{grant.id}")


@routes.endpoint(
    "/api/v1/break-glass",
    name="break-glass.list",
    access=Permission.GLASS_REVIEW,
    audit=Recorded(AuditAction.SEARCH),
)
def list_grants(context: Context) -> Response:
    """List the emergency accesses that wait for their review, or those reviewed."""
    asked = load_question()
    with context.read() as uow:
        page = service.page(
            uow,
            facility=context.principal.facility,
            reviewed=asked.reviewed,
            cursor=asked.cursor,
            limit=asked.limit,
        )
    for each in page.items:
        _say_who(context, each)
    if not page.items:
        context.concerns_nobody("nothing found")
    return page_answer(page, [dump_grant(each) for each in page.items])


@routes.endpoint(
    "/api/v1/break-glass/<uuid:grant_id>/review",
    method="POST",
    name="break-glass.review",
    access=Permission.GLASS_REVIEW,
    audit=Recorded(AuditAction.UPDATE),
)
def review(context: Context, grant_id: UUID) -> Response:
    """Take down what the review of an emergency access found."""
    reviewer = require_acting_user(context.principal)
    found = load_review(reviewer.id, context.house.clock.now())
    with context.write() as uow:
        grant = service.review(
            uow,
            str(grant_id),
            found,
            reviewer=reviewer.id,
            facility=context.principal.facility,
        )
        _say_who(context, grant)
    return json_answer(dump_grant(grant))


def _say_who(context: Context, grant: Grant) -> None:
    context.touched(AuditObject("break-glass", grant.id))
    context.concerns(Subject(grant.patient_id, grant.record_id))
