"""Queries of simulations: the recorded orders, each once."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import Session, aliased

from medshare.kernel.identifiers import new_key
from medshare.recognition.evaluations.rows import EvaluationRow
from medshare.recognition.evaluations.selectables import presentation
from medshare.recognition.simulation.model import Question


@dataclass(frozen=True, slots=True)
class RecordedOrder:
    """An order as it was judged: the packed inputs and the packed answer."""

    evaluation_id: str
    item: str
    policy_id: str
    snapshot: bytes
    answer: bytes


def count(session: Session, question: Question) -> int:
    """Return how many orders there are."""
    return session.scalar(select(func.count(EvaluationRow.id)).where(*_asked(question))) or 0


def recorded(
    session: Session, question: Question, *, after: str, limit: int
) -> Sequence[RecordedOrder]:
    """Return at most ``limit`` orders whose evaluation comes after another one, in order."""
    found = session.execute(
        select(
            EvaluationRow.id,
            EvaluationRow.item,
            EvaluationRow.policy_id,
            EvaluationRow.snapshot,
            EvaluationRow.answer,
        )
        .where(EvaluationRow.id > after, *_asked(question))
        .order_by(EvaluationRow.id)
        .limit(limit)
    )
    return [RecordedOrder(*row) for row in found]


def _asked(question: Question) -> list[ColumnElement[bool]]:
    """Hold evaluations to be the last of their occasion in the period, and no trials."""
    later = aliased(EvaluationRow)
    superseded = exists().where(
        later.record_id == EvaluationRow.record_id,
        later.facility_code == EvaluationRow.facility_code,
        later.item == EvaluationRow.item,
        presentation(later) == presentation(EvaluationRow),
        later.id > EvaluationRow.id,
        later.asked_at < question.until,
        later.judged_at == later.asked_at,
    )
    conditions: list[ColumnElement[bool]] = [
        EvaluationRow.id > new_key(question.since, bytes(10)),
        EvaluationRow.asked_at >= question.since,
        EvaluationRow.asked_at < question.until,
        EvaluationRow.judged_at == EvaluationRow.asked_at,
        ~superseded,
    ]
    if question.facility:
        conditions.append(EvaluationRow.facility_code == question.facility)
    if question.item:
        conditions.append(EvaluationRow.item == question.item)
    return conditions
