"""Rows and queries of opt-outs."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    Select,
    SQLColumnExpression,
    String,
    and_,
    or_,
    select,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from medshare.care.consents.model import GivenBy, OptOut, Word
from medshare.infra.db import Instant, Row
from medshare.kernel.identifiers import FacilityCode, PatientId, RecordId
from medshare.patients.selectables import live_links


class OptOutRow(Row):
    """A refusal to share, with the word it rests on and the word that withdrew it."""

    __tablename__ = "opt_outs"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    facility_code: Mapped[str] = mapped_column(ForeignKey("facilities.code"), index=True)
    record_id: Mapped[str] = mapped_column(ForeignKey("patient_records.id"), index=True)
    everything: Mapped[bool]
    given_by: Mapped[str] = mapped_column(String(16))
    guardian: Mapped[str] = mapped_column(String(200))
    proof: Mapped[str] = mapped_column(String(500))
    recorded_by: Mapped[str] = mapped_column(String(200))
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    withdrawn_at: Mapped[datetime | None] = mapped_column(Instant)
    withdrawn_given_by: Mapped[str] = mapped_column(String(16))
    withdrawn_guardian: Mapped[str] = mapped_column(String(200))
    withdrawn_proof: Mapped[str] = mapped_column(String(500))
    withdrawn_recorded_by: Mapped[str] = mapped_column(String(200))


class OptOutFacilityRow(Row):
    """A facility whose results an opt-out hides, where it does not hide all."""

    __tablename__ = "opt_out_facilities"

    opt_out_id: Mapped[str] = mapped_column(ForeignKey("opt_outs.id"), primary_key=True)
    facility_code: Mapped[str] = mapped_column(ForeignKey("facilities.code"), primary_key=True)


def add(session: Session, opt_out: OptOut) -> None:
    """Insert an opt-out."""
    word = opt_out.word
    session.add(
        OptOutRow(
            id=opt_out.id,
            facility_code=opt_out.facility,
            record_id=opt_out.record_id,
            everything=not opt_out.facilities,
            given_by=word.given_by,
            guardian=word.guardian,
            proof=word.proof,
            recorded_by=word.recorded_by,
            recorded_at=opt_out.recorded_at,
            withdrawn_given_by="",
            withdrawn_guardian="",
            withdrawn_proof="",
            withdrawn_recorded_by="",
        )
    )
    session.flush()
    session.add_all(
        OptOutFacilityRow(opt_out_id=opt_out.id, facility_code=each) for each in opt_out.facilities
    )
    session.flush()


def withdraw(session: Session, opt_out_id: str, word: Word, at: datetime) -> None:
    """Write down that an opt-out counts no more."""
    row = session.get_one(OptOutRow, opt_out_id)
    row.withdrawn_at = at
    row.withdrawn_given_by = word.given_by
    row.withdrawn_guardian = word.guardian
    row.withdrawn_proof = word.proof
    row.withdrawn_recorded_by = word.recorded_by
    session.flush()


def find_to_change(session: Session, opt_out_id: str) -> OptOut | None:
    """Return an opt-out and keep others from changing it until the commit."""
    session.execute(select(OptOutRow.id).where(OptOutRow.id == opt_out_id).with_for_update())
    found = _found(session, OptOutRow.id == opt_out_id)
    return found[0] if found else None


def of_person(session: Session, facility: FacilityCode, patient_id: PatientId) -> list[OptOut]:
    """Return the opt-outs of a person that a facility took down, oldest first."""
    links = live_links()
    records = select(links.c.record_id).where(links.c.patient_id == patient_id)
    return _found(session, OptOutRow.facility_code == facility, OptOutRow.record_id.in_(records))


def hidden(
    facility: SQLColumnExpression[str], patient: SQLColumnExpression[str]
) -> ColumnElement[bool]:
    """Say in SQL that a person's opt-out hides a facility's results from the others.

    The patient's column stays outside the subqueries: it may be one itself, which would not be
    correlated from within another.
    """
    named = _persons_refusing().join(
        OptOutFacilityRow, OptOutFacilityRow.opt_out_id == OptOutRow.id
    )
    return or_(
        patient.in_(_persons_refusing().where(OptOutRow.everything)),
        patient.in_(named.where(OptOutFacilityRow.facility_code == facility)),
    )


def _persons_refusing() -> Select[str]:
    links = live_links()
    return (
        select(links.c.patient_id)
        .join(OptOutRow, OptOutRow.record_id == links.c.record_id)
        .where(OptOutRow.withdrawn_at.is_(None))
    )


def _found(session: Session, *conditions: ColumnElement[bool]) -> list[OptOut]:
    links = live_links()
    rows = session.execute(
        select(OptOutRow, links.c.patient_id)
        .join(links, links.c.record_id == OptOutRow.record_id)
        .where(and_(*conditions))
        .order_by(OptOutRow.recorded_at, OptOutRow.id)
    ).all()
    return [_with_facilities(session, _opt_out(*each)) for each in rows]


def _with_facilities(session: Session, opt_out: OptOut) -> OptOut:
    named: Sequence[str] = session.scalars(
        select(OptOutFacilityRow.facility_code)
        .where(OptOutFacilityRow.opt_out_id == opt_out.id)
        .order_by(OptOutFacilityRow.facility_code)
    ).all()
    return replace(opt_out, facilities=tuple(map(FacilityCode, named)))


def _opt_out(row: OptOutRow, patient_id: str) -> OptOut:
    withdrawal = None
    if row.withdrawn_at is not None:
        withdrawal = Word(
            GivenBy(row.withdrawn_given_by),
            row.withdrawn_guardian,
            row.withdrawn_proof,
            row.withdrawn_recorded_by,
        )
    return OptOut(
        id=row.id,
        facility=FacilityCode(row.facility_code),
        record_id=RecordId(row.record_id),
        patient_id=PatientId(patient_id),
        facilities=(),
        word=Word(GivenBy(row.given_by), row.guardian, row.proof, row.recorded_by),
        recorded_at=row.recorded_at,
        withdrawal=withdrawal,
        withdrawn_at=row.withdrawn_at,
    )
