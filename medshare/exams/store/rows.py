"""Rows of exams, their items, studies and report versions."""

from datetime import datetime

from sqlalchemy import (
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from medshare.infra.db import Instant, Row


class ItemRow(Row):
    """A managed item."""

    __tablename__ = "exam_items"

    system: Mapped[str] = mapped_column(String(64), primary_key=True)
    code: Mapped[str] = mapped_column(String(64), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    name_zh: Mapped[str] = mapped_column(String(200))
    name_en: Mapped[str] = mapped_column(String(200))
    modality: Mapped[str] = mapped_column(String(16))
    body_site: Mapped[str] = mapped_column(String(64))
    laterality_required: Mapped[bool]


class ExamRow(Row):
    """An exam. ``patient_*`` is how its facility named the patient, by key or by identifier."""

    __tablename__ = "exams"
    __table_args__ = (
        UniqueConstraint("facility_code", "accession_number"),
        Index("ix_exams_record_id_happened_at_id", "record_id", "happened_at", "id"),
        Index("ix_exams_happened_at_id", "happened_at", "id"),
        Index("ix_exams_facility_code_happened_at_id", "facility_code", "happened_at", "id"),
        Index("ix_exams_patient_system_patient_value", "patient_system", "patient_value"),
        Index("ix_exams_accession_number", "accession_number"),
        Index("ix_exams_claimed_mark_id", "claimed_mark", "id"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    facility_code: Mapped[str] = mapped_column(ForeignKey("facilities.code"))
    accession_number: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(16))
    item_system: Mapped[str] = mapped_column(String(64))
    item_code: Mapped[str] = mapped_column(String(64))
    item_display: Mapped[str] = mapped_column(String(200))
    modality: Mapped[str | None] = mapped_column(String(16))
    body_site: Mapped[str] = mapped_column(String(64))
    happened_at: Mapped[datetime] = mapped_column(Instant)
    happened_text: Mapped[str] = mapped_column(String(40))
    status: Mapped[str] = mapped_column(String(16))
    department: Mapped[str] = mapped_column(String(200))
    claimed_mark: Mapped[str] = mapped_column(String(64), server_default="")
    laterality: Mapped[str | None] = mapped_column(String(16))
    sensitivity: Mapped[str | None] = mapped_column(ForeignKey("sensitivity_classes.code"))
    sensitivity_reason: Mapped[str] = mapped_column(String(500), server_default="")
    record_id: Mapped[str | None] = mapped_column(ForeignKey("patient_records.id"))
    patient_system: Mapped[str | None] = mapped_column(String(200))
    patient_value: Mapped[str | None] = mapped_column(String(64))
    digest: Mapped[str] = mapped_column(String(64))
    revision: Mapped[int]
    report_version: Mapped[int]
    report_status: Mapped[str] = mapped_column(String(16))
    studies: Mapped[list["ExamStudyRow"]] = relationship(
        lazy="selectin",
        cascade="all, delete-orphan",
        order_by="ExamStudyRow.study_instance_uid",
    )


class ExamStudyRow(Row):
    """A study of an exam; within a facility it belongs to one exam."""

    __tablename__ = "exam_studies"

    facility_code: Mapped[str] = mapped_column(String(64), primary_key=True)
    study_instance_uid: Mapped[str] = mapped_column(String(64), primary_key=True)
    exam_id: Mapped[str] = mapped_column(ForeignKey("exams.id"), index=True)


class ReportRow(Row):
    """A report version."""

    __tablename__ = "exam_reports"
    __table_args__ = (UniqueConstraint("exam_id", "digest"),)

    exam_id: Mapped[str] = mapped_column(ForeignKey("exams.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    status: Mapped[str] = mapped_column(String(16))
    author_id: Mapped[str] = mapped_column(String(64))
    author_name: Mapped[str] = mapped_column(String(200))
    verifier_id: Mapped[str | None] = mapped_column(String(64))
    verifier_name: Mapped[str | None] = mapped_column(String(200))
    signed_at: Mapped[datetime] = mapped_column(Instant)
    signed_text: Mapped[str] = mapped_column(String(40))
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    digest: Mapped[str] = mapped_column(String(64))
    pdf_sha256: Mapped[str | None] = mapped_column(String(64))
    pdf_size: Mapped[int | None]
    texts: Mapped[list["ReportTextRow"]] = relationship(
        lazy="selectin", order_by="ReportTextRow.position"
    )
    observations: Mapped[list["ObservationRow"]] = relationship(
        lazy="selectin", order_by="ObservationRow.position"
    )


class ReportTextRow(Row):
    """The words of a report version in one language."""

    __tablename__ = "exam_report_texts"
    __table_args__ = (
        ForeignKeyConstraint(
            ["exam_id", "version"], ["exam_reports.exam_id", "exam_reports.version"]
        ),
    )

    exam_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    language: Mapped[str] = mapped_column(String(16))
    findings: Mapped[str] = mapped_column(Text)
    impression: Mapped[str] = mapped_column(Text)


class ObservationRow(Row):
    """One result of a report version, in the order in which it was sent."""

    __tablename__ = "exam_observations"
    __table_args__ = (
        ForeignKeyConstraint(
            ["exam_id", "version"], ["exam_reports.exam_id", "exam_reports.version"]
        ),
        Index("ix_exam_observations_system_code", "system", "code"),
    )

    exam_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    system: Mapped[str] = mapped_column(String(64))
    code: Mapped[str] = mapped_column(String(64))
    display: Mapped[str] = mapped_column(String(200))
    value: Mapped[float | None] = mapped_column(Double)
    value_text: Mapped[str | None] = mapped_column(String(1000))
    comparator: Mapped[str | None] = mapped_column(String(2))
    unit: Mapped[str] = mapped_column(String(64))
    ucum: Mapped[str | None] = mapped_column(String(64))
    has_range: Mapped[bool]
    range_low: Mapped[float | None] = mapped_column(Double)
    range_high: Mapped[float | None] = mapped_column(Double)
    range_text: Mapped[str] = mapped_column(String(200))
    flag: Mapped[str | None] = mapped_column(String(2))
    specimen: Mapped[str] = mapped_column(String(200))
    collected_at: Mapped[datetime | None] = mapped_column(Instant)
    collected_text: Mapped[str | None] = mapped_column(String(40))
