"""``/api/v1/recognition/statistics``."""

from collections.abc import Callable

from flask import Response

from medshare.infra.perform import Context
from medshare.kernel.audit import AuditAction
from medshare.kernel.operation import Recorded
from medshare.kernel.permission import Permission
from medshare.recognition.statistics import answers
from medshare.recognition.statistics.answers import Answer
from medshare.recognition.statistics.asking import ask
from medshare.recognition.statistics.model import Question
from medshare.recognition.statistics.schemas import (
    Asked,
    load_broken_down,
    load_question,
)
from medshare.recognition.statistics.service import Findings
from medshare.web.answers import json_answer
from medshare.web.endpoint import Routes
from medshare.web.tables import Format, csv_answer

routes = Routes()
STATISTICS = "/api/v1/recognition/statistics"
COUNTED = Recorded(AuditAction.SEARCH, about_patients=False)


@routes.endpoint(
    STATISTICS,
    name="recognition.statistics",
    access=Permission.STATISTICS_READ,
    audit=COUNTED,
)
def statistics(context: Context) -> Response:
    """Show the funnel and the rates, with definition, numerator and denominator."""
    asked = load_broken_down()
    return _answer(context, asked, lambda found: answers.statistics(found, asked.by))


@routes.endpoint(
    f"{STATISTICS}/flow",
    name="recognition.statistics-flow",
    access=Permission.STATISTICS_READ,
    audit=COUNTED,
)
def flow(context: Context) -> Response:
    """Show who recognises whose results."""
    return _answer(context, load_question(), answers.flow)


@routes.endpoint(
    f"{STATISTICS}/reasons",
    name="recognition.statistics-reasons",
    access=Permission.STATISTICS_READ,
    audit=COUNTED,
)
def reasons(context: Context) -> Response:
    """Show why results were declined."""
    return _answer(context, load_question(), answers.reasons)


@routes.endpoint(
    f"{STATISTICS}/savings",
    name="recognition.statistics-savings",
    access=Permission.STATISTICS_READ,
    audit=COUNTED,
)
def savings(context: Context) -> Response:
    """Show what was saved, claimed and verified."""
    return _answer(context, load_question(), answers.savings)


@routes.endpoint(
    f"{STATISTICS}/flags",
    name="recognition.statistics-flags",
    access=Permission.STATISTICS_READ,
    audit=COUNTED,
)
def flags(context: Context) -> Response:
    """Show where figures may be made rather than earned."""
    return _answer(context, load_question(), answers.flags)


def _answer(context: Context, asked: Asked, tell: Callable[[Findings], Answer]) -> Response:
    findings = ask(context, asked.question(context.house.clock.now()))
    answer = tell(findings)
    if asked.format is Format.CSV:
        return csv_answer(answer.rows)
    return json_answer({**_frame(findings.question), **answer.document})


def _frame(question: Question) -> dict[str, object]:
    filters = {
        "facility": question.facility,
        "department": question.department,
        "item": question.item,
        "sourceFacility": question.source_facility,
    }
    return {
        "since": question.since,
        "until": question.until,
        "asOf": question.as_of,
        **{name: value for name, value in filters.items() if value},
    }
