"""``/api/v1/exams`` and the timeline of a patient's exams."""

from uuid import UUID

from flask import Response

from medshare.access.model import own_facility
from medshare.care.sight import sight_of
from medshare.exams import service
from medshare.exams.reporting import current_report
from medshare.exams.schemas import (
    Question,
    dump_exam,
    dump_search,
    load_change,
    load_order,
    load_search,
    load_timeline,
)
from medshare.exams.seen import say_what
from medshare.infra.perform import Context
from medshare.kernel.audit import AuditAction
from medshare.kernel.identifiers import ExamId, PatientId
from medshare.kernel.operation import Recorded
from medshare.kernel.permission import Permission
from medshare.web.answers import created, json_answer, page_answer
from medshare.web.conditions import load_version, tagged
from medshare.web.endpoint import Routes

routes = Routes()


@routes.endpoint(
    "/api/v1/exams",
    method="POST",
    name="exams.register",
    access=Permission.EXAM_WRITE,
    audit=Recorded(AuditAction.CREATE),
)
def register(context: Context) -> Response:
    """Register an exam of the own facility."""
    facility = own_facility(context.principal)
    order = load_order()
    with context.write() as uow:
        done = service.register(uow, facility, order)
        say_what(context, [done.exam])
    location, shown = f"/api/v1/exams/{done.exam.id}", dump_exam(done.exam, to_own=True)
    return tagged(created(shown, location, fresh=done.fresh), done.exam.revision)


@routes.endpoint(
    "/api/v1/exams/<uuid:exam_id>",
    method="PUT",
    name="exams.change",
    access=Permission.EXAM_WRITE,
    audit=Recorded(AuditAction.UPDATE),
)
def change(context: Context, exam_id: UUID) -> Response:
    """Change the details of the own facility's exam."""
    facility = own_facility(context.principal)
    revision = load_version()
    details = load_change()
    with context.write() as uow:
        exam = service.change(uow, facility, ExamId(str(exam_id)), details, revision)
        say_what(context, [exam])
    return tagged(json_answer(dump_exam(exam, to_own=True)), exam.revision)


@routes.endpoint(
    "/api/v1/exams/<uuid:exam_id>",
    name="exams.get",
    access=Permission.EXAM_READ,
    audit=Recorded(AuditAction.READ),
)
def get(context: Context, exam_id: UUID) -> Response:
    """Show an exam with its current report."""
    with context.read() as uow:
        exam = service.get(uow, sight_of(context, uow), ExamId(str(exam_id)))
        report = current_report(uow, exam)
    say_what(context, [exam])
    own = exam.facility == context.principal.facility
    return tagged(json_answer(dump_exam(exam, report, to_own=own)), exam.revision)


@routes.endpoint(
    "/api/v1/exams/search",
    method="POST",
    name="exams.search",
    access=Permission.EXAM_SEARCH,
    audit=Recorded(AuditAction.SEARCH),
)
def search(context: Context) -> Response:
    """Find exams among those that the caller may see."""
    asked = load_search()
    context.query = dump_search(asked.wanted)
    return _answer(context, asked)


@routes.endpoint(
    "/api/v1/patients/<uuid:patient_id>/exams",
    name="exams.timeline",
    access=Permission.EXAM_SEARCH,
    audit=Recorded(AuditAction.SEARCH),
)
def timeline(context: Context, patient_id: UUID) -> Response:
    """List a person's exams across facilities, newest first."""
    return _answer(context, load_timeline(PatientId(str(patient_id))))


def _answer(context: Context, asked: Question) -> Response:
    with context.read() as uow:
        page = service.page(
            uow, sight_of(context, uow), asked.wanted, cursor=asked.cursor, limit=asked.limit
        )
    say_what(context, page.items)
    return page_answer(page, [dump_exam(each) for each in page.items])
