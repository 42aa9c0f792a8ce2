"""What auditors ask by name, and the two queues that wait for their judgement."""

from uuid import UUID

import orjson
from flask import Response

from medshare.audit.anomalies import service as anomalies
from medshare.audit.anomalies.model import AnomalyOutcome, Rule
from medshare.audit.model import EventQuery
from medshare.care.break_glass import service as break_glass
from medshare.care.break_glass.model import GlassOutcome, Grant
from medshare.infra.perform import Context
from medshare.kernel.audit import AuditAction, AuditObject, Subject
from medshare.kernel.identifiers import PatientId
from medshare.kernel.operation import Recorded
from medshare.kernel.permission import Permission
from medshare.kernel.principal import PurposeOfUse
from medshare.patients.links import graph
from medshare.patients.lookup import service as lookup
from medshare.patients.lookup.words import Words
from medshare.patients.seen import subject_of
from medshare.patients.sight import everything
from medshare.viewer.consoles.books import Books
from medshare.viewer.consoles.entries import lines_of
from medshare.viewer.consoles.people import names_of
from medshare.viewer.consoles.schemas import audit as forms
from medshare.viewer.consoles.schemas.audit import load_filled, load_number
from medshare.viewer.hospitals import hospitals
from medshare.viewer.pages import Pages, part
from medshare.web.endpoint import Routes

AUDITOR = "/viewer/auditor"
PATIENTS = f"{AUDITOR}/patients"
SHOWN = 50


def audit_question_routes(pages: Pages, books: Books) -> tuple[Routes, Routes]:
    """Return the pages, whose refusals are pages, and what their scripts ask for."""
    routes = Routes(error_face=pages.refusal)
    desk = _Desk(pages, books)
    asked = Recorded(AuditAction.SEARCH, about_patients=False)
    persons, read = Recorded(AuditAction.SEARCH), Recorded(AuditAction.READ)
    ask, review = Permission.AUDIT_SEARCH, Permission.GLASS_REVIEW
    for path, name, access, audit, view in (
        (f"{AUDITOR}/questions", "viewer.audit-questions", ask, asked, desk.user),
        (f"{PATIENTS}/<uuid:patient_id>", "viewer.audit-patient", ask, asked, desk.patient),
        (f"{AUDITOR}/anomalies", "viewer.audit-anomalies", ask, asked, desk.anomalies),
        (f"{AUDITOR}/break-glass", "viewer.audit-glass", review, persons, desk.glass),
        (f"{AUDITOR}/break-glass/<uuid:grant_id>", "viewer.audit-grant", review, read, desk.grant),
    ):
        routes.endpoint(path, name=name, access=access, audit=audit)(view)
    return routes, _searches()


def _searches() -> Routes:
    routes = Routes()

    @routes.endpoint(
        PATIENTS,
        method="POST",
        name="viewer.audit-find-patient",
        access=Permission.AUDIT_SEARCH,
        audit=Recorded(AuditAction.SEARCH, look_up=True),
    )
    def find(context: Context) -> Response:
        """Show at which hospitals a number is known, and nothing else of whom it is."""
        number = load_number()
        context.query = orjson.dumps({"number": number}).decode()
        with context.read() as uow:
            found = lookup.find(uow, Words(number), everything, limit=SHOWN)
            known = hospitals(uow)
        context.concerns(*(subject_of(one.linked) for each in found for one in each.records))
        if not found:
            context.concerns_nobody("nothing found")
        return part(context, "parts/audited", found=found, known=known)

    return routes


class _Desk:
    """The views, which share the pages and the books."""

    def __init__(self, pages: Pages, books: Books) -> None:
        self._pages = pages
        self._books = books

    def user(self, context: Context) -> Response:
        """Show what a person or a system saw and did, once somebody is named."""
        filled = load_filled(forms.UserForm(), context.house.settings.time_zone)
        period = filled.period(context.house.clock.now())
        page = None
        if filled["who"]:
            page = self._books.questions.by_actor(
                filled["who"], filled.facility, period, filled["cursor"], SHOWN
            )
            context.counted(entries=len(page.items))
        with context.read() as uow:
            known = hospitals(uow)
        return self._pages.answer(
            context.principal,
            "auditor_questions",
            filled=filled,
            period=period,
            known=known,
            lines=lines_of(page.items, known) if page else None,
            next_cursor=page.next_cursor if page else None,
        )

    def patient(self, context: Context, patient_id: UUID) -> Response:
        """Show who saw or changed a patient's data, under all merged identities."""
        asked = PatientId(str(patient_id))
        filled = load_filled(forms.WhoSawForm(), context.house.settings.time_zone)
        period, ids = filled.period(context.house.clock.now()), self._books.aliases.aliases(asked)
        page = self._books.questions.about_patient(ids, period, filled["cursor"], SHOWN)
        context.touched(AuditObject("patient", asked))
        context.counted(entries=len(page.items))
        with context.read() as uow:
            known = hospitals(uow)
            members = graph.members_of(uow, graph.current_id(uow, asked))
        return self._pages.answer(
            context.principal,
            "auditor_patient",
            filled=filled,
            period=period,
            patient_id=asked,
            others=sorted(ids - {asked}),
            registered=[known[each.facility] for each in members],
            lines=lines_of(page.items, known),
            next_cursor=page.next_cursor,
        )

    def anomalies(self, context: Context) -> Response:
        """Show what rules found, with the reason of each: what waits, or what was looked at."""
        filled = load_filled(forms.AnomalyListForm(), context.house.settings.time_zone)
        self._books.judge()
        with context.read() as uow:
            page = anomalies.page(
                uow,
                rule=filled["rule"],
                acknowledged=filled["acknowledged"],
                cursor=filled["cursor"],
                limit=SHOWN,
            )
            known = hospitals(uow)
            said = [each.acknowledgement for each in page.items if each.acknowledgement]
            names = names_of(uow, [each.acknowledged_by for each in said])
        context.counted(anomalies=len(page.items))
        return self._pages.answer(
            context.principal,
            "auditor_anomalies",
            filled=filled,
            found=page.items,
            next_cursor=page.next_cursor,
            known=known,
            names=names,
            rules=list(Rule),
            outcomes=list(AnomalyOutcome),
        )

    def glass(self, context: Context) -> Response:
        """Show the emergency accesses that wait for their review, or those reviewed."""
        filled = load_filled(forms.GlassListForm(), context.house.settings.time_zone)
        with context.read() as uow:
            page = break_glass.page(
                uow,
                facility=context.principal.facility,
                reviewed=filled["reviewed"],
                cursor=filled["cursor"],
                limit=SHOWN,
            )
            known = hospitals(uow)
        for each in page.items:
            _say_whom(context, each)
        if not page.items:
            context.concerns_nobody("nothing found")
        return self._pages.answer(
            context.principal,
            "auditor_glass",
            filled=filled,
            grants=page.items,
            next_cursor=page.next_cursor,
            known=known,
        )

    def grant(self, context: Context, grant_id: UUID) -> Response:
        """Show an emergency access: why, what was read by it, and the review."""
        with context.read() as uow:
            grant = break_glass.get(uow, str(grant_id), context.principal.facility)
            known = hospitals(uow)
        _say_whom(context, grant)
        reads = self._books.trail.page(_reads_of(grant, self._books), cursor=None, limit=SHOWN)
        return self._pages.answer(
            context.principal,
            "auditor_grant",
            grant=grant,
            hospital=known[grant.facility],
            lines=lines_of(reads.items, known),
            is_cut=reads.next_cursor is not None,
            outcomes=list(GlassOutcome),
        )


def _reads_of(grant: Grant, books: Books) -> EventQuery:
    """Return the question what was done by an emergency access while it lasted."""
    return EventQuery(
        patients=books.aliases.aliases(grant.patient_id),
        who=grant.user,
        facility=grant.facility,
        purpose=PurposeOfUse.BTG,
        since=grant.granted_at,
        until=grant.expires_at,
    )


def _say_whom(context: Context, grant: Grant) -> None:
    context.touched(AuditObject("break-glass", grant.id))
    context.concerns(Subject(grant.patient_id, grant.record_id))
