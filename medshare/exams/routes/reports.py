"""``/api/v1/exams/{id}/reports``."""

from uuid import UUID

from flask import Response

from medshare.access.model import own_facility
from medshare.care.sight import sight_of
from medshare.exams import reporting, service
from medshare.exams.model import Exam
from medshare.exams.reports import Report, ReportUnknownError
from medshare.exams.schemas import PDF, dump_report, load_report
from medshare.exams.seen import say_what
from medshare.infra.perform import Context
from medshare.infra.uow import UnitOfWork
from medshare.kernel.audit import AuditAction, AuditObject
from medshare.kernel.identifiers import ExamId
from medshare.kernel.operation import Recorded
from medshare.kernel.permission import Permission
from medshare.web.answers import created, json_answer, page_answer
from medshare.web.body import load_page_arguments
from medshare.web.endpoint import Routes

routes = Routes()
VERSIONS = "/api/v1/exams/<uuid:exam_id>/reports"
VERSION = f"{VERSIONS}/<int(min=1,max=1000000):version>"


@routes.endpoint(
    VERSIONS,
    method="POST",
    name="exams.add-report",
    access=Permission.EXAM_WRITE,
    audit=Recorded(AuditAction.CREATE),
)
def add(context: Context, exam_id: UUID) -> Response:
    """Add a version to the report of the own facility's exam."""
    facility = own_facility(context.principal)
    sent = load_report(context.house.settings.body_limit_bytes)
    own = ExamId(str(exam_id))
    if sent.draft.pdf is not None and sent.document is not None:
        with context.read() as uow:
            service.require_own(uow, facility, own)
        reporting.keep_document(context.house.blobs, sent.draft.pdf, sent.document)
    with context.write() as uow:
        done = reporting.add_report(uow, facility, own, sent.draft)
        _say_which(context, done.exam, done.report)
    location = f"/api/v1/exams/{own}/reports/{done.report.version}"
    return created(dump_report(done.exam, done.report), location, fresh=done.fresh)


@routes.endpoint(
    VERSIONS,
    name="exams.list-reports",
    access=Permission.EXAM_READ,
    audit=Recorded(AuditAction.READ),
)
def list_all(context: Context, exam_id: UUID) -> Response:
    """List every version of an exam's report, the first one first."""
    arguments = load_page_arguments()
    with context.read() as uow:
        exam = _exam(context, uow, exam_id)
        page = reporting.page(uow, exam, cursor=arguments.cursor, limit=arguments.limit)
    _say_which(context, exam, *page.items)
    return page_answer(page, [dump_report(exam, each) for each in page.items])


@routes.endpoint(
    VERSION,
    name="exams.get-report",
    access=Permission.EXAM_READ,
    audit=Recorded(AuditAction.READ),
)
def get(context: Context, exam_id: UUID, version: int) -> Response:
    """Show one version of an exam's report."""
    with context.read() as uow:
        exam = _exam(context, uow, exam_id)
        report = reporting.get_report(uow, exam, version)
    _say_which(context, exam, report)
    return json_answer(dump_report(exam, report))


@routes.endpoint(
    f"{VERSION}/pdf",
    name="exams.get-report-pdf",
    access=Permission.EXAM_READ,
    audit=Recorded(AuditAction.READ),
)
def get_pdf(context: Context, exam_id: UUID, version: int) -> Response:
    """Release the signed document of a report version."""
    with context.read() as uow:
        exam = _exam(context, uow, exam_id)
        report = reporting.get_report(uow, exam, version)
    if report.draft.pdf is None:
        raise ReportUnknownError
    _say_which(context, exam, report)
    response = Response(
        reporting.read_document(context.house.blobs, report.draft.pdf), content_type=PDF
    )
    # The name holds nothing of the patient: downloads lie about in shared folders.
    response.headers["Content-Disposition"] = f'attachment; filename="report-{version}.pdf"'
    return response


def _exam(context: Context, uow: UnitOfWork, exam_id: UUID) -> Exam:
    return service.get(uow, sight_of(context, uow), ExamId(str(exam_id)))


def _say_which(context: Context, exam: Exam, *reports: Report) -> None:
    say_what(context, [exam])
    context.counted(reports=len(reports))
    context.touched(*(AuditObject("report", f"{exam.id}/{each.version}") for each in reports))
