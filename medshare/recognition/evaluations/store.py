"""Queries of evaluations."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from medshare.exams.model import MANAGED_ITEMS, Coding
from medshare.kernel.identifiers import FacilityCode, PatientId, RecordId
from medshare.recognition.evaluations import answers
from medshare.recognition.evaluations.model import (
    Asker,
    Channel,
    Evaluation,
    OrderDraft,
    PatientNamed,
    ResultRef,
)
from medshare.recognition.evaluations.rows import EligibleRow, EvaluationRow
from medshare.recognition.model import CareContext, Laterality, Tier


def add(session: Session, evaluation: Evaluation, snapshot: bytes) -> None:
    """Insert an evaluation with the results that can be decided on."""
    asker, draft = evaluation.asker, evaluation.draft
    session.add(
        EvaluationRow(
            id=evaluation.id,
            facility_code=asker.facility,
            patient_id=evaluation.patient_id,
            record_id=evaluation.record_id,
            doctor=asker.doctor,
            department=asker.department,
            channel=asker.channel,
            item=evaluation.item,
            laterality=draft.laterality,
            method=draft.method,
            context=draft.context,
            encounter=draft.encounter,
            reference=draft.reference,
            asked_at=evaluation.asked_at,
            judged_at=evaluation.at,
            policy_id=evaluation.policy_id,
            policy_hash=evaluation.policy_hash,
            snapshot=snapshot,
            answer=answers.pack(evaluation.judgement, evaluation.sources),
        )
    )
    session.flush()
    session.add_all(_eligible_rows(evaluation))
    session.flush()


def find(session: Session, facility: FacilityCode, evaluation_id: str) -> Evaluation | None:
    """Return an evaluation that a facility asked for, as it was given.

    Others' are not even read: the time of an answer would tell that they are there.
    """
    row = session.scalar(
        select(EvaluationRow).where(
            EvaluationRow.id == evaluation_id, EvaluationRow.facility_code == facility
        )
    )
    return None if row is None else _evaluation(row)


def find_snapshot(session: Session, evaluation_id: str) -> bytes:
    """Return what an evaluation was judged on."""
    return session.scalars(
        select(EvaluationRow.snapshot).where(EvaluationRow.id == evaluation_id)
    ).one()


def _eligible_rows(evaluation: Evaluation) -> list[EligibleRow]:
    if evaluation.is_trial:
        return []
    facilities = {each.result: each.facility for each in evaluation.sources}
    rows = []
    for position, (item, verdict) in enumerate(evaluation.judgement.verdicts):
        if verdict.tier is Tier.EXCLUDED:
            continue
        ref = ResultRef.read(verdict.result)
        rows.append(
            EligibleRow(
                evaluation_id=evaluation.id,
                position=position,
                exam_id=ref.exam_id,
                version=ref.version,
                component=ref.component,
                item=item,
                source_facility=facilities[verdict.result],
                tier=verdict.tier,
                mark=verdict.mark,
            )
        )
    return rows


def _evaluation(row: EvaluationRow) -> Evaluation:
    judgement, sources = answers.unpack(row.answer)
    patient_id = PatientId(row.patient_id)
    return Evaluation(
        id=row.id,
        patient_id=patient_id,
        record_id=RecordId(row.record_id),
        asker=Asker(
            FacilityCode(row.facility_code), row.doctor, row.department, Channel(row.channel)
        ),
        item=row.item,
        draft=OrderDraft(
            PatientNamed(patient_id),
            Coding(MANAGED_ITEMS, row.item),
            Laterality(row.laterality) if row.laterality else None,
            row.method,
            CareContext(row.context) if row.context else None,
            row.encounter,
            row.reference,
        ),
        asked_at=row.asked_at,
        at=row.judged_at,
        policy_id=row.policy_id,
        policy_hash=row.policy_hash,
        judgement=judgement,
        sources=sources,
    )
