"""How a caller's question is answered, at whichever door it is asked."""

from dataclasses import replace
from datetime import datetime, timedelta

from medshare.access.model import within_own_facility
from medshare.infra.perform import Context
from medshare.kernel.errors import InvalidError, Issue
from medshare.recognition.statistics import service
from medshare.recognition.statistics.model import Question
from medshare.recognition.statistics.service import Findings

PERIOD_MAX = timedelta(days=400)
PERIOD_WRONG = Issue(
    "/since",
    "period",
    "Let since lie before until, by at most 400 days.",
    "起始时间应早于截止时间，且不超过 400 天。",
)
AS_OF_IN_FUTURE = Issue(
    "/asOf",
    "time-in-future",
    "Send a time that is not in the future, or leave it out.",
    "时间不能晚于当前时间，或省略该参数。",
)


def ask(context: Context, question: Question) -> Findings:
    """Find what became of the chances that a caller asks about, and may ask about.

    Raises
    ------
    InvalidError
        The period is none, ``as_of`` lies ahead, or the facility is another than the caller's own.
    """
    check(question, context.house.clock.now())
    own = within_own_facility(context.principal, question.facility)
    patience = timedelta(hours=context.house.settings.decision_overlooked_hours)
    with context.read() as uow:
        return service.find(uow, replace(question, facility=own), patience)


def check(question: Question, now: datetime) -> None:
    """Hold a question to its bounds.

    Raises
    ------
    InvalidError
        The period is none or too long, or ``as_of`` lies ahead.
    """
    issues = []
    if not timedelta(0) < question.until - question.since <= PERIOD_MAX:
        issues.append(PERIOD_WRONG)
    if question.as_of > now:
        issues.append(AS_OF_IN_FUTURE)
    if issues:
        raise InvalidError(issues=issues)
