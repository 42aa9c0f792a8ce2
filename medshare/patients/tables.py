"""Rows of the patient index."""

from datetime import date, datetime

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy import text as sql_text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from medshare.infra.db import Instant, Row
from medshare.patients.model import MEDICAL_RECORD

_IS_LIVE = sql_text("ended_at IS NULL")
_IS_RECORD_NUMBER = sql_text(f"type = '{MEDICAL_RECORD}'")


class PatientRow(Row):
    """A person: nothing but the key that records are linked to."""

    __tablename__ = "patients"
    __table_args__ = ({"sqlite_with_rowid": False},)

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    created_at: Mapped[datetime] = mapped_column(Instant)


class PatientRecordRow(Row):
    """What one facility registered.

    No index by facility: one serves a good part of the city, and SQLite would begin with it.
    """

    __tablename__ = "patient_records"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    facility_code: Mapped[str] = mapped_column(ForeignKey("facilities.code"))
    version: Mapped[int]
    name_text: Mapped[str] = mapped_column(String(200))
    name_family: Mapped[str] = mapped_column(String(200))
    name_given: Mapped[str] = mapped_column(String(200))
    name_alphabetic: Mapped[str] = mapped_column(String(200))
    sex: Mapped[str] = mapped_column(String(16))
    birth_date: Mapped[date | None]
    phone: Mapped[str] = mapped_column(String(64), index=True)
    address: Mapped[str] = mapped_column(String(500))
    deceased_on: Mapped[date | None]
    created_at: Mapped[datetime] = mapped_column(Instant)
    updated_at: Mapped[datetime] = mapped_column(Instant)
    identifiers: Mapped[list["PatientIdentifierRow"]] = relationship(
        lazy="selectin",
        cascade="all, delete-orphan",
        order_by="(PatientIdentifierRow.system, PatientIdentifierRow.value)",
    )


class PatientIdentifierRow(Row):
    """An identifier that a record states; a facility gives each of its own numbers once."""

    __tablename__ = "patient_identifiers"
    __table_args__ = (
        Index("ix_patient_identifiers_value_system", "value", "system"),
        Index(
            "uq_patient_identifiers_record_number",
            "system",
            "value",
            unique=True,
            sqlite_where=_IS_RECORD_NUMBER,
            postgresql_where=_IS_RECORD_NUMBER,
        ),
        {"sqlite_with_rowid": False},
    )

    record_id: Mapped[str] = mapped_column(ForeignKey("patient_records.id"), primary_key=True)
    system: Mapped[str] = mapped_column(String(200), primary_key=True)
    value: Mapped[str] = mapped_column(String(64), primary_key=True)
    type: Mapped[str] = mapped_column(String(16))


class PatientLinkRow(Row):
    """An event: a record came to a person. It ends, and is never rewritten."""

    __tablename__ = "patient_links"
    __table_args__ = (
        Index(
            "uq_patient_links_live",
            "record_id",
            unique=True,
            sqlite_where=_IS_LIVE,
            postgresql_where=_IS_LIVE,
        ),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    record_id: Mapped[str] = mapped_column(ForeignKey("patient_records.id"), index=True)
    patient_id: Mapped[str] = mapped_column(ForeignKey("patients.id"), index=True)
    made_at: Mapped[datetime] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    outcome: Mapped[str] = mapped_column(String(16))
    explanation: Mapped[list[str]] = mapped_column(JSON)
    made_by: Mapped[str] = mapped_column(String(64))
