"""``/api/v1/recognition/alerts``."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from flask import Response

from medshare.access.model import own_facility
from medshare.infra.perform import Context
from medshare.kernel.audit import AuditAction, AuditObject
from medshare.kernel.operation import Recorded
from medshare.kernel.permission import Permission
from medshare.recognition.evaluations.model import ResultRef
from medshare.recognition.reliance import service
from medshare.recognition.reliance.model import Alert, Escalation
from medshare.recognition.reliance.schemas import dump_alert, load_note, load_query
from medshare.web.answers import json_answer, page_answer
from medshare.web.endpoint import Routes

routes = Routes()
ALERTS = "/api/v1/recognition/alerts"


@routes.endpoint(
    ALERTS,
    name="recognition.list-alerts",
    access=Permission.ALERT_SEARCH,
    audit=Recorded(AuditAction.SEARCH),
)
def list_all(context: Context) -> Response:
    """List the own facility's alerts, newest first."""
    asked = load_query()
    facility = own_facility(context.principal)
    with context.read() as uow:
        page = service.page(uow, facility, asked.wanted, cursor=asked.cursor, limit=asked.limit)
    _say_which(context, page.items)
    return page_answer(page, [_shown(context, each) for each in page.items])


@routes.endpoint(
    f"{ALERTS}/<uuid:alert_id>/acknowledgement",
    method="POST",
    name="recognition.acknowledge-alert",
    access=Permission.ALERT_ACKNOWLEDGE,
    audit=Recorded(AuditAction.UPDATE),
)
def acknowledge(context: Context, alert_id: UUID) -> Response:
    """Take note of an alert, so that it climbs no further."""
    note = load_note()
    principal = context.principal
    by = principal.acting_user.id if principal.acting_user else principal.id
    with context.write() as uow:
        alert = service.acknowledge(uow, own_facility(principal), str(alert_id), by, note)
        _say_which(context, [alert])
    return json_answer(_shown(context, alert))


def _shown(context: Context, alert: Alert) -> dict[str, object]:
    settings = context.house.settings
    escalation = Escalation(
        timedelta(minutes=settings.alert_department_minutes),
        timedelta(minutes=settings.alert_head_minutes),
    )
    return dump_alert(alert, alert.reached(context.house.clock.now(), escalation))


def _say_which(context: Context, alerts: Sequence[Alert]) -> None:
    """Tell the trail which alerts are touched, and whose data they are about."""
    context.counted(alerts=len(alerts))
    exam_ids = dict.fromkeys(ResultRef.read(each.result).exam_id for each in alerts)
    context.touched(
        *(AuditObject("alert", each.id) for each in alerts),
        *(AuditObject("exam", each) for each in exam_ids),
    )
    subjects = [subject for each in alerts for subject in each.subjects]
    if subjects:
        context.concerns(*subjects)
    else:
        context.concerns_nobody("nothing found")
