"""Rows and queries of encounters."""

from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    Select,
    String,
    UniqueConstraint,
    and_,
    or_,
    select,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from medshare.care.model import CLOCK_SKEW, CareWindows, Encounter, EncounterKind
from medshare.infra.db import Instant, Row
from medshare.kernel.identifiers import FacilityCode, PatientId, RecordId
from medshare.patients.selectables import live_links


class EncounterRow(Row):
    """A facility's encounter, order or referral."""

    __tablename__ = "encounters"
    __table_args__ = (UniqueConstraint("facility_code", "kind", "number"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    facility_code: Mapped[str] = mapped_column(ForeignKey("facilities.code"))
    kind: Mapped[str] = mapped_column(String(16))
    number: Mapped[str] = mapped_column(String(64))
    record_id: Mapped[str] = mapped_column(ForeignKey("patient_records.id"), index=True)
    department: Mapped[str] = mapped_column(String(200))
    started_at: Mapped[datetime] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    recorded_at: Mapped[datetime] = mapped_column(Instant)


def add(session: Session, encounter: Encounter, now: datetime) -> None:
    """Insert an encounter."""
    session.add(
        EncounterRow(
            id=encounter.id,
            facility_code=encounter.facility,
            kind=encounter.kind,
            number=encounter.number,
            record_id=encounter.record_id,
            department=encounter.department,
            started_at=encounter.started_at,
            ended_at=encounter.ended_at,
            recorded_at=now,
        )
    )
    session.flush()


def end(session: Session, encounter_id: str, ended_at: datetime) -> None:
    """Write down the end of an encounter."""
    session.get_one(EncounterRow, encounter_id).ended_at = ended_at
    session.flush()


def find(session: Session, facility: FacilityCode, encounter_id: str) -> Encounter | None:
    """Return an encounter of a facility; others' are not even read, which takes time."""
    return _one(session, EncounterRow.id == encounter_id, EncounterRow.facility_code == facility)


def find_to_change(session: Session, facility: FacilityCode, encounter_id: str) -> Encounter | None:
    """Return an encounter of a facility and keep others from changing it until the commit."""
    session.execute(
        select(EncounterRow.id)
        .where(EncounterRow.id == encounter_id, EncounterRow.facility_code == facility)
        .with_for_update()
    )
    return find(session, facility, encounter_id)


def find_by_number(
    session: Session, facility: FacilityCode, kind: EncounterKind, number: str
) -> Encounter | None:
    """Return a facility's encounter by its own number."""
    return _one(
        session,
        EncounterRow.facility_code == facility,
        EncounterRow.kind == kind,
        EncounterRow.number == number,
    )


def opens(now: datetime, windows: CareWindows) -> ColumnElement[bool]:
    """Say in SQL what ``model.opens`` says of one encounter."""
    latest = now + CLOCK_SKEW
    return or_(
        and_(
            EncounterRow.ended_at.is_(None),
            EncounterRow.started_at.between(now - windows.open, latest),
        ),
        EncounterRow.ended_at.between(now - windows.recent, latest),
    )


def patients_in_care(facility: FacilityCode, now: datetime, windows: CareWindows) -> Select[str]:
    """Select the ids of the patients whose data a facility's encounters open now."""
    links = live_links()
    return (
        select(links.c.patient_id)
        .join(EncounterRow, EncounterRow.record_id == links.c.record_id)
        .where(EncounterRow.facility_code == facility, opens(now, windows))
    )


def is_in_care(
    session: Session,
    facility: FacilityCode,
    patient_id: PatientId,
    now: datetime,
    windows: CareWindows,
) -> bool:
    """Tell whether a patient is among those in a facility's care."""
    mine = patients_in_care(facility, now, windows).subquery()
    found = select(mine.c.patient_id).where(mine.c.patient_id == patient_id).limit(1)
    return session.scalar(found) is not None


def _one(session: Session, *conditions: ColumnElement[bool]) -> Encounter | None:
    links = live_links()
    found = session.execute(
        select(EncounterRow, links.c.patient_id)
        .join(links, links.c.record_id == EncounterRow.record_id)
        .where(*conditions)
    ).one_or_none()
    return None if found is None else _encounter(*found)


def _encounter(row: EncounterRow, patient_id: str) -> Encounter:
    return Encounter(
        id=row.id,
        facility=FacilityCode(row.facility_code),
        kind=EncounterKind(row.kind),
        number=row.number,
        record_id=RecordId(row.record_id),
        patient_id=PatientId(patient_id),
        started_at=row.started_at,
        ended_at=row.ended_at,
        department=row.department,
    )
