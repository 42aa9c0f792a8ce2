"""``/fhir``: PIXm (ITI-83, ITI-104) and PDQm (ITI-78, ITI-119) over the patient index."""

from datetime import datetime
from http import HTTPStatus
from uuid import UUID

from flask import Response, request

from medshare.access.keys import ServerKeys
from medshare.access.model import Visibility, demographic_visibility, own_facility
from medshare.fhir import index
from medshare.fhir.answers import (
    fhir_answer,
    load_resource,
    outcome_face,
    outcome_resource,
    require_json,
    wants_outcome,
)
from medshare.fhir.matching import load_match
from medshare.fhir.parameters import PASSED_OVER
from medshare.fhir.questions import PixQuestion
from medshare.fhir.reading import read_patient
from medshare.fhir.resources import (
    cross_references,
    match_entry,
    patient_resource,
    retired_resource,
    searchset,
)
from medshare.fhir.schemas import (
    load_feed_query,
    load_format,
    load_patient_query,
    load_pix_parameters,
    load_pix_query,
)
from medshare.fhir.searches import Searches
from medshare.fhir.statement import capability_statement
from medshare.infra.perform import Context
from medshare.kernel.audit import AuditAction, Unrecorded
from medshare.kernel.identifiers import PatientId
from medshare.kernel.operation import Recorded
from medshare.kernel.permission import Permission, Public
from medshare.patients import service
from medshare.patients.checks import warnings_of
from medshare.patients.links import graph
from medshare.patients.links.model import Actor
from medshare.patients.matching.decide import Grade
from medshare.patients.seen import in_words, say_who
from medshare.patients.sight import Sight, SightOf
from medshare.web.endpoint import Routes

PATIENT = "/fhir/Patient"


def fhir_routes(sight_of: SightOf, keys: ServerKeys) -> Routes:
    """Return the routes of the FHIR door.

    Parameters
    ----------
    sight_of
        Turns whose data a caller may see into the condition that holds at an instant.
    keys
        What the cursors of searches by POST are encrypted with.
    """
    door = _Door(sight_of, Searches(PATIENT, keys))
    routes = Routes(error_face=outcome_face)
    routes.endpoint(
        "/fhir/metadata",
        name="fhir.metadata",
        access=Public("What a server can do is no secret."),
        audit=Unrecorded("It holds no data of persons."),
    )(_metadata)
    for method, name in (("GET", "fhir.pix"), ("POST", "fhir.pix-by-post")):
        routes.endpoint(
            f"{PATIENT}/$ihe-pix",
            method=method,
            name=name,
            access=Permission.PATIENT_SEARCH,
            audit=Recorded(AuditAction.SEARCH),
        )(door.pix)
    routes.endpoint(
        f"{PATIENT}/$match",
        method="POST",
        name="fhir.match",
        access=Permission.PATIENT_SEARCH,
        audit=Recorded(AuditAction.SEARCH),
    )(door.match)
    for path, method, name in (
        (PATIENT, "GET", "fhir.search-patients"),
        (f"{PATIENT}/_search", "POST", "fhir.search-patients-by-post"),
    ):
        routes.endpoint(
            path,
            method=method,
            name=name,
            access=Permission.PATIENT_SEARCH,
            audit=Recorded(AuditAction.SEARCH),
        )(door.search)
    routes.endpoint(
        f"{PATIENT}/<uuid:patient_id>",
        name="fhir.read-patient",
        access=Permission.PATIENT_READ,
        audit=Recorded(AuditAction.READ),
    )(door.read)
    routes.endpoint(
        PATIENT,
        method="PUT",
        name="fhir.feed-patient",
        access=Permission.PATIENT_REGISTER,
        audit=Recorded(AuditAction.UPDATE),
    )(door.feed)
    return routes


def _metadata(context: Context) -> Response:
    load_format()
    return fhir_answer(capability_statement(context.house.settings.effective_base_url))


def _base(context: Context) -> str:
    """Return the address of this FHIR server, which is the domain of its ids."""
    return f"{context.house.settings.effective_base_url}/fhir"


class _Door:
    """The views, which share how far callers see."""

    def __init__(self, sight_of: SightOf, searches: Searches) -> None:
        self._sight_of = sight_of
        self._searches = searches

    def _sight(self, visibility: Visibility, now: datetime) -> Sight:
        return self._sight_of(visibility, now)

    def pix(self, context: Context) -> Response:
        """Answer under which other identifiers a person is known (ITI-83)."""
        require_json()
        question = self._question()
        context.query = question.text
        visibility = demographic_visibility(context.principal)
        with context.read() as uow:
            sight = self._sight(visibility, uow.now())
            base = _base(context)
            found = index.cross_reference(uow, question, sight, base)
        say_who(context, visibility, found)
        return fhir_answer(cross_references(found, question, base))

    def _question(self) -> PixQuestion:
        if request.method == "GET":
            return load_pix_query(list(request.args.items(multi=True)))
        load_format()
        return load_pix_parameters(load_resource())

    def match(self, context: Context) -> Response:
        """Answer who may be the one described, with grades; nothing is created (ITI-119)."""
        require_json()
        load_format()
        asked = load_match(load_resource())
        context.query = in_words(asked.described)
        visibility = demographic_visibility(context.principal)
        with context.read() as uow:
            sight = self._sight(visibility, uow.now())
            graded = index.match(uow, context.principal.facility, asked.described, sight)
        shown = [each for each in graded if not asked.only_certain or each.grade is Grade.CERTAIN]
        shown = shown[: asked.count]
        say_who(context, visibility, [each.patient for each in shown])
        base = context.house.settings.effective_base_url
        entries = [match_entry(base, patient_resource(each.patient), each.grade) for each in shown]
        answer = searchset(base, entries, own=f"{PATIENT}/$match", total=len(entries))
        return fhir_answer(answer)

    def search(self, context: Context) -> Response:
        """Find persons by their demographics (ITI-78)."""
        require_json()
        asked = self._searches.read(context.principal).without(PASSED_OVER)
        context.query = asked.text
        query = load_patient_query(asked.pairs)
        visibility = demographic_visibility(context.principal)
        with context.read() as uow:
            page, domains = index.search(uow, query, self._sight(visibility, uow.now()))
        say_who(context, visibility, page.items)
        base = context.house.settings.effective_base_url
        entries = [match_entry(base, patient_resource(each, domains)) for each in page.items]
        own, further = self._searches.own(asked), None
        if page.next_cursor is not None:
            further = self._searches.further(asked, context.principal, page.next_cursor)
        is_whole = query.cursor is None and further is None
        total = len(entries) if is_whole else None
        return fhir_answer(searchset(base, entries, own=own, further=further, total=total))

    def read(self, context: Context, patient_id: UUID) -> Response:
        """Show a person; a retired id says who replaced it."""
        require_json()
        load_format()
        asked = PatientId(str(patient_id))
        visibility = demographic_visibility(context.principal)
        with context.read() as uow:
            current = graph.current_id(uow, asked)
            patient = service.get_patient(uow, current, self._sight(visibility, uow.now()))
        say_who(context, visibility, [patient])
        if current != asked:
            return fhir_answer(retired_resource(asked, current))
        return fhir_answer(patient_resource(patient))

    def feed(self, context: Context) -> Response:
        """Create, change or retire the sender's own record (ITI-104)."""
        require_json()
        key = load_feed_query()
        sent = read_patient(load_resource())
        facility = own_facility(context.principal)
        actor = Actor(context.principal.id, facility)
        visibility = Visibility(own_facility=facility)
        with context.write() as uow:
            fed = index.feed(uow, actor, facility, key, sent)
            context.concerns(*fed.subjects)
            sight = self._sight(visibility, uow.now())
            patient = service.get_patient(uow, fed.patient_id, sight)
        warnings = warnings_of(sent.registration)
        resource = outcome_resource(warnings) if wants_outcome() else patient_resource(patient)
        answer = fhir_answer(resource, HTTPStatus.CREATED if fed.fresh else HTTPStatus.OK)
        answer.headers["Location"] = f"{PATIENT}/{fed.patient_id}"
        return answer
