"""Queries of statistics: two statements, however many chances there are."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    String,
    Subquery,
    and_,
    case,
    cast,
    exists,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy.orm import Session

from medshare.exams.model import Coding
from medshare.exams.selectables import performed
from medshare.kernel.identifiers import FacilityCode, new_key
from medshare.patients.selectables import stays
from medshare.recognition.alerts import Severity
from medshare.recognition.claims.selectables import claims, is_covered
from medshare.recognition.decisions.rows import DecisionRow, RevocationRow, ViewRow
from medshare.recognition.evaluations.rows import EligibleRow, EvaluationRow
from medshare.recognition.evaluations.selectables import presentation
from medshare.recognition.model import Laterality, Outcome, Tier
from medshare.recognition.reliance.rows import AlertRow
from medshare.recognition.statistics.model import Chance, Deed, Question

_TICK = timedelta(microseconds=1)
_ROWS_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class LaterExam:
    """An exam of the person performed after an evaluation was asked for."""

    facility: FacilityCode
    item: Coding
    laterality: Laterality | None
    performed_at: datetime


def chances(session: Session, question: Question) -> Iterator[Chance]:
    """Yield the chances of a period, in the order of their evaluations."""
    counted = _counted(question)
    statement = select(counted).where(counted.c.place == 1)
    if question.department:
        statement = statement.where(counted.c.department == question.department)
    ordered = statement.order_by(
        counted.c.evaluation_id, counted.c.item, counted.c.exam_id, counted.c.component
    )
    rows = session.execute(ordered, execution_options={"yield_per": _ROWS_AT_ONCE})
    for row in rows:
        yield Chance(
            row.evaluation_id,
            (row.facility_code, row.record_id, row.presentation, row.item),
            row.facility_code,
            row.department,
            row.item,
            row.source_facility,
            Tier(row.tier),
            row.mark is not None,
            Laterality(row.laterality) if row.laterality else None,
            row.policy_id,
            row.asked_at,
            bool(row.shown),
            bool(row.viewed),
            bool(row.has_draft),
            row.outcome
            and Deed(
                Outcome(row.outcome),
                row.decided_at,
                row.decided_by,
                row.reason,
                row.reason_parent,
                row.dwell_ms,
                bool(row.has_fallen),
            ),
            claims_mark=row.claimed_mark is not None,
            claim_covered=bool(row.claim_covered),
        )


def later_exams(session: Session, question: Question) -> Iterator[tuple[str, LaterExam]]:
    """Yield the exams of each evaluation's person that came after it, anywhere, by evaluation.

    The person is whoever held the record at ``as_of``.
    """
    own, others, exam = stays().alias("own"), stays().alias("others"), performed()
    # An exam's row does not say when it was registered; its key does.
    known_before = new_key(question.as_of + _TICK, bytes(10))
    statement = (
        select(EvaluationRow.id.label("evaluation_id"), exam)
        .join(own, own.c.record_id == EvaluationRow.record_id)
        .join(others, others.c.patient_id == own.c.patient_id)
        .join(exam, exam.c.record_id == others.c.record_id)
        .where(
            *_asked(question),
            _stood(own, question.as_of),
            _stood(others, question.as_of),
            exam.c.happened_at > EvaluationRow.asked_at,
            exam.c.happened_at <= question.as_of,
            exam.c.id < known_before,
        )
        .order_by(EvaluationRow.id, exam.c.happened_at, exam.c.id)
    )
    rows = session.execute(statement, execution_options={"yield_per": _ROWS_AT_ONCE})
    for row in rows:
        yield (
            row.evaluation_id,
            LaterExam(
                FacilityCode(row.facility_code),
                Coding(row.item_system, row.item_code),
                Laterality(row.laterality) if row.laterality else None,
                row.happened_at,
            ),
        )


def _stood(stay: FromClause, at: datetime) -> ColumnElement[bool]:
    return and_(stay.c.made_at <= at, or_(stay.c.ended_at.is_(None), stay.c.ended_at > at))


def _asked(question: Question) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [
        EvaluationRow.asked_at >= question.since,
        EvaluationRow.asked_at < question.until,
        EvaluationRow.asked_at <= question.as_of,
    ]
    if question.facility:
        conditions.append(EvaluationRow.facility_code == question.facility)
    return conditions


def _of_result(question: Question) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if question.item:
        conditions.append(EligibleRow.item == question.item)
    if question.source_facility:
        conditions.append(EligibleRow.source_facility == question.source_facility)
    return conditions


def _result() -> ColumnElement[str]:
    """Name an eligible result as decisions and views do."""
    version = literal("@") + cast(EligibleRow.version, String)
    part = case((EligibleRow.component == "", ""), else_=literal("/") + EligibleRow.component)
    return EligibleRow.exam_id + version + part


def _standing(question: Question) -> Subquery:
    """Select the last decision on each result of each evaluation that stood at ``as_of``."""
    undone = exists().where(
        RevocationRow.decision_id == DecisionRow.id, RevocationRow.revoked_at <= question.as_of
    )
    return (
        select(func.max(DecisionRow.id).label("id"))
        .where(DecisionRow.recorded_at <= question.as_of, ~undone)
        .group_by(DecisionRow.evaluation_id, DecisionRow.result, DecisionRow.item)
        .subquery("standing")
    )


def _facts(question: Question) -> Select[*tuple[object, ...]]:
    """Select each eligible result with its decision, and whether it was viewed or has fallen."""
    viewed = exists().where(
        ViewRow.evaluation_id == EvaluationRow.id,
        ViewRow.result == _result(),
        ViewRow.at <= question.as_of,
    )
    fallen = exists().where(
        AlertRow.decision_id == DecisionRow.id,
        AlertRow.severity == Severity.STOP,
        AlertRow.raised_at <= question.as_of,
    )
    decided = DecisionRow.id.is_not(None)
    drafted = (EvaluationRow.reference != "") | (
        func.coalesce(DecisionRow.order_reference, "") != ""
    )
    department = func.nullif(DecisionRow.department, "")
    standing = _standing(question)
    claim = claims()
    return (
        select(
            EvaluationRow.id.label("evaluation_id"),
            EvaluationRow.facility_code,
            EvaluationRow.record_id,
            EvaluationRow.laterality,
            EvaluationRow.policy_id,
            EvaluationRow.asked_at,
            EligibleRow.item,
            EligibleRow.exam_id,
            EligibleRow.component,
            EligibleRow.source_facility,
            EligibleRow.tier,
            EligibleRow.mark,
            presentation(EvaluationRow).label("presentation"),
            func.coalesce(department, EvaluationRow.department).label("department"),
            _number(or_(EvaluationRow.doctor != "", decided, viewed)).label("was_shown"),
            _number(viewed).label("was_viewed"),
            _number(drafted).label("was_drafted"),
            _number(fallen).label("has_fallen"),
            DecisionRow.id.label("decision_id"),
            DecisionRow.outcome,
            DecisionRow.decided_at,
            DecisionRow.doctor.label("decided_by"),
            DecisionRow.reason,
            DecisionRow.reason_parent,
            DecisionRow.dwell_ms,
            claim.c.claimed_mark,
            _number(is_covered(claim, question.as_of)).label("claim_covered"),
        )
        .join(EligibleRow, EligibleRow.evaluation_id == EvaluationRow.id)
        .outerjoin(
            DecisionRow,
            and_(
                DecisionRow.evaluation_id == EvaluationRow.id,
                DecisionRow.result == _result(),
                DecisionRow.item == EligibleRow.item,
                DecisionRow.id.in_(select(standing.c.id)),
            ),
        )
        .outerjoin(claim, claim.c.id == EligibleRow.exam_id)
        .where(*_asked(question), *_of_result(question))
    )


def _counted(question: Question) -> Subquery:
    """Select the facts with their place within the occasion: the first one counts.

    What was seen in any evaluation of the occasion was seen.
    """
    facts = _facts(question).subquery("facts")
    occasion = (
        facts.c.facility_code,
        facts.c.record_id,
        facts.c.presentation,
        facts.c.item,
        facts.c.exam_id,
        facts.c.component,
    )
    undecided = case((facts.c.decision_id.is_(None), 1), else_=0)
    place = func.row_number().over(
        partition_by=occasion,
        order_by=(undecided, facts.c.decision_id.desc(), facts.c.evaluation_id.desc()),
    )
    return select(
        facts,
        place.label("place"),
        *(
            func.max(facts.c[f"was_{name}"]).over(partition_by=occasion).label(label)
            for name, label in (
                ("shown", "shown"),
                ("viewed", "viewed"),
                ("drafted", "has_draft"),
            )
        ),
    ).subquery("counted")


def _number(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return case((condition, 1), else_=0)
