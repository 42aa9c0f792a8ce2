"""The tables of imaging.

Matched attributes have columns; what a search returns stands beside them as one excerpt of DICOM
JSON a level, so that an answer is assembled without touching a file.
"""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from medshare.infra.db import Instant, Row

Key = BigInteger().with_variant(Integer, "sqlite")


class StudyRow(Row):
    """A study, its patient as the sender named them, and what it is attached to."""

    __tablename__ = "studies"
    __table_args__ = (
        Index("ix_studies_patient", "patient_id", "patient_identifier_system"),
        Index("ix_studies_study_date", "study_date", "id"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    study_instance_uid: Mapped[str] = mapped_column(String(64), unique=True)
    facility_code: Mapped[str] = mapped_column(ForeignKey("facilities.code"), index=True)
    record_id: Mapped[str | None] = mapped_column(ForeignKey("patient_records.id"), index=True)
    exam_id: Mapped[str | None] = mapped_column(ForeignKey("exams.id"), index=True)
    patient_identifier_system: Mapped[str] = mapped_column(String(200))
    patient_id: Mapped[str] = mapped_column(Text)
    patient_name_alphabetic: Mapped[str] = mapped_column(Text)
    patient_name_ideographic: Mapped[str] = mapped_column(Text)
    patient_name_phonetic: Mapped[str] = mapped_column(Text)
    patient_birth_date: Mapped[str] = mapped_column(Text)
    patient_sex: Mapped[str] = mapped_column(Text)
    issuer_of_patient_id: Mapped[str] = mapped_column(Text)
    study_date: Mapped[str] = mapped_column(Text)
    study_time: Mapped[str] = mapped_column(Text)
    accession_number: Mapped[str] = mapped_column(Text, index=True)
    referring_name_alphabetic: Mapped[str] = mapped_column(Text)
    referring_name_ideographic: Mapped[str] = mapped_column(Text)
    referring_name_phonetic: Mapped[str] = mapped_column(Text)
    study_id: Mapped[str] = mapped_column(Text)
    study_description: Mapped[str] = mapped_column(Text)
    excerpt: Mapped[bytes]
    stored_at: Mapped[datetime] = mapped_column(Instant)


class SeriesRow(Row):
    """A series."""

    __tablename__ = "series"
    __table_args__ = (UniqueConstraint("study_key", "series_instance_uid"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    study_key: Mapped[int] = mapped_column(ForeignKey("studies.id"))
    series_instance_uid: Mapped[str] = mapped_column(String(64), index=True)
    modality: Mapped[str] = mapped_column(Text)
    series_number: Mapped[int | None] = mapped_column(BigInteger)
    series_description: Mapped[str] = mapped_column(Text)
    body_part_examined: Mapped[str] = mapped_column(Text)
    laterality: Mapped[str] = mapped_column(Text)
    performed_procedure_step_start_date: Mapped[str] = mapped_column(Text)
    performed_procedure_step_start_time: Mapped[str] = mapped_column(Text)
    excerpt: Mapped[bytes]


class InstanceRow(Row):
    """An instance, where its bytes are and how they were sent."""

    __tablename__ = "instances"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    series_key: Mapped[int] = mapped_column(ForeignKey("series.id"), index=True)
    sop_instance_uid: Mapped[str] = mapped_column(String(64), unique=True)
    sop_class_uid: Mapped[str] = mapped_column(String(64))
    transfer_syntax_uid: Mapped[str] = mapped_column(String(64))
    instance_number: Mapped[int | None] = mapped_column(BigInteger)
    number_of_frames: Mapped[int | None] = mapped_column(BigInteger)
    rows: Mapped[int | None] = mapped_column(Integer)
    columns: Mapped[int | None] = mapped_column(Integer)
    bits_allocated: Mapped[int | None] = mapped_column(Integer)
    excerpt: Mapped[bytes]
    blob_key: Mapped[str] = mapped_column(String(100))
    sha256: Mapped[str] = mapped_column(String(64))
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    warnings: Mapped[str] = mapped_column(Text)
    stored_at: Mapped[datetime] = mapped_column(Instant)


class InstanceMetadataRow(Row):
    """What is only read with one instance in hand: its metadata, bulk values and frames.

    ``dataset`` is DICOM JSON and ``layout`` the JSON of bulk values and frames, both deflated.
    """

    __tablename__ = "instance_metadata"

    instance_key: Mapped[int] = mapped_column(ForeignKey("instances.id"), primary_key=True)
    dataset: Mapped[bytes]
    layout: Mapped[bytes]


class InstanceHolderRow(Row):
    """A facility that sent the very same bytes."""

    __tablename__ = "instance_holders"

    instance_key: Mapped[int] = mapped_column(ForeignKey("instances.id"), primary_key=True)
    facility_code: Mapped[str] = mapped_column(ForeignKey("facilities.code"), primary_key=True)
    received_at: Mapped[datetime] = mapped_column(Instant)
