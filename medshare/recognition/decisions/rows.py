"""The tables of decisions: rows are added, never changed."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from medshare.infra.db import Instant, Row


class DecisionRow(Row):
    """A decision on one result for one order."""

    __tablename__ = "recognition_decisions"
    __table_args__ = (
        Index("ix_recognition_decisions_facility_code_decided_at", "facility_code", "decided_at"),
        Index("ix_recognition_decisions_evaluation_id_result", "evaluation_id", "result"),
        Index(
            "ix_recognition_decisions_source_facility_performed_at",
            "source_facility",
            "performed_at",
        ),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    evaluation_id: Mapped[str] = mapped_column(ForeignKey("recognition_evaluations.id"))
    result: Mapped[str] = mapped_column(String(128))
    exam_id: Mapped[str] = mapped_column(ForeignKey("exams.id"), index=True)
    version: Mapped[int]
    item: Mapped[str] = mapped_column(String(64))
    facility_code: Mapped[str] = mapped_column(ForeignKey("facilities.code"))
    source_facility: Mapped[str] = mapped_column(ForeignKey("facilities.code"))
    source_item: Mapped[str] = mapped_column(String(64))
    performed_at: Mapped[datetime] = mapped_column(Instant)
    patient_id: Mapped[str] = mapped_column(ForeignKey("patients.id"), index=True)
    record_id: Mapped[str] = mapped_column(ForeignKey("patient_records.id"), index=True)
    source_record_id: Mapped[str] = mapped_column(ForeignKey("patient_records.id"), index=True)
    tier: Mapped[str] = mapped_column(String(16))
    outcome: Mapped[str] = mapped_column(String(16))
    channel: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(String(64))
    reason_parent: Mapped[str] = mapped_column(String(64))
    reason_set: Mapped[str] = mapped_column(String(64))
    free_text: Mapped[str] = mapped_column(String(1000))
    explained_by: Mapped[str | None] = mapped_column(String(200))
    explained_at: Mapped[datetime | None] = mapped_column(Instant)
    explained_method: Mapped[str | None] = mapped_column(String(16))
    encounter: Mapped[str] = mapped_column(String(64))
    order_reference: Mapped[str] = mapped_column(String(200))
    doctor: Mapped[str] = mapped_column(String(200))
    department: Mapped[str] = mapped_column(String(200))
    dwell_ms: Mapped[int | None] = mapped_column(Integer)
    decided_at: Mapped[datetime] = mapped_column(Instant)
    recorded_at: Mapped[datetime] = mapped_column(Instant)


class RevocationRow(Row):
    """The undoing of a decision."""

    __tablename__ = "recognition_revocations"

    decision_id: Mapped[str] = mapped_column(
        ForeignKey("recognition_decisions.id"), primary_key=True
    )
    revoked_at: Mapped[datetime] = mapped_column(Instant)
    revoked_by: Mapped[str] = mapped_column(String(200))
    note: Mapped[str] = mapped_column(String(1000))


class WriteBackRow(Row):
    """A state that a step of writing back has come to; the newest of a step counts."""

    __tablename__ = "recognition_write_backs"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    decision_id: Mapped[str] = mapped_column(ForeignKey("recognition_decisions.id"), index=True)
    step: Mapped[str] = mapped_column(String(16))
    state: Mapped[str] = mapped_column(String(16))
    reference: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime] = mapped_column(Instant)


class ViewRow(Row):
    """Somebody looked at a result."""

    __tablename__ = "recognition_views"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    evaluation_id: Mapped[str] = mapped_column(ForeignKey("recognition_evaluations.id"), index=True)
    result: Mapped[str] = mapped_column(String(128))
    exam_id: Mapped[str] = mapped_column(ForeignKey("exams.id"), index=True)
    version: Mapped[int]
    facility_code: Mapped[str] = mapped_column(ForeignKey("facilities.code"))
    kind: Mapped[str] = mapped_column(String(16))
    viewer: Mapped[str] = mapped_column(String(200))
    department: Mapped[str] = mapped_column(String(200))
    dwell_ms: Mapped[int | None] = mapped_column(Integer)
    at: Mapped[datetime] = mapped_column(Instant)
