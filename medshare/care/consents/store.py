"""Rows and queries of words on sharing."""

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
    not_,
    or_,
    select,
    tuple_,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from medshare.care.consents.model import Consent, GivenBy, Provision, Scope, Word
from medshare.care.sensitivity.store import asks_for_consent
from medshare.infra.db import Instant, Row
from medshare.kernel.identifiers import FacilityCode, PatientId, RecordId
from medshare.patients.selectables import live_links


class ConsentRow(Row):
    """A word on sharing, and the word that withdrew it.

    ``everything`` tells that it is about the results of all facilities.
    """

    __tablename__ = "consents"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    permits: Mapped[bool]
    facility_code: Mapped[str] = mapped_column(ForeignKey("facilities.code"), index=True)
    record_id: Mapped[str] = mapped_column(ForeignKey("patient_records.id"), index=True)
    everything: Mapped[bool]
    sensitivity: Mapped[str | None] = mapped_column(ForeignKey("sensitivity_classes.code"))
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


class ConsentFacilityRow(Row):
    """A facility whose results a consent is about, where it is not about all."""

    __tablename__ = "consent_facilities"

    consent_id: Mapped[str] = mapped_column(ForeignKey("consents.id"), primary_key=True)
    facility_code: Mapped[str] = mapped_column(ForeignKey("facilities.code"), primary_key=True)


def add(session: Session, consent: Consent) -> None:
    """Insert a consent."""
    word, scope = consent.word, consent.scope
    session.add(
        ConsentRow(
            id=consent.id,
            permits=consent.provision is Provision.PERMIT,
            facility_code=consent.facility,
            record_id=consent.record_id,
            everything=not scope.facilities,
            sensitivity=scope.sensitivity,
            given_by=word.given_by,
            guardian=word.guardian,
            proof=word.proof,
            recorded_by=word.recorded_by,
            recorded_at=consent.recorded_at,
            withdrawn_given_by="",
            withdrawn_guardian="",
            withdrawn_proof="",
            withdrawn_recorded_by="",
        )
    )
    session.flush()
    session.add_all(
        ConsentFacilityRow(consent_id=consent.id, facility_code=each) for each in scope.facilities
    )
    session.flush()


def withdraw(session: Session, consent_id: str, word: Word, at: datetime) -> None:
    """Write down that a consent counts no more."""
    row = session.get_one(ConsentRow, consent_id)
    row.withdrawn_at = at
    row.withdrawn_given_by = word.given_by
    row.withdrawn_guardian = word.guardian
    row.withdrawn_proof = word.proof
    row.withdrawn_recorded_by = word.recorded_by
    session.flush()


def find_to_change(session: Session, consent_id: str) -> Consent | None:
    """Return a consent and keep others from changing it until the commit."""
    session.execute(select(ConsentRow.id).where(ConsentRow.id == consent_id).with_for_update())
    found = _found(session, ConsentRow.id == consent_id)
    return found[0] if found else None


def of_person(
    session: Session, provision: Provision, facility: FacilityCode, patient_id: PatientId
) -> list[Consent]:
    """Return the consents of a person that a facility took down, oldest first."""
    links = live_links()
    records = select(links.c.record_id).where(links.c.patient_id == patient_id)
    return _found(
        session,
        _is(provision),
        ConsentRow.facility_code == facility,
        ConsentRow.record_id.in_(records),
    )


def withheld(
    facility: SQLColumnExpression[str],
    patient: SQLColumnExpression[str],
    sensitivity: SQLColumnExpression[str | None] | None,
) -> ColumnElement[bool]:
    """Say in SQL that a person's word keeps a facility's result from the others.

    An opt-out covers it, or its class asks for an opt-in and there is none. What has no class is
    not asked about classes. The patient's column stays outside the subqueries: it may be one
    itself, which would not be correlated from within another.

    Parameters
    ----------
    sensitivity
        The class of the result, null where it has none; ``None``: what is asked about is nothing
        that could have one.
    """
    of_all = _persons(Provision.DENY).where(ConsentRow.sensitivity.is_(None))
    ways: list[ColumnElement[bool]] = [
        patient.in_(of_all.where(ConsentRow.everything)),
        patient.in_(
            of_all.join(ConsentFacilityRow).where(ConsentFacilityRow.facility_code == facility)
        ),
    ]
    if sensitivity is not None:
        refused = _speaks(Provision.DENY, facility, patient, sensitivity)
        agreed = _speaks(Provision.PERMIT, facility, patient, sensitivity)
        unasked = and_(asks_for_consent(sensitivity), not_(agreed))
        ways.append(and_(sensitivity.is_not(None), or_(refused, unasked)))
    return or_(*ways)


def _speaks(
    provision: Provision,
    facility: SQLColumnExpression[str],
    patient: SQLColumnExpression[str],
    sensitivity: SQLColumnExpression[str | None],
) -> ColumnElement[bool]:
    """Say in SQL that a consent of a person names the class, for the facility's results or all."""
    of_class = _persons(provision).add_columns(ConsentRow.sensitivity)
    named = of_class.add_columns(ConsentFacilityRow.facility_code).join(ConsentFacilityRow)
    return or_(
        tuple_(patient, sensitivity).in_(of_class.where(ConsentRow.everything)),
        tuple_(patient, sensitivity, facility).in_(named),
    )


def _persons(provision: Provision) -> Select[str]:
    links = live_links()
    return (
        select(links.c.patient_id)
        .join(ConsentRow, ConsentRow.record_id == links.c.record_id)
        .where(_is(provision), ConsentRow.withdrawn_at.is_(None))
    )


def _is(provision: Provision) -> ColumnElement[bool]:
    return ConsentRow.permits.is_(provision is Provision.PERMIT)


def _found(session: Session, *conditions: ColumnElement[bool]) -> list[Consent]:
    links = live_links()
    rows = session.execute(
        select(ConsentRow, links.c.patient_id)
        .join(links, links.c.record_id == ConsentRow.record_id)
        .where(and_(*conditions))
        .order_by(ConsentRow.recorded_at, ConsentRow.id)
    ).all()
    return [_with_facilities(session, _consent(*each)) for each in rows]


def _with_facilities(session: Session, consent: Consent) -> Consent:
    named: Sequence[str] = session.scalars(
        select(ConsentFacilityRow.facility_code)
        .where(ConsentFacilityRow.consent_id == consent.id)
        .order_by(ConsentFacilityRow.facility_code)
    ).all()
    facilities = tuple(map(FacilityCode, named))
    return replace(consent, scope=replace(consent.scope, facilities=facilities))


def _consent(row: ConsentRow, patient_id: str) -> Consent:
    withdrawal = None
    if row.withdrawn_at is not None:
        withdrawal = Word(
            GivenBy(row.withdrawn_given_by),
            row.withdrawn_guardian,
            row.withdrawn_proof,
            row.withdrawn_recorded_by,
        )
    return Consent(
        id=row.id,
        provision=Provision.PERMIT if row.permits else Provision.DENY,
        facility=FacilityCode(row.facility_code),
        record_id=RecordId(row.record_id),
        patient_id=PatientId(patient_id),
        scope=Scope(sensitivity=row.sensitivity),
        word=Word(GivenBy(row.given_by), row.guardian, row.proof, row.recorded_by),
        recorded_at=row.recorded_at,
        withdrawal=withdrawal,
        withdrawn_at=row.withdrawn_at,
    )
