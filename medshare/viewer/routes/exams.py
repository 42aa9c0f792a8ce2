"""The report pane of an exam, and deciding on its result where it is read."""

from uuid import UUID

from flask import Response

from medshare.access.model import own_facility, require_acting_user
from medshare.care.sight import sight_of
from medshare.exams import service as exams
from medshare.exams.model import Exam
from medshare.exams.seen import say_what
from medshare.infra.perform import Context
from medshare.infra.uow import UnitOfWork
from medshare.kernel.audit import AuditAction, AuditObject
from medshare.kernel.identifiers import ExamId
from medshare.kernel.operation import Recorded
from medshare.kernel.permission import Permission
from medshare.recognition.decisions.model import ExplanationMethod
from medshare.recognition.evaluations.model import Asker, Channel
from medshare.recognition.evaluations.trail import say_whose
from medshare.viewer.hospitals import hospitals
from medshare.viewer.pages import part
from medshare.viewer.plot import plot_of
from medshare.viewer.report import Pane, pane_of
from medshare.viewer.schemas import load_choice
from medshare.viewer.standing import decide
from medshare.viewer.trends import trend_of
from medshare.web.answers import no_content
from medshare.web.endpoint import Routes

EXAM = "/viewer/exams/<uuid:exam_id>"


def exam_routes() -> Routes:
    """Return what the patient page's script asks for about one exam."""
    routes = Routes()

    @routes.endpoint(
        f"{EXAM}/report",
        name="viewer.report",
        access=Permission.EXAM_READ,
        audit=Recorded(AuditAction.READ),
    )
    def report(context: Context, exam_id: UUID) -> Response:
        """Show an exam's report, and how its result stands."""
        with context.read() as uow:
            exam = _exam(context, uow, exam_id)
            pane = pane_of(context, uow, exam)
        _say_shown(context, exam, pane)
        return part(context, "parts/report", pane=pane, methods=list(ExplanationMethod))

    @routes.endpoint(
        f"{EXAM}/observations/<int:position>/trend",
        name="viewer.trend",
        access=Permission.EXAM_READ,
        audit=Recorded(AuditAction.READ),
    )
    def trend(context: Context, exam_id: UUID, position: int) -> Response:
        """Show how a laboratory value of the report went, at every hospital that measured it."""
        with context.read() as uow:
            sight = sight_of(context, uow)
            exam = exams.get(uow, sight, ExamId(str(exam_id)))
            found = trend_of(uow, sight, exam, position, hospitals(uow))
        say_what(context, [exam])
        context.counted(observations=len(found.points))
        context.touched(*(AuditObject("exam", each) for each in found.exam_ids - {exam.id}))
        context.concerns(*(each.observed.subject for each in found.points))
        plot = plot_of(found, context.house.settings.time_zone)
        return part(context, "parts/trend", trend=found, plot=plot)

    @routes.endpoint(
        f"{EXAM}/decision",
        method="POST",
        name="viewer.decide",
        access=Permission.DECISION_WRITE,
        audit=Recorded(AuditAction.CREATE),
    )
    def decision(context: Context, exam_id: UUID) -> Response:
        """Record what was decided on the result that was read."""
        doctor = require_acting_user(context.principal)
        asker = Asker(own_facility(context.principal), doctor.id, doctor.department, Channel.PAGE)
        choice = load_choice(doctor.id, context.house.clock.now())
        with context.write() as uow:
            exam = _exam(context, uow, exam_id)
            evaluation, taken = decide(uow, sight_of(context, uow), asker, exam, choice)
            say_whose(context, [evaluation])
            context.touched(AuditObject("decision", taken.id))
        return no_content()

    return routes


def _exam(context: Context, uow: UnitOfWork, exam_id: UUID) -> Exam:
    return exams.get(uow, sight_of(context, uow), ExamId(str(exam_id)))


def _say_shown(context: Context, exam: Exam, pane: Pane) -> None:
    """Tell the trail what a report's pane shows."""
    say_what(context, [exam])
    context.counted(reports=len(pane.versions))
    context.touched(*(AuditObject("alert", each.id) for each in pane.alerts))
