"""``/api/v1/audit/anomalies``: what somebody should look at."""

from collections.abc import Callable
from uuid import UUID

from flask import Response

from medshare.audit.anomalies import service
from medshare.audit.anomalies.schemas import dump_anomaly, load_query, load_verdict
from medshare.infra.perform import Context
from medshare.kernel.audit import AuditAction, AuditObject
from medshare.kernel.operation import Recorded
from medshare.kernel.permission import Permission
from medshare.web.answers import json_answer, page_answer
from medshare.web.endpoint import Routes

ANOMALIES = "/api/v1/audit/anomalies"


def anomaly_routes(settle: Callable[[], None]) -> Routes:
    """Return the queue of anomalies.

    Parameters
    ----------
    settle
        Judges what is sealed by now; called before the list is answered.
    """
    routes = Routes()

    @routes.endpoint(
        ANOMALIES,
        name="audit.list-anomalies",
        access=Permission.AUDIT_SEARCH,
        audit=Recorded(AuditAction.SEARCH, about_patients=False),
    )
    def list_all(context: Context) -> Response:
        """List anomalies, oldest first: those that wait, or those that somebody looked at."""
        asked = load_query()
        settle()
        with context.read() as uow:
            page = service.page(
                uow,
                rule=asked.rule,
                acknowledged=asked.acknowledged,
                cursor=asked.cursor,
                limit=asked.limit,
            )
        context.counted(anomalies=len(page.items))
        return page_answer(page, [dump_anomaly(each) for each in page.items])

    @routes.endpoint(
        f"{ANOMALIES}/<uuid:anomaly_id>/acknowledgement",
        method="POST",
        name="audit.acknowledge-anomaly",
        access=Permission.AUDIT_ACKNOWLEDGE,
        audit=Recorded(AuditAction.UPDATE, about_patients=False),
    )
    def acknowledge(context: Context, anomaly_id: UUID) -> Response:
        """Take down what somebody who looked found."""
        context.touched(AuditObject("anomaly", str(anomaly_id)))
        said = load_verdict(context.principal.id, context.house.clock.now())
        with context.write() as uow:
            anomaly = service.acknowledge(uow, str(anomaly_id), said)
        return json_answer(dump_anomaly(anomaly))

    return routes
