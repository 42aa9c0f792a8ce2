"""``/api/v1/exams`` and a patient's timeline of exams."""

from collections.abc import Sequence

from flask import Response, request

from medshare.access.model import basis_of, clinical_visibility, own_facility
from medshare.care import service as care
from medshare.care.selectables import visible
from medshare.exams import reporting, service
from medshare.exams.model import Exam
from medshare.exams.reports import ReportUnknownError
from medshare.exams.schemas import (
    Question,
    dump_exam,
    dump_report,
    dump_search,
    load_change,
    load_order,
    load_report,
    load_search,
    load_timeline,
)
from medshare.infra.paging import Page
from medshare.infra.perform import Context
from medshare.infra.uow import UnitOfWork
from medshare.kernel.audit import AuditAction, AuditObject
from medshare.kernel.identifiers import ExamId, PatientId
from medshare.kernel.operation import Recorded
from medshare.kernel.permission import Permission
from medshare.patients.sight import Sight
from medshare.web.answers import created, json_answer, page_answer
from medshare.web.body import load_page_arguments
from medshare.web.endpoint import Routes
from medshare.web.preconditions import put_version, read_version

routes = Routes()
NOT_YET_REGISTERED = "the exam's patient has not been registered yet"


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
        registered = service.register(uow, facility, order)
        _released(context, [registered.exam])
    exam = registered.exam
    answer = created(dump_exam(exam), f"/api/v1/exams/{exam.id}", fresh=registered.fresh)
    return put_version(answer, exam.revision)
