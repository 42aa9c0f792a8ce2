"""``/api/v1/patients/reviews`` and ``/api/v1/patients/separations``."""

from http import HTTPStatus
from uuid import UUID

from flask import Response

from medshare.infra.perform import Context
from medshare.kernel.audit import AuditAction, AuditObject
from medshare.kernel.identifiers import PatientId
from medshare.kernel.operation import Recorded
from medshare.kernel.permission import Permission
from medshare.patients.links.routes import actor_of
from medshare.patients.reviews import service
from medshare.patients.reviews.model import Review
from medshare.patients.reviews.schemas import (
    dump_review,
    dump_separation,
    dump_separations,
    dump_side_by_side,
    load_lift,
    load_review_query,
    load_separation,
    load_verdict,
)
from medshare.patients.seen import subject_of
from medshare.web.answers import json_answer, page_answer
from medshare.web.conditions import load_version, tagged
from medshare.web.endpoint import Routes

REVIEWS = "/api/v1/patients/reviews"
REVIEW = f"{REVIEWS}/<uuid:review_id>"
SEPARATIONS = "/api/v1/patients/separations"
routes = Routes()


@routes.endpoint(
    REVIEWS,
    name="patients.list-reviews",
    access=Permission.LINK_READ,
    audit=Recorded(AuditAction.SEARCH),
)
def list_reviews(context: Context) -> Response:
    """List what waits for a registrar."""
    asked = load_review_query()
    with context.read() as uow:
        page = service.queue(
            uow,
            actor_of(context.principal),
            asked.state,
            cursor=asked.cursor,
            limit=asked.limit,
        )
    subjects = [subject for each in page.items for subject in service.subjects_of_review(each)]
    if subjects:
        context.concerns(*subjects)
    else:
        context.concerns_nobody("nothing found")
    return page_answer(page, [dump_review(each) for each in page.items])


@routes.endpoint(
    REVIEW,
    name="patients.get-review",
    access=Permission.LINK_READ,
    audit=Recorded(AuditAction.READ),
)
def get_review(context: Context, review_id: UUID) -> Response:
    """Show a review with both sides and the evidence; its tag is what a decision is made on."""
    with context.read() as uow:
        found = service.show(uow, actor_of(context.principal), str(review_id))
    shown = [found.record, *found.patient.records]
    context.touched(AuditObject("patient-review", found.review.id))
    context.concerns(*(subject_of(each.linked) for each in shown))
    return tagged(json_answer(dump_side_by_side(found)), found.version)


@routes.endpoint(
    f"{REVIEW}/claim",
    method="POST",
    name="patients.claim-review",
    access=Permission.LINK_WRITE,
    audit=Recorded(AuditAction.UPDATE),
)
def claim_review(context: Context, review_id: UUID) -> Response:
    """Take a review in hand."""
    with context.write() as uow:
        review = service.claim(uow, actor_of(context.principal), str(review_id))
        _say_what(context, review)
    return json_answer(dump_review(review))


@routes.endpoint(
    f"{REVIEW}/release",
    method="POST",
    name="patients.release-review",
    access=Permission.LINK_WRITE,
    audit=Recorded(AuditAction.UPDATE),
)
def release_review(context: Context, review_id: UUID) -> Response:
    """Give a review back to the queue."""
    with context.write() as uow:
        review = service.release(uow, actor_of(context.principal), str(review_id))
        _say_what(context, review)
    return json_answer(dump_review(review))


@routes.endpoint(
    f"{REVIEW}/decision",
    method="POST",
    name="patients.decide-review",
    access=Permission.LINK_WRITE,
    audit=Recorded(AuditAction.UPDATE),
)
def decide_review(context: Context, review_id: UUID) -> Response:
    """Say whether record and patient are one person."""
    version = load_version()
    verdict, reason = load_verdict()
    actor = actor_of(context.principal)
    with context.write() as uow:
        review = service.decide(uow, actor, str(review_id), verdict, reason, version)
        _say_what(context, review)
    return json_answer(dump_review(review))


@routes.endpoint(
    SEPARATIONS,
    method="POST",
    name="patients.separate",
    access=Permission.LINK_WRITE,
    audit=Recorded(AuditAction.UPDATE),
)
def separate(context: Context) -> Response:
    """Mark two records as never one person."""
    records, reason = load_separation()
    with context.write() as uow:
        mark, subjects = service.separate(uow, actor_of(context.principal), records, reason)
        context.touched(AuditObject("patient-separation", mark.id))
        context.concerns(*subjects)
    return json_answer(dump_separation(mark), HTTPStatus.CREATED)


@routes.endpoint(
    f"{SEPARATIONS}/<uuid:separation_id>/lift",
    method="POST",
    name="patients.lift-separation",
    access=Permission.LINK_WRITE,
    audit=Recorded(AuditAction.UPDATE),
)
def lift(context: Context, separation_id: UUID) -> Response:
    """Lift a mark."""
    reason = load_lift()
    with context.write() as uow:
        actor = actor_of(context.principal)
        mark, subjects = service.lift(uow, actor, str(separation_id), reason)
        context.touched(AuditObject("patient-separation", mark.id))
        context.concerns(*subjects)
    return json_answer(dump_separation(mark))


@routes.endpoint(
    "/api/v1/patients/<uuid:patient_id>/separations",
    name="patients.list-separations",
    access=Permission.LINK_READ,
    audit=Recorded(AuditAction.READ),
)
def list_separations(context: Context, patient_id: UUID) -> Response:
    """List the marks on a person's records."""
    with context.read() as uow:
        marks, subjects = service.separations_of(uow, PatientId(str(patient_id)))
    context.concerns(*subjects)
    return json_answer(dump_separations(marks))


def _say_what(context: Context, review: Review) -> None:
    context.touched(AuditObject("patient-review", review.id))
    context.concerns(*service.subjects_of_review(review))
