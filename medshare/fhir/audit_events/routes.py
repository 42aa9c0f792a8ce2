"""``/fhir/AuditEvent``: IHE ITI-81 over the trail."""

from collections.abc import Callable
from zoneinfo import ZoneInfo

from flask import Response

from medshare.access.keys import ServerKeys
from medshare.audit.balp import audit_events, event_id
from medshare.audit.search.model import Event
from medshare.audit.search.service import EventSearch
from medshare.fhir.answers import fhir_answer, outcome_face, require_json
from medshare.fhir.audit_events.parameters import Known, search_of
from medshare.fhir.audit_events.schemas import load_audit_event_query
from medshare.fhir.resources import Resource, match_entry, searchset
from medshare.fhir.schemas import load_format
from medshare.fhir.searches import Searches
from medshare.infra.perform import Context
from medshare.infra.uow import UnitOfWork
from medshare.kernel.audit import AuditAction, AuditObject
from medshare.kernel.identifiers import PatientId, RecordId
from medshare.kernel.operation import Recorded
from medshare.kernel.permission import Permission
from medshare.kernel.ports import PatientAliases
from medshare.patients import demographics, service
from medshare.patients.demographics import States
from medshare.patients.model import PatientIdentifier
from medshare.patients.sight import everything
from medshare.web.endpoint import Routes

AUDIT_EVENT = "/fhir/AuditEvent"
HOLDERS_MAX = 50


def audit_event_routes(
    events: EventSearch, server: str, zone: ZoneInfo, aliases: PatientAliases, keys: ServerKeys
) -> Routes:
    """Return the routes of auditors who speak FHIR.

    Parameters
    ----------
    server
        What names the server in its events.
    zone
        By whose clock a date without offset is.
    keys
        What the cursors of searches by POST are encrypted with.
    """
    desk = _Desk(events, server, zone, aliases, Searches(AUDIT_EVENT, keys))
    routes = Routes(error_face=outcome_face)
    for path, method, name in (
        (AUDIT_EVENT, "GET", "fhir.search-audit-events"),
        (f"{AUDIT_EVENT}/_search", "POST", "fhir.search-audit-events-by-post"),
    ):
        routes.endpoint(
            path,
            method=method,
            name=name,
            access=Permission.AUDIT_SEARCH,
            audit=Recorded(AuditAction.SEARCH, about_patients=False),
        )(desk.search)
    routes.endpoint(
        f"{AUDIT_EVENT}/<wanted_id>",
        name="fhir.read-audit-event",
        access=Permission.AUDIT_READ,
        audit=Recorded(AuditAction.READ, about_patients=False),
    )(desk.read)
    return routes


class _Desk:
    """The views, which share whom they ask."""

    def __init__(
        self,
        events: EventSearch,
        server: str,
        zone: ZoneInfo,
        aliases: PatientAliases,
        searches: Searches,
    ) -> None:
        self._events = events
        self._server = server
        self._zone = zone
        self._aliases = aliases
        self._searches = searches

    def search(self, context: Context) -> Response:
        """Find events, newest first (ITI-81)."""
        require_json()
        asked = self._searches.read(context.principal)
        context.query = asked.text
        wanted = load_audit_event_query(asked.pairs)
        with context.read() as uow:
            search = search_of(wanted.values, self._known(uow))
        page = self._events.page(search, wanted.cursor, wanted.count)
        context.counted(events=len(page.items))
        base = context.house.settings.effective_base_url
        found = [match_entry(base, self._shown(each)) for each in page.items]
        own, further = self._searches.own(asked), None
        if page.next_cursor is not None:
            further = self._searches.further(asked, context.principal, page.next_cursor)
        return fhir_answer(searchset(base, found, own=own, further=further))

    def read(self, context: Context, wanted_id: str) -> Response:
        """Show one event."""
        require_json()
        load_format()
        event = self._events.find(wanted_id)
        context.touched(AuditObject("audit-entry", event.entry.id))
        return fhir_answer(self._shown(event))

    def _shown(self, event: Event) -> Resource:
        wanted = event_id(event.entry.id, event.place)
        shown = audit_events(event.entry, self._server)
        return next(each for each in shown if each["id"] == wanted)

    def _known(self, uow: UnitOfWork) -> Known:
        return Known(
            self._zone, self._server, self._aliases.aliases, _holders(uow), _record_patient(uow)
        )


def _holders(uow: UnitOfWork) -> Callable[[str, str], list[PatientId]]:
    def holders(system: str, value: str) -> list[PatientId]:
        wanted = States(PatientIdentifier(system, value, "").normalised)
        page = demographics.find(uow, ((wanted,),), everything, cursor=None, limit=HOLDERS_MAX)
        return [each.patient_id for each in page.items]

    return holders


def _record_patient(uow: UnitOfWork) -> Callable[[RecordId], PatientId | None]:
    def record_patient(record_id: RecordId) -> PatientId | None:
        record = service.get_record(uow, record_id)
        return record.patient_id if record else None

    return record_patient
