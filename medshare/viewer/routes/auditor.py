"""The auditor's pages: figures, entries and the seal."""

from uuid import UUID

from flask import Response

from medshare.audit.anomalies import service as anomalies
from medshare.care.break_glass import service as break_glass
from medshare.infra.perform import Context
from medshare.kernel.audit import AuditAction, AuditObject, AuditOutcome
from medshare.kernel.errors import NotFoundError
from medshare.kernel.operation import Recorded
from medshare.kernel.permission import Permission
from medshare.kernel.principal import PurposeOfUse
from medshare.viewer.consoles.accesses import READERS, Namer, overview_of
from medshare.viewer.consoles.books import Books
from medshare.viewer.consoles.entries import (
    basis_words,
    count_words,
    line_of,
    lines_of,
    refusal_words,
    thing_words,
)
from medshare.viewer.consoles.schemas import audit as forms
from medshare.viewer.consoles.schemas.audit import exports_of, load_filled
from medshare.viewer.hospitals import hospitals
from medshare.viewer.pages import Pages
from medshare.viewer.words import translator, wanted_language
from medshare.web.endpoint import Routes

AUDITOR = "/viewer/auditor"
SHOWN = 50


def auditor_routes(pages: Pages, books: Books) -> Routes:
    """Return the auditor's pages."""
    routes = Routes(error_face=pages.refusal)
    desk = _Desk(pages, books)
    search, read = (
        Recorded(each, about_patients=False) for each in (AuditAction.SEARCH, AuditAction.READ)
    )
    ask, see = Permission.AUDIT_SEARCH, Permission.AUDIT_READ
    for path, name, access, audit, view in (
        (AUDITOR, "viewer.audit-overview", ask, search, desk.overview),
        (f"{AUDITOR}/entries", "viewer.audit-entries", ask, search, desk.entries),
        (f"{AUDITOR}/verify", "viewer.audit-verify", ask, search, desk.verify),
        (f"{AUDITOR}/entries/<uuid:entry_id>", "viewer.audit-entry", see, read, desk.entry),
    ):
        routes.endpoint(path, name=name, access=access, audit=audit)(view)
    return routes


class _Desk:
    """The views, which share the pages and the books."""

    def __init__(self, pages: Pages, books: Books) -> None:
        self._pages = pages
        self._books = books

    def overview(self, context: Context) -> Response:
        """Show what happened in a period, and what waits for an auditor."""
        zone = context.house.settings.time_zone
        filled = load_filled(forms.OverviewForm(), zone)
        period = filled.period(context.house.clock.now())
        self._books.judge()
        days = self._books.questions.days(period, filled.facility)
        readers = self._books.questions.readers(period, filled.facility, READERS)
        with context.read() as uow:
            known = hospitals(uow)
            strange = anomalies.page(uow, rule=None, acknowledged=False, cursor=None, limit=SHOWN)
            glass = break_glass.page(
                uow,
                facility=context.principal.facility,
                reviewed=False,
                cursor=None,
                limit=SHOWN,
            )
        context.counted(figures=len(days) + len(readers))
        language = wanted_language()
        return self._pages.answer(
            context.principal,
            "auditor_overview",
            filled=filled,
            period=period,
            known=known,
            overview=overview_of(
                days, readers, period, Namer(known, language, translator(language)), zone
            ),
            strange=strange,
            glass=glass,
            checkpoint=self._books.log.checkpoint(),
        )

    def entries(self, context: Context) -> Response:
        """Show the entries that fit, newest first."""
        filled = load_filled(forms.EntryListForm(), context.house.settings.time_zone)
        page = self._books.trail.page(
            filled.query(self._books.aliases), cursor=filled["cursor"], limit=SHOWN
        )
        context.counted(entries=len(page.items))
        with context.read() as uow:
            known = hospitals(uow)
        return self._pages.answer(
            context.principal,
            "auditor_entries",
            filled=filled,
            known=known,
            lines=lines_of(page.items, known),
            next_cursor=page.next_cursor,
            exports=exports_of(filled),
            purposes=list(PurposeOfUse),
            actions=list(AuditAction),
            outcomes=list(AuditOutcome),
        )

    def entry(self, context: Context, entry_id: UUID) -> Response:
        """Show everything that an entry says."""
        entry = self._books.trail.find(str(entry_id))
        if entry is None:
            raise NotFoundError
        context.touched(AuditObject("audit-entry", entry.id))
        with context.read() as uow:
            known = hospitals(uow)
        return self._pages.answer(
            context.principal,
            "auditor_entry",
            line=line_of(entry, known),
            basis_words=basis_words,
            thing_words=thing_words,
            count_words=count_words,
            refusal_words=refusal_words,
        )

    def verify(self, context: Context) -> Response:
        """Show the newest checkpoint, and let the seal be checked against it."""
        self._books.judge()
        log = self._books.log
        checkpoint = log.checkpoint()
        return self._pages.answer(
            context.principal,
            "auditor_verify",
            size=checkpoint[0].size if checkpoint else 0,
            note=checkpoint[1] if checkpoint else "",
            key=str(log.key),
        )
