"""``/api/v1/recognition/defects``: what was offered and should not have been."""

from collections.abc import Sequence
from uuid import UUID

from flask import Response

from medshare.exams import service as exams
from medshare.infra.perform import Context
from medshare.infra.uow import UnitOfWork
from medshare.kernel.audit import AuditAction, AuditObject
from medshare.kernel.identifiers import ExamId
from medshare.kernel.operation import Recorded
from medshare.kernel.permission import Permission
from medshare.recognition.defects import service
from medshare.recognition.defects.model import DefectCase
from medshare.recognition.defects.schemas import dump_case, load_query, load_resolution
from medshare.web.answers import json_answer, page_answer
from medshare.web.endpoint import Routes

routes = Routes()
DEFECTS = "/api/v1/recognition/defects"
DEFECT = f"{DEFECTS}/<uuid:case_id>"


@routes.endpoint(
    DEFECTS,
    name="recognition.list-defects",
    access=Permission.DEFECT_SEARCH,
    audit=Recorded(AuditAction.SEARCH),
)
def list_all(context: Context) -> Response:
    """List cases, the oldest first: a facility's officer those of its own results."""
    asked = load_query()
    with context.read() as uow:
        page = service.page(
            uow,
            facility=context.principal.facility,
            open_only=asked.open_only,
            cursor=asked.cursor,
            limit=asked.limit,
        )
        _say_which(context, uow, page.items)
    return page_answer(page, [dump_case(each) for each in page.items])


@routes.endpoint(
    f"{DEFECT}/claim",
    method="POST",
    name="recognition.claim-defect",
    access=Permission.DEFECT_WRITE,
    audit=Recorded(AuditAction.UPDATE),
)
def claim(context: Context, case_id: UUID) -> Response:
    """Say that one works on a case."""
    with context.write() as uow:
        service.require(uow, str(case_id), context.principal.facility)
        case = service.claim(uow, str(case_id), context.principal.id)
        _say_which(context, uow, [case])
    return json_answer(dump_case(case))


@routes.endpoint(
    f"{DEFECT}/resolution",
    method="POST",
    name="recognition.resolve-defect",
    access=Permission.DEFECT_WRITE,
    audit=Recorded(AuditAction.UPDATE),
)
def resolve(context: Context, case_id: UUID) -> Response:
    """Close a case that one has claimed."""
    outcome, note = load_resolution()
    with context.write() as uow:
        service.require(uow, str(case_id), context.principal.facility)
        case = service.resolve(uow, str(case_id), context.principal.id, outcome, note)
        _say_which(context, uow, [case])
    return json_answer(dump_case(case))


def _say_which(context: Context, uow: UnitOfWork, cases: Sequence[DefectCase]) -> None:
    """Tell the trail which cases are touched, and whose results they are about."""
    context.counted(defects=len(cases))
    exam_ids = [ExamId(each.declined.exam) for each in cases]
    context.touched(
        *(AuditObject("defect", each.id) for each in cases),
        *(AuditObject("exam", each) for each in dict.fromkeys(exam_ids)),
    )
    subjects = exams.subjects_of(uow, exam_ids)
    if subjects:
        context.concerns(*subjects.values())
    else:
        context.concerns_nobody("nothing found")
