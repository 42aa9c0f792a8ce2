"""Rows and queries of anomalies: kept in the index, found in the digest."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from sqlalchemy import JSON, Index, String, Text, select, tuple_
from sqlalchemy.dialects.postgresql import insert as insert_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from medshare.audit.anomalies.model import (
    Acknowledgement,
    Anomaly,
    AnomalyOutcome,
    Finding,
    Rule,
)
from medshare.audit.digest.model import Access, AccessKind
from medshare.audit.digest.store import AccessRow, ActorHourRow, access_of
from medshare.infra.db import Instant, Row
from medshare.kernel.identifiers import FacilityCode, PatientId

REGISTERING = ("patients.register", "fhir.feed-patient")


class AnomalyRow(Row):
    """A finding, and what somebody who looked found."""

    __tablename__ = "anomalies"
    __table_args__ = (Index("ix_anomalies_queue", "acknowledged_at", "id"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    rule: Mapped[str] = mapped_column(String(32))
    key: Mapped[str] = mapped_column(String(400), unique=True)
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    facility: Mapped[str | None] = mapped_column(String(64))
    actor: Mapped[str] = mapped_column(String(200))
    patient_id: Mapped[str | None] = mapped_column(String(36))
    evidence: Mapped[list[str]] = mapped_column(JSON)
    figures: Mapped[dict[str, int]] = mapped_column(JSON)
    outcome: Mapped[str] = mapped_column(String(16))
    comment: Mapped[str] = mapped_column(Text)
    acknowledged_by: Mapped[str] = mapped_column(String(200))
    acknowledged_at: Mapped[datetime | None] = mapped_column(Instant)


def add(session: Session, found: Iterable[tuple[str, Finding]]) -> None:
    """Keep findings under their ids; what was found before stays as it is."""
    dialect = session.get_bind().dialect.name
    insert = insert_sqlite if dialect == "sqlite" else insert_postgresql
    for key, each in found:
        session.execute(
            insert(AnomalyRow)
            .values(
                id=key,
                rule=each.rule,
                key=each.key,
                recorded_at=each.access.recorded_at,
                facility=each.access.facility,
                actor=each.access.actor,
                patient_id=each.patient_id,
                evidence=list(each.evidence),
                figures=dict(each.figures),
                outcome="",
                comment="",
                acknowledged_by="",
            )
            .on_conflict_do_nothing()
        )


def page(
    session: Session, *, rule: Rule | None, acknowledged: bool, after: str, limit: int
) -> list[Anomaly]:
    """Return anomalies by their ids, oldest first: those that wait, or the others."""
    row = AnomalyRow
    looked_at = row.acknowledged_at
    statement = select(row).where(
        row.id > after, looked_at.is_not(None) if acknowledged else looked_at.is_(None)
    )
    if rule is not None:
        statement = statement.where(row.rule == rule)
    return [_anomaly(each) for each in session.scalars(statement.order_by(row.id).limit(limit))]


def find_to_change(session: Session, anomaly_id: str) -> Anomaly | None:
    """Return an anomaly and keep others from changing it until the commit."""
    row = session.scalars(
        select(AnomalyRow).where(AnomalyRow.id == anomaly_id).with_for_update()
    ).first()
    return _anomaly(row) if row else None


def acknowledge(session: Session, anomaly_id: str, said: Acknowledgement) -> None:
    """Write down what somebody who looked found."""
    row = session.get_one(AnomalyRow, anomaly_id)
    row.outcome, row.comment = said.outcome, said.comment
    row.acknowledged_by, row.acknowledged_at = said.acknowledged_by, said.acknowledged_at
    session.flush()


def persons_met(
    session: Session, accesses: Collection[Access]
) -> dict[tuple[datetime, str, str], int]:
    """Return the data of how many persons each actor of some accesses met in each hour."""
    row = ActorHourRow
    keys = {(each.hour, each.facility or "", each.actor) for each in accesses}
    rows = session.scalars(
        select(row).where(tuple_(row.hour, row.facility, row.actor).in_(sorted(keys)))
    )
    return {(each.hour, each.facility, each.actor): each.patients for each in rows}


def registrations(session: Session, patients: Collection[str], since: str) -> list[Access]:
    """Return registrations of persons from an entry's key on, oldest first."""
    row = AccessRow
    return [
        access_of(each)
        for each in session.scalars(
            select(row)
            .where(
                row.patient_id.in_(sorted(patients)),
                row.entry_id >= since,
                row.operation.in_(REGISTERING),
                row.kind == AccessKind.CHANGE,
            )
            .order_by(row.entry_id)
        )
    ]


def _anomaly(row: AnomalyRow) -> Anomaly:
    said = None
    if row.acknowledged_at is not None:
        said = Acknowledgement(
            AnomalyOutcome(row.outcome), row.comment, row.acknowledged_by, row.acknowledged_at
        )
    evidence: Sequence[str] = row.evidence
    return Anomaly(
        id=row.id,
        rule=Rule(row.rule),
        recorded_at=row.recorded_at,
        facility=FacilityCode(row.facility) if row.facility else None,
        actor=row.actor,
        patient_id=PatientId(row.patient_id) if row.patient_id else None,
        evidence=evidence,
        figures=row.figures,
        acknowledgement=said,
    )
