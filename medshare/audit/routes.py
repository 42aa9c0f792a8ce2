"""``/api/v1/audit``."""

from collections.abc import Iterator
from itertools import chain

import orjson
from flask import Response

from medshare.audit.balp import audit_events
from medshare.audit.model import EventQuery
from medshare.audit.schemas import dump_event, load_event_filter, load_event_page
from medshare.audit.trail import Trail
from medshare.infra.perform import Context
from medshare.kernel.audit import AuditAction
from medshare.kernel.operation import Recorded
from medshare.kernel.permission import Permission
from medshare.kernel.ports import PatientAliases
from medshare.web.answers import page_answer
from medshare.web.endpoint import Routes

NDJSON = "application/x-ndjson"


def audit_routes(trail: Trail, aliases: PatientAliases) -> Routes:
    """Return what auditors ask."""
    routes = Routes()

    @routes.endpoint(
        "/api/v1/audit/events",
        name="audit.search",
        access=Permission.AUDIT_SEARCH,
        audit=Recorded(AuditAction.SEARCH, about_patients=False),
    )
    def search(context: Context) -> Response:
        """Answer a question to the trail, newest first."""
        arguments = load_event_page(aliases)
        page = trail.page(arguments.query, cursor=arguments.cursor, limit=arguments.limit)
        context.counted(entries=len(page.items))
        return page_answer(page, [dump_event(each) for each in page.items])

    @routes.endpoint(
        "/api/v1/audit/export",
        name="audit.export",
        access=Permission.AUDIT_READ,
        audit=Recorded(AuditAction.EXPORT, about_patients=False),
    )
    def export(_context: Context) -> Response:
        """Stream the entries that fit as FHIR AuditEvents, one a line, oldest first."""
        lines = _lines(trail, load_event_filter(aliases))
        # The first line is read before the answer begins: a ledger that is away gives 503, and
        # not an export that is empty.
        response = Response(chain([next(lines, b"")], lines), content_type=NDJSON)
        response.headers["Content-Disposition"] = 'attachment; filename="audit.ndjson"'
        return response

    return routes


def _lines(trail: Trail, query: EventQuery) -> Iterator[bytes]:
    for entry in trail.entries(query):
        for event in audit_events(entry):
            yield orjson.dumps(event, option=orjson.OPT_APPEND_NEWLINE)
