"""The tables of evaluations: rows are added, never changed."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from medshare.infra.db import Instant, Row


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
