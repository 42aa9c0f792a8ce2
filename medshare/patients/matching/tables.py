"""Rows of matching: candidate keys, decisions with their evidence, reviews, separations."""

from datetime import datetime

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    Dialect,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    TypeDecorator,
)
from sqlalchemy import text as sql_text
from sqlalchemy.orm import Mapped, mapped_column

from medshare.infra.db import Instant, Row

REASON_LENGTH = 500
_IS_OPEN = sql_text("state <> 'decided'")


class RecordKey(TypeDecorator[str]):
    """A record's id in 16 bytes: a dozen keys a record would otherwise repeat 36 characters."""

    impl = LargeBinary(16)
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        """Pack the id."""
        del dialect
        return None if value is None else bytes.fromhex(value.replace("-", ""))

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> str | None:
        """Give the id back as it is written elsewhere."""
        del dialect
        return None if value is None else unpack(value)


def unpack(key: bytes) -> str:
    """Return a record's id as it is written elsewhere."""
    digits = key.hex()
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


class PatientMatchKeyRow(Row):
    """A key under which a record is met as a candidate; 64 bits of the key's hash."""

    __tablename__ = "patient_match_keys"
    __table_args__ = ({"sqlite_with_rowid": False},)

    key: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    record_id: Mapped[str] = mapped_column(RecordKey, primary_key=True)


class PatientMatchDecisionRow(Row):
    """What matching decided about a record, and all that it weighed; the newest one counts.

    ``patient_id`` is the person that the record joined or would join, absent for a new one.
    """

    __tablename__ = "patient_match_decisions"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    record_id: Mapped[str] = mapped_column(ForeignKey("patient_records.id"), index=True)
    patient_id: Mapped[str | None] = mapped_column(ForeignKey("patients.id"))
    made_at: Mapped[datetime] = mapped_column(Instant)
    outcome: Mapped[str] = mapped_column(String(16))
    weights_version: Mapped[str] = mapped_column(String(64))
    evidence: Mapped[dict[str, object]] = mapped_column(JSON)


class PatientReviewRow(Row):
    """A record and a person that may be one: a registrar decides.

    ``score`` is the log2 odds that they are; ``state`` is open, claimed or decided.
    """

    __tablename__ = "patient_reviews"
    __table_args__ = (
        Index("ix_patient_reviews_state_id", "state", "id"),
        Index(
            "uq_patient_reviews_open",
            "record_id",
            "patient_id",
            unique=True,
            sqlite_where=_IS_OPEN,
            postgresql_where=_IS_OPEN,
        ),
        CheckConstraint("state in ('open', 'claimed', 'decided')", name="state"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    record_id: Mapped[str] = mapped_column(ForeignKey("patient_records.id"), index=True)
    patient_id: Mapped[str] = mapped_column(ForeignKey("patients.id"), index=True)
    score: Mapped[float]
    grade: Mapped[str] = mapped_column(String(16))
    evidence: Mapped[dict[str, object]] = mapped_column(JSON)
    weights_version: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(16))
    opened_at: Mapped[datetime] = mapped_column(Instant)
    claimed_by: Mapped[str | None] = mapped_column(String(64))
    claimed_at: Mapped[datetime | None] = mapped_column(Instant)
    decided_by: Mapped[str | None] = mapped_column(String(64))
    decided_at: Mapped[datetime | None] = mapped_column(Instant)
    decision: Mapped[str | None] = mapped_column(String(16))
    reason: Mapped[str | None] = mapped_column(String(REASON_LENGTH))


class PatientSeparationRow(Row):
    """Two records that are never one person, whatever their content says.

    Records, not persons: a merge retires a person's id, and a separation outlives it. To keep two
    persons apart separate each record of one from each of the other. ``record_id`` is the lesser
    of the two.
    """

    __tablename__ = "patient_separations"
    __table_args__ = (
        CheckConstraint("record_id < other_record_id", name="order"),
        Index(
            "uq_patient_separations_live",
            "record_id",
            "other_record_id",
            unique=True,
            sqlite_where=sql_text("ended_at IS NULL"),
            postgresql_where=sql_text("ended_at IS NULL"),
        ),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    record_id: Mapped[str] = mapped_column(ForeignKey("patient_records.id"), index=True)
    other_record_id: Mapped[str] = mapped_column(ForeignKey("patient_records.id"), index=True)
    reason: Mapped[str] = mapped_column(String(REASON_LENGTH))
    made_by: Mapped[str] = mapped_column(String(64))
    made_at: Mapped[datetime] = mapped_column(Instant)
    ended_by: Mapped[str | None] = mapped_column(String(64))
    ended_reason: Mapped[str | None] = mapped_column(String(REASON_LENGTH))
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
