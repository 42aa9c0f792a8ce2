"""Rows and queries of evaluations."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from medshare.exams.model import MANAGED_ITEMS, Coding
from medshare.infra.db import Instant, Row
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
from medshare.recognition.model import CareContext, Laterality, Tier


class EvaluationRow(Row):
    """An evaluation: what was asked, by which policy, on which inputs, and what was answered."""

    __tablename__ = "recognition_evaluations"
    __table_args__ = (
        Index("ix_recognition_evaluations_facility_code_asked_at", "facility_code", "asked_at"),
        Index("ix_recognition_evaluations_patient_id_asked_at", "patient_id", "asked_at"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    facility_code: Mapped[str] = mapped_column(ForeignKey("facilities.code"))
    patient_id: Mapped[str] = mapped_column(ForeignKey("patients.id"))
    record_id: Mapped[str] = mapped_column(ForeignKey("patient_records.id"), index=True)
    doctor: Mapped[str] = mapped_column(String(200))
    department: Mapped[str] = mapped_column(String(200))
    channel: Mapped[str] = mapped_column(String(16))
    item: Mapped[str] = mapped_column(String(64))
    laterality: Mapped[str | None] = mapped_column(String(16))
    method: Mapped[str] = mapped_column(String(64))
    context: Mapped[str | None] = mapped_column(String(16))
    encounter: Mapped[str] = mapped_column(String(64))
    reference: Mapped[str] = mapped_column(String(200))
    asked_at: Mapped[datetime] = mapped_column(Instant)
    judged_at: Mapped[datetime] = mapped_column(Instant)
    policy_id: Mapped[str] = mapped_column(String(64))
    policy_hash: Mapped[str] = mapped_column(String(64))
    snapshot: Mapped[bytes]
    answer: Mapped[bytes]


class EligibleRow(Row):
    """A result that an evaluation found due or left to discretion: what statistics count."""

    __tablename__ = "recognition_eligible"

    evaluation_id: Mapped[str] = mapped_column(
        ForeignKey("recognition_evaluations.id"), primary_key=True
    )
    position: Mapped[int] = mapped_column(primary_key=True)
    exam_id: Mapped[str] = mapped_column(ForeignKey("exams.id"), index=True)
    version: Mapped[int]
    component: Mapped[str] = mapped_column(String(64))
    item: Mapped[str] = mapped_column(String(64))
    source_facility: Mapped[str] = mapped_column(ForeignKey("facilities.code"))
    tier: Mapped[str] = mapped_column(String(16))
    mark: Mapped[str | None] = mapped_column(String(64))


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


def find(session: Session, evaluation_id: str) -> Evaluation | None:
    """Return an evaluation as it was given."""
    row = session.get(EvaluationRow, evaluation_id)
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
