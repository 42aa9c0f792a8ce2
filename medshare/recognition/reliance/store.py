"""Queries of reliance alerts."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from medshare.kernel.identifiers import FacilityCode, PatientId, RecordId
from medshare.recognition.alerts import Severity
from medshare.recognition.reliance.model import (
    Acknowledgement,
    Alert,
    AlertFilter,
    AlertState,
    Cause,
)
from medshare.recognition.reliance.rows import AlertRow


def add_new(session: Session, alerts: Sequence[Alert]) -> Sequence[Alert]:
    """Insert the alerts that are not there yet, and return them."""
    evaluations = sorted({each.evaluation_id for each in alerts})
    stands = {
        _alert(row).key
        for row in session.scalars(select(AlertRow).where(AlertRow.evaluation_id.in_(evaluations)))
    }
    fresh = [each for each in alerts if each.key not in stands]
    session.add_all([_row(each) for each in fresh])
    session.flush()
    return fresh


def find_to_change(session: Session, alert_id: str) -> Alert | None:
    """Return an alert, and keep others from acknowledging it until the commit."""
    row = session.scalar(select(AlertRow).where(AlertRow.id == alert_id).with_for_update())
    return None if row is None else _alert(row)


def acknowledge(session: Session, alert_id: str, word: Acknowledgement) -> None:
    """Write down who took note of an alert."""
    row = session.get_one(AlertRow, alert_id)
    row.acknowledged_at = word.at
    row.acknowledged_by = word.by
    row.note = word.note
    session.flush()


def page(
    session: Session, facility: FacilityCode, wanted: AlertFilter, *, before: str, limit: int
) -> Sequence[Alert]:
    """Return at most ``limit`` alerts of a facility, newest first.

    Parameters
    ----------
    before
        Go on behind the alert of this id; empty: from the newest.
    """
    chosen = select(AlertRow).where(AlertRow.facility_code == facility, *_conditions(wanted))
    if before:
        chosen = chosen.where(AlertRow.id < before)
    return [
        _alert(row) for row in session.scalars(chosen.order_by(AlertRow.id.desc()).limit(limit))
    ]


def _conditions(wanted: AlertFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.state is AlertState.OPEN:
        conditions.append(AlertRow.acknowledged_at.is_(None))
    if wanted.state is AlertState.ACKNOWLEDGED:
        conditions.append(AlertRow.acknowledged_at.is_not(None))
    if wanted.doctor:
        conditions.append(AlertRow.doctor == wanted.doctor)
    if wanted.department:
        conditions.append(AlertRow.department == wanted.department)
    if wanted.exam_id:
        conditions.append(AlertRow.result.startswith(f"{wanted.exam_id}@", autoescape=True))
    return conditions


def _row(alert: Alert) -> AlertRow:
    return AlertRow(
        id=alert.id,
        cause=alert.cause,
        severity=alert.severity,
        source=alert.source,
        facility_code=alert.facility,
        evaluation_id=alert.evaluation_id,
        decision_id=alert.decision_id,
        result=alert.result,
        doctor=alert.doctor,
        department=alert.department,
        patient_id=alert.patient_id,
        record_id=alert.record_id,
        source_record_id=alert.source_record_id,
        raised_at=alert.raised_at,
        acknowledged_at=None,
        acknowledged_by="",
        note="",
    )


def _alert(row: AlertRow) -> Alert:
    word = None
    if row.acknowledged_at is not None:
        word = Acknowledgement(row.acknowledged_by, row.acknowledged_at, row.note)
    return Alert(
        id=row.id,
        cause=Cause(row.cause),
        severity=Severity(row.severity),
        source=row.source,
        facility=FacilityCode(row.facility_code),
        evaluation_id=row.evaluation_id,
        decision_id=row.decision_id,
        result=row.result,
        doctor=row.doctor,
        department=row.department,
        patient_id=PatientId(row.patient_id),
        record_id=RecordId(row.record_id),
        source_record_id=RecordId(row.source_record_id),
        raised_at=row.raised_at,
        acknowledgement=word,
    )
