"""Finding a patient, and the page of one: banner, timeline across hospitals, emergency access."""

from collections.abc import Collection
from uuid import UUID

import orjson
from flask import Response

from medshare.access.model import demographic_visibility
from medshare.care import service as care
from medshare.care.break_glass.model import GlassReason
from medshare.care.sight import demographic_sight_of, sight_of
from medshare.exams import service as exams
from medshare.exams.model import ExamFilter
from medshare.infra.perform import Context
from medshare.infra.uow import UnitOfWork
from medshare.kernel.audit import AuditAction, AuditObject
from medshare.kernel.identifiers import PatientId
from medshare.kernel.operation import Recorded
from medshare.kernel.permission import Permission
from medshare.kernel.principal import PurposeOfUse
from medshare.patients import service as patients
from medshare.patients.links import graph
from medshare.patients.lookup import service as lookup
from medshare.patients.lookup.words import Words, read_words
from medshare.patients.model import FoundPatient
from medshare.patients.seen import say_who
from medshare.viewer.chart import Chart, chart_of
from medshare.viewer.hospitals import hospitals
from medshare.viewer.pages import Pages, look_for, part
from medshare.viewer.schemas import load_view, load_words
from medshare.viewer.sharing import ADDRESSES, say_words, sharing_of
from medshare.viewer.shown import local_day
from medshare.viewer.timeline import by_year, facets_of
from medshare.viewer.who import shown_as
from medshare.web.answers import moved
from medshare.web.endpoint import Routes

FOUND_MAX = 50
PATIENT = "/viewer/patients/<uuid:patient_id>"


def search_routes() -> Routes:
    """Return what the search page's script asks for."""
    routes = Routes()

    @routes.endpoint(
        "/viewer/search",
        method="POST",
        name="viewer.search",
        access=Permission.PATIENT_SEARCH,
        audit=Recorded(AuditAction.SEARCH),
    )
    def search(context: Context) -> Response:
        """Show whom the words that were typed may mean."""
        typed = load_words()
        words = read_words(typed)
        context.query = orjson.dumps({"words": typed}).decode()
        with context.read() as uow:
            found = _find(context, uow, words)
            known = hospitals(uow)
            today = local_day(uow.now(), context.house.settings.time_zone)
        say_who(context, demographic_visibility(context.principal), found)
        shown = [shown_as(each, known, context.principal.facility, today) for each in found]
        return part(
            context,
            "parts/found",
            found=shown,
            is_cut=len(found) == FOUND_MAX,
            opens=_opened_at(context.principal.permissions),
        )

    return routes


def _opened_at(permissions: Collection[Permission]) -> str:
    """Return where the page of somebody found lies; registrars have one of their own."""
    if Permission.EXAM_SEARCH in permissions:
        return "/viewer/patients/"
    return "/viewer/registrar/patients/" if Permission.LINK_READ in permissions else ""


def _find(context: Context, uow: UnitOfWork, words: Words) -> list[FoundPatient]:
    """Find persons by name or number, and by the accession number of an exam."""
    sight = demographic_sight_of(context, uow)
    found = lookup.find(uow, words, sight, limit=FOUND_MAX)
    if Permission.EXAM_SEARCH not in context.principal.permissions:
        return found
    wanted = ExamFilter(accession_number=words.number)
    page = exams.page(uow, sight_of(context, uow), wanted, cursor=None, limit=FOUND_MAX)
    known = {each.patient_id for each in found}
    others = {each.patient_id for each in page.items if each.patient_id} - known
    return found + lookup.several(uow, sorted(others), sight)


def patient_routes(pages: Pages) -> Routes:
    """Return the page of a patient."""
    routes = Routes(error_face=pages.refusal)

    @routes.endpoint(
        PATIENT,
        name="viewer.patient",
        access=Permission.EXAM_SEARCH,
        audit=Recorded(AuditAction.READ),
    )
    def patient(context: Context, patient_id: UUID) -> Response:
        """Show a patient's results across hospitals."""
        view, asked = load_view(), PatientId(str(patient_id))
        zone = context.house.settings.time_zone
        look_for(context, view.purpose)
        with context.read() as uow:
            current = graph.current_id(uow, asked)
            found = patients.get_patient(uow, current, demographic_sight_of(context, uow))
            known, today = hospitals(uow), local_day(uow.now(), zone)
            chart = chart_of(context, uow, current, known, view)
            in_care = _is_in_care(context, uow, current)
            sharing = sharing_of(context, uow, current)
        _say_seen(context, found, chart)
        say_words(context, sharing)
        if current != asked:
            return _moved(asked, current)
        return pages.answer(
            context.principal,
            "patient",
            person=shown_as(found, known, context.principal.facility, today),
            years=by_year(chart.entries, zone),
            facets=facets_of(chart.entries),
            count=len(chart.entries),
            next_cursor=chart.next_cursor,
            narrowing=view.narrowing,
            in_care=in_care,
            sharing=sharing,
            sharing_addresses=ADDRESSES,
            known=known,
            glass_reasons=list(GlassReason),
            by_glass=context.principal.purpose is PurposeOfUse.BTG,
            today=today,
        )

    return routes


def _moved(retired: PatientId, current: PatientId) -> Response:
    document = {"patientId": retired, "replacedBy": current}
    return moved(document, f"/viewer/patients/{current}")


def _is_in_care(context: Context, uow: UnitOfWork, patient_id: PatientId) -> bool:
    facility = context.principal.facility
    windows = care.windows(context.house.settings)
    return facility is not None and care.in_care(uow, facility, patient_id, windows)


def _say_seen(context: Context, found: FoundPatient, chart: Chart) -> None:
    """Tell the trail whose records and which exams the page shows."""
    say_who(context, demographic_visibility(context.principal), [found])
    context.counted(exams=len(chart.entries))
    context.touched(*(AuditObject("exam", each.exam.id) for each in chart.entries))
    context.concerns(*chart.subjects)
