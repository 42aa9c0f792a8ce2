"""Queries of decisions."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Select, exists, select
from sqlalchemy.orm import Session

from medshare.kernel.identifiers import ExamId, FacilityCode, PatientId, RecordId
from medshare.recognition.decisions.model import (
    DecisionDraft,
    Explanation,
    ExplanationMethod,
    Recorded,
    Revocation,
    View,
    ViewKind,
    WriteBack,
    WriteBackState,
    WriteBackStep,
)
from medshare.recognition.decisions.rows import DecisionRow, RevocationRow, ViewRow, WriteBackRow
from medshare.recognition.evaluations.model import Channel, ResultRef
from medshare.recognition.model import Outcome, Tier


def add(session: Session, decision: Recorded) -> None:
    """Insert a decision."""
    draft = decision.draft
    ref = ResultRef.read(draft.result)
    explained = draft.explained
    session.add(
        DecisionRow(
            id=decision.id,
            evaluation_id=draft.evaluation_id,
            result=draft.result,
            exam_id=ref.exam_id,
            version=ref.version,
            item=decision.item,
            facility_code=decision.facility,
            source_facility=decision.source_facility,
            source_item=decision.source_item,
            performed_at=decision.performed_at,
            patient_id=decision.patient_id,
            record_id=decision.record_id,
            source_record_id=decision.source_record_id,
            tier=decision.tier,
            outcome=draft.outcome,
            channel=decision.channel,
            reason=draft.reason,
            reason_parent=decision.reason_parent,
            reason_set=decision.reason_set,
            free_text=draft.free_text,
            explained_by=explained and explained.by,
            explained_at=explained and explained.at,
            explained_method=explained and explained.method,
            encounter=draft.encounter,
            order_reference=draft.order_reference,
            doctor=draft.doctor,
            department=draft.department,
            dwell_ms=draft.dwell_ms,
            decided_at=draft.decided_at,
            recorded_at=decision.recorded_at,
        )
    )
    session.flush()


def find(session: Session, facility: FacilityCode, decision_id: str) -> Recorded | None:
    """Return a facility's decision with what followed it; others' are not even read."""
    chosen = _all().where(DecisionRow.id == decision_id, DecisionRow.facility_code == facility)
    return next(iter(_decisions(session, chosen)), None)


def of_evaluation(session: Session, evaluation_id: str) -> Sequence[Recorded]:
    """Return the decisions on an evaluation, oldest first."""
    return _decisions(session, _all().where(DecisionRow.evaluation_id == evaluation_id))


def find_live(session: Session, evaluation_id: str, result: str) -> Recorded | None:
    """Return the decision on a result for an order that was not undone."""
    chosen = _all().where(
        DecisionRow.evaluation_id == evaluation_id, DecisionRow.result == result, _is_live()
    )
    return next(iter(_decisions(session, chosen)), None)


def live_on_exams(session: Session, exam_ids: Collection[ExamId]) -> Sequence[Recorded]:
    """Return the decisions on any version of some exams that were not undone, oldest first."""
    chosen = _all().where(DecisionRow.exam_id.in_(sorted(exam_ids)), _is_live())
    return _decisions(session, chosen)


def live_of_records(session: Session, record_ids: Collection[RecordId]) -> Sequence[Recorded]:
    """Return the live decisions that have one of these records on either side, oldest first."""
    ids = sorted(record_ids)
    either = DecisionRow.record_id.in_(ids) | DecisionRow.source_record_id.in_(ids)
    return _decisions(session, _all().where(either, _is_live()))


def live_from(
    session: Session, facility: FacilityCode, items: Collection[str], since: datetime
) -> Sequence[Recorded]:
    """Return the live decisions on a facility's results of some items performed since then."""
    chosen = _all().where(
        DecisionRow.source_facility == facility,
        DecisionRow.source_item.in_(sorted(items)),
        DecisionRow.performed_at >= since,
        _is_live(),
    )
    return _decisions(session, chosen)


def add_revocation(session: Session, decision_id: str, revocation: Revocation) -> None:
    """Insert the undoing of a decision."""
    session.add(
        RevocationRow(
            decision_id=decision_id,
            revoked_at=revocation.at,
            revoked_by=revocation.by,
            note=revocation.note,
        )
    )
    session.flush()


def add_write_back(session: Session, key: str, decision_id: str, state: WriteBack) -> None:
    """Insert what a step of writing back has come to."""
    session.add(
        WriteBackRow(
            id=key,
            decision_id=decision_id,
            step=state.step,
            state=state.state,
            reference=state.reference,
            at=state.at,
        )
    )
    session.flush()


def add_view(session: Session, key: str, facility: FacilityCode, view: View) -> None:
    """Insert that somebody looked at a result."""
    ref = ResultRef.read(view.result)
    session.add(
        ViewRow(
            id=key,
            evaluation_id=view.evaluation_id,
            result=view.result,
            exam_id=ref.exam_id,
            version=ref.version,
            facility_code=facility,
            kind=view.kind,
            viewer=view.viewer,
            department=view.department,
            dwell_ms=view.dwell_ms,
            at=view.at,
        )
    )
    session.flush()


def views_without_decision(
    session: Session, exam_ids: Collection[ExamId]
) -> Sequence[tuple[FacilityCode, View]]:
    """Return who looked at some exams and left it undecided, each viewer of a result once."""
    decided = exists().where(
        DecisionRow.evaluation_id == ViewRow.evaluation_id, DecisionRow.result == ViewRow.result
    )
    rows = session.scalars(
        select(ViewRow)
        .where(ViewRow.exam_id.in_(sorted(exam_ids)), ViewRow.viewer != "", ~decided)
        .order_by(ViewRow.id)
    )
    first: dict[tuple[str, str, str], tuple[FacilityCode, View]] = {}
    for row in rows:
        view = View(
            row.evaluation_id,
            row.result,
            ViewKind(row.kind),
            row.viewer,
            row.department,
            row.at,
            row.dwell_ms,
        )
        key = row.evaluation_id, row.result, row.viewer
        first.setdefault(key, (FacilityCode(row.facility_code), view))
    return list(first.values())


def _is_live() -> ColumnElement[bool]:
    return RevocationRow.decision_id.is_(None)


def _all() -> Select[DecisionRow, RevocationRow | None]:
    return (
        select(DecisionRow, RevocationRow)
        .outerjoin(RevocationRow, RevocationRow.decision_id == DecisionRow.id)
        .order_by(DecisionRow.id)
    )


def _decisions(
    session: Session, chosen: Select[DecisionRow, RevocationRow | None]
) -> Sequence[Recorded]:
    rows = session.execute(chosen).all()
    written = _write_backs(session, [row.id for row, _ in rows])
    return [_decision(row, revocation, written.get(row.id, ())) for row, revocation in rows]


def _write_backs(session: Session, ids: Sequence[str]) -> dict[str, tuple[WriteBack, ...]]:
    """Return the newest state of each step, by decision."""
    newest: dict[str, dict[str, WriteBack]] = {}
    rows = session.scalars(
        select(WriteBackRow).where(WriteBackRow.decision_id.in_(ids)).order_by(WriteBackRow.id)
    )
    for row in rows:
        state = WriteBack(WriteBackStep(row.step), WriteBackState(row.state), row.at, row.reference)
        newest.setdefault(row.decision_id, {})[row.step] = state
    return {decision: tuple(steps.values()) for decision, steps in newest.items()}


def _decision(
    row: DecisionRow, revocation: RevocationRow | None, write_backs: tuple[WriteBack, ...]
) -> Recorded:
    return Recorded(
        id=row.id,
        facility=FacilityCode(row.facility_code),
        patient_id=PatientId(row.patient_id),
        record_id=RecordId(row.record_id),
        source_record_id=RecordId(row.source_record_id),
        source_facility=FacilityCode(row.source_facility),
        source_item=row.source_item,
        performed_at=row.performed_at,
        item=row.item,
        tier=Tier(row.tier),
        channel=Channel(row.channel),
        draft=_draft(row),
        recorded_at=row.recorded_at,
        reason_set=row.reason_set,
        reason_parent=row.reason_parent,
        revocation=Revocation(revocation.revoked_at, revocation.revoked_by, revocation.note)
        if revocation
        else None,
        write_backs=write_backs,
    )


def _draft(row: DecisionRow) -> DecisionDraft:
    explained = None
    if row.explained_by is not None and row.explained_at is not None:
        method = ExplanationMethod(row.explained_method or ExplanationMethod.ORAL)
        explained = Explanation(row.explained_by, row.explained_at, method)
    return DecisionDraft(
        evaluation_id=row.evaluation_id,
        result=row.result,
        outcome=Outcome(row.outcome),
        decided_at=row.decided_at,
        doctor=row.doctor,
        department=row.department,
        reason=row.reason,
        free_text=row.free_text,
        explained=explained,
        encounter=row.encounter,
        order_reference=row.order_reference,
        dwell_ms=row.dwell_ms,
    )
