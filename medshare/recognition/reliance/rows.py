"""The table of reliance alerts."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from medshare.infra.db import Instant, Row


class AlertRow(Row):
    """An alert; acknowledged once."""

    __tablename__ = "recognition_alerts"
    __table_args__ = (
        UniqueConstraint("evaluation_id", "result", "doctor", "cause", "source"),
        Index("ix_recognition_alerts_facility_code_id", "facility_code", "id"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    cause: Mapped[str] = mapped_column(String(32))
    severity: Mapped[str] = mapped_column(String(16))
    source: Mapped[str] = mapped_column(String(128))
    facility_code: Mapped[str] = mapped_column(ForeignKey("facilities.code"))
    evaluation_id: Mapped[str] = mapped_column(ForeignKey("recognition_evaluations.id"))
    decision_id: Mapped[str | None] = mapped_column(
        ForeignKey("recognition_decisions.id"), index=True
    )
    result: Mapped[str] = mapped_column(String(128))
    doctor: Mapped[str] = mapped_column(String(200))
    department: Mapped[str] = mapped_column(String(200))
    patient_id: Mapped[str] = mapped_column(ForeignKey("patients.id"))
    record_id: Mapped[str] = mapped_column(ForeignKey("patient_records.id"))
    source_record_id: Mapped[str] = mapped_column(ForeignKey("patient_records.id"))
    raised_at: Mapped[datetime] = mapped_column(Instant)
    acknowledged_at: Mapped[datetime | None] = mapped_column(Instant)
    acknowledged_by: Mapped[str] = mapped_column(String(200))
    note: Mapped[str] = mapped_column(String(1000))
