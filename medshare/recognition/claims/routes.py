"""``/api/v1/recognition/claimed-marks``: marks that no certificate covers."""

from flask import Response

from medshare.infra.perform import Context
from medshare.kernel.audit import AuditAction, AuditObject
from medshare.kernel.operation import Recorded
from medshare.kernel.permission import Permission
from medshare.recognition.claims import service
from medshare.recognition.claims.schemas import dump_claim, load_query
from medshare.web.answers import page_answer
from medshare.web.endpoint import Routes
from medshare.web.tables import Format, csv_page

routes = Routes()


@routes.endpoint(
    "/api/v1/recognition/claimed-marks",
    name="recognition.list-claimed-marks",
    access=Permission.DEFECT_SEARCH,
    audit=Recorded(AuditAction.SEARCH),
)
def list_uncovered(context: Context) -> Response:
    """List claims without a certificate: a facility's officer its own, a city-wide one all."""
    asked = load_query()
    with context.read() as uow:
        page = service.page(
            uow, facility=context.principal.facility, cursor=asked.cursor, limit=asked.limit
        )
    context.counted(claims=len(page.items))
    context.touched(*(AuditObject("exam", each.exam_id) for each in page.items))
    subjects = [each.subject for each in page.items if each.subject]
    if subjects:
        context.concerns(*subjects)
    else:
        context.concerns_nobody("nothing found, or nobody registered yet")
    rows = [dump_claim(each) for each in page.items]
    return csv_page(page, rows) if asked.format is Format.CSV else page_answer(page, rows)
