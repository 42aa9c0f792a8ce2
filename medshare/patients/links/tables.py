"""Rows of the acts on the link graph, and of the proposals that wait for a second person."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from medshare.infra.db import Instant, Row

REASON_LENGTH = 500


class PatientActRow(Row):
    """What somebody did to links; never rewritten, undone by the row that names it."""

    __tablename__ = "patient_acts"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    patient_id: Mapped[str] = mapped_column(ForeignKey("patients.id"), index=True)
    other_patient_id: Mapped[str] = mapped_column(ForeignKey("patients.id"), index=True)
    record_id: Mapped[str | None] = mapped_column(ForeignKey("patient_records.id"), index=True)
    reason: Mapped[str] = mapped_column(String(REASON_LENGTH))
    actor: Mapped[str] = mapped_column(String(64))
    actor_facility: Mapped[str | None] = mapped_column(ForeignKey("facilities.code"))
    made_at: Mapped[datetime] = mapped_column(Instant)
    seconded_by: Mapped[str | None] = mapped_column(String(64))
    undoes: Mapped[str | None] = mapped_column(ForeignKey("patient_acts.id"), unique=True)


class PatientActProposalRow(Row):
    """A merge or unmerge that one registrar proposed and another decides."""

    __tablename__ = "patient_act_proposals"
    __table_args__ = (Index("ix_patient_act_proposals_state_id", "state", "id"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    patient_id: Mapped[str] = mapped_column(ForeignKey("patients.id"))
    other_patient_id: Mapped[str] = mapped_column(ForeignKey("patients.id"))
    reason: Mapped[str] = mapped_column(String(REASON_LENGTH))
    proposed_by: Mapped[str] = mapped_column(String(64))
    proposer_facility: Mapped[str | None] = mapped_column(ForeignKey("facilities.code"))
    proposed_at: Mapped[datetime] = mapped_column(Instant)
    version: Mapped[int]
    other_version: Mapped[int]
    despite_conflict: Mapped[bool]
    undoes: Mapped[str | None] = mapped_column(ForeignKey("patient_acts.id"))
    state: Mapped[str] = mapped_column(String(16))
    decided_by: Mapped[str | None] = mapped_column(String(64))
