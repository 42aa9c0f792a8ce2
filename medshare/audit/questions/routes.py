"""``/api/v1/audit/questions`` and ``/api/v1/audit/figures``."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from flask import Response

from medshare.audit.questions import schemas
from medshare.audit.questions.schemas import Asked, load_question
from medshare.audit.questions.service import Questions
from medshare.audit.schemas import dump_event
from medshare.infra.paging import Page
from medshare.infra.perform import Context
from medshare.kernel.audit import AuditAction, AuditEntry, AuditObject
from medshare.kernel.errors import NotFoundError
from medshare.kernel.identifiers import FacilityCode
from medshare.kernel.operation import Recorded
from medshare.kernel.permission import Permission
from medshare.kernel.ports import PatientAliases
from medshare.web.answers import json_answer, page_answer
from medshare.web.endpoint import Routes
from medshare.web.fields import Input

QUESTIONS = "/api/v1/audit/questions"
FIGURES = "/api/v1/audit/figures"
ASKED = Recorded(AuditAction.SEARCH, about_patients=False)
Item = TypeVar("Item")


def question_routes(questions: Questions, aliases: PatientAliases) -> Routes:
    """Return what auditors ask in their own words."""
    routes = Routes()
    desk = _Desk(questions, aliases)
    for path, name, view in (
        (f"{QUESTIONS}/patient", "audit.ask-patient", desk.patient),
        (f"{QUESTIONS}/user", "audit.ask-user", desk.user),
        (f"{QUESTIONS}/break-glass", "audit.ask-break-glass", desk.break_glass),
        (f"{QUESTIONS}/denied", "audit.ask-denied", desk.denied),
        (f"{QUESTIONS}/bulk", "audit.ask-bulk", desk.bulk),
        (f"{QUESTIONS}/across", "audit.ask-across", desk.across),
        (f"{QUESTIONS}/missing", "audit.ask-missing", desk.missing),
        (f"{QUESTIONS}/seal", "audit.ask-seal", desk.seal),
        (f"{FIGURES}/days", "audit.figures-days", desk.days),
        (f"{FIGURES}/readers", "audit.figures-readers", desk.readers),
    ):
        routes.endpoint(path, name=name, access=Permission.AUDIT_SEARCH, audit=ASKED)(view)
    routes.endpoint(
        "/api/v1/audit/events/<entry_id>/integrity",
        name="audit.ask-altered",
        access=Permission.AUDIT_READ,
        audit=Recorded(AuditAction.READ, about_patients=False),
    )(desk.altered)
    return routes


class _Desk:
    """The views, which share whom they ask."""

    def __init__(self, questions: Questions, aliases: PatientAliases) -> None:
        self._questions = questions
        self._aliases = aliases

    def patient(self, context: Context) -> Response:
        """Answer who saw or changed this patient's data, under all merged identities."""
        asked = _asked(context, schemas.PatientQuestionSchema)
        ids = self._aliases.aliases(asked.patient)
        return _entries(
            context,
            self._questions.about_patient(ids, asked.period, asked.cursor, asked.limit),
        )

    def user(self, context: Context) -> Response:
        """Answer what this user saw and did."""
        asked = _asked(context, schemas.ActorQuestionSchema)
        who: str = asked.data["who"]
        page = self._questions.by_actor(
            who, asked.facility, asked.period, asked.cursor, asked.limit
        )
        return _entries(context, page)

    def denied(self, context: Context) -> Response:
        """Answer who was turned away."""
        asked = _asked(context, schemas.DeniedQuestionSchema)
        return _entries(
            context,
            self._questions.turned_away(asked.facility, asked.period, asked.cursor, asked.limit),
        )

    def across(self, context: Context) -> Response:
        """Answer where one facility met another's data."""
        asked = _asked(context, schemas.AcrossQuestionSchema)
        facility, owner = (FacilityCode(asked.data[each]) for each in ("facility", "owner"))
        page = self._questions.across(facility, owner, asked.period, asked.cursor, asked.limit)
        return _entries(context, page)

    def break_glass(self, context: Context) -> Response:
        """Answer every emergency access with its reviews."""
        asked = _asked(context, schemas.PagedSchema)
        page = self._questions.break_glass(asked.period, asked.cursor, asked.limit)
        return _page(context, page, schemas.dump_use)

    def bulk(self, context: Context) -> Response:
        """Answer who met the data of many persons in one hour."""
        asked = _asked(context, schemas.BulkQuestionSchema)
        many: int = asked.data["patients"]
        page = self._questions.bulk(asked.period, many, asked.cursor, asked.limit)
        return _page(context, page, schemas.dump_hour)

    def days(self, context: Context) -> Response:
        """Answer how much each facility did on each day."""
        asked = _asked(context, schemas.DaysQuestionSchema)
        found = self._questions.days(asked.period, asked.facility)
        return _list(context, found, schemas.dump_day)

    def readers(self, context: Context) -> Response:
        """Answer who read most."""
        asked = _asked(context, schemas.ReadersQuestionSchema)
        found = self._questions.readers(asked.period, asked.facility, asked.limit)
        return _list(context, found, schemas.dump_reader)

    def altered(self, context: Context, entry_id: str) -> Response:
        """Answer whether an entry still is what was sealed."""
        found = self._questions.integrity(entry_id)
        if found is None:
            raise NotFoundError
        context.touched(AuditObject("audit-entry", entry_id))
        return json_answer(schemas.dump_integrity(found))

    def missing(self, context: Context) -> Response:
        """Answer whether entries vanished."""
        found = self._questions.completeness(schemas.load_completeness())
        context.counted(leaves=max(0, found.end - found.begin))
        return json_answer(schemas.dump_completeness(found))

    def seal(self, context: Context) -> Response:
        """Answer whether the seal holds."""
        found = self._questions.seal(schemas.load_completeness())
        context.counted(leaves=found.end - found.begin)
        return json_answer(schemas.dump_seal(found))


def _asked(context: Context, schema: type[Input]) -> Asked:
    return load_question(schema, context.house.clock.now())


def _entries(context: Context, page: Page[AuditEntry]) -> Response:
    return _page(context, page, dump_event)


def _page(
    context: Context, page: Page[Item], dump: Callable[[Item], dict[str, object]]
) -> Response:
    context.counted(entries=len(page.items))
    return page_answer(page, [dump(each) for each in page.items])


def _list(
    context: Context, found: Sequence[Item], dump: Callable[[Item], dict[str, object]]
) -> Response:
    context.counted(figures=len(found))
    return json_answer({"items": [dump(each) for each in found]})
