"""Rows and queries of the change feed, of subscriptions and of deliveries."""

from collections.abc import Sequence
from datetime import datetime
from typing import cast

from sqlalchemy import (
    JSON,
    BigInteger,
    ColumnElement,
    ForeignKey,
    Index,
    String,
    Table,
    and_,
    delete,
    exists,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from medshare.access.model import Visibility
from medshare.care.model import CareWindows
from medshare.care.selectables import visible
from medshare.changes.model import (
    Change,
    ChangeKind,
    Delivery,
    DeliveryState,
    Subscription,
)
from medshare.exams.selectables import sensitivity_of as sensitivity_of_exam
from medshare.imaging.selectables import sensitivity_of as sensitivity_of_study
from medshare.infra.begun import wire_of
from medshare.infra.compiled import Fixed, Insertion
from medshare.infra.db import Instant, Row
from medshare.infra.locks import take_turns
from medshare.kernel.identifiers import FacilityCode, PatientId, RecordId
from medshare.patients.selectables import live_links, stays

Seen = ColumnElement[bool]
CLINICAL = [each.value for each in ChangeKind if each.is_clinical]


class ChangeRow(Row):
    """One change, in the order in which they became known."""

    __tablename__ = "changes"

    sequence: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(Instant)
    facility_code: Mapped[str | None] = mapped_column(ForeignKey("facilities.code"), index=True)
    record_id: Mapped[str | None] = mapped_column(ForeignKey("patient_records.id"))
    patient_id: Mapped[str | None] = mapped_column(ForeignKey("patients.id"))
    other_patient_id: Mapped[str | None] = mapped_column(ForeignKey("patients.id"))
    exam_id: Mapped[str | None] = mapped_column(ForeignKey("exams.id"))
    report_version: Mapped[int | None]
    report_status: Mapped[str | None] = mapped_column(String(32))
    study_instance_uid: Mapped[str | None] = mapped_column(String(64))


class WebhookRow(Row):
    """Where a facility wants to hear of changes; its secret is derived, not stored."""

    __tablename__ = "webhooks"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    facility_code: Mapped[str] = mapped_column(ForeignKey("facilities.code"), index=True)
    url: Mapped[str] = mapped_column(String(500))
    kinds: Mapped[list[str]] = mapped_column(JSON)
    in_care: Mapped[bool]
    stopped: Mapped[bool]
    created_at: Mapped[datetime] = mapped_column(Instant)


class WebhookDeliveryRow(Row):
    """One change on its way to one subscription."""

    __tablename__ = "webhook_deliveries"
    __table_args__ = (Index("ix_webhook_deliveries_state_due_at", "state", "due_at"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    webhook_id: Mapped[str] = mapped_column(ForeignKey("webhooks.id"), index=True)
    sequence: Mapped[int] = mapped_column(ForeignKey("changes.sequence"))
    state: Mapped[str] = mapped_column(String(16))
    attempts: Mapped[int]
    due_at: Mapped[datetime] = mapped_column(Instant)
    give_up_at: Mapped[datetime] = mapped_column(Instant)
    answer: Mapped[str] = mapped_column(String(32))


_ADD_CHANGE = Insertion(cast("Table", ChangeRow.__table__))
_LAST_SEQUENCE = Fixed(select(func.max(ChangeRow.sequence)))
_SOMEBODY_LISTENS = Fixed(select(WebhookRow.id).where(WebhookRow.stopped.is_(False)).limit(1))


def append(session: Session, change: Change) -> int:
    """Write down a change as the next of all; return its number, from 1 on without a gap."""
    take_turns(session, "changes")
    sequence = last_sequence(session) + 1
    row = {
        "sequence": sequence,
        "kind": change.kind,
        "at": change.at,
        "facility_code": change.facility,
        "record_id": change.record_id,
        "patient_id": change.patient_id,
        "other_patient_id": change.other_patient_id,
        "exam_id": change.exam_id,
        "report_version": change.report_version,
        "report_status": change.report_status,
        "study_instance_uid": change.study_instance_uid,
    }
    _ADD_CHANGE.run(wire_of(session), [row])
    return sequence


def last_sequence(session: Session) -> int:
    """Return the number of the latest change, 0 before the first."""
    return _LAST_SEQUENCE.first(wire_of(session))[0] or 0


def is_seen(
    visibility: Visibility, facility: FacilityCode, now: datetime, windows: CareWindows
) -> Seen:
    """Restrict changes to what a facility may hear of.

    Its own; changes to persons of whom it had a record at that moment; and, where visibility
    reaches beyond the facility, exams and images of those in its
    care now.
    """
    stay = stays()
    known = exists().where(
        stay.c.facility_code == facility,
        or_(
            stay.c.patient_id == ChangeRow.patient_id,
            stay.c.patient_id == ChangeRow.other_patient_id,
        ),
        stay.c.made_at <= ChangeRow.at,
        or_(stay.c.ended_at.is_(None), stay.c.ended_at >= ChangeRow.at),
    )
    links = live_links()
    person = (
        select(links.c.patient_id).where(links.c.record_id == ChangeRow.record_id).scalar_subquery()
    )
    clinical = ChangeRow.kind.in_(CLINICAL)
    owner = func.coalesce(ChangeRow.facility_code, "")
    sensitivity = func.coalesce(
        sensitivity_of_exam(ChangeRow.exam_id), sensitivity_of_study(ChangeRow.study_instance_uid)
    )
    in_care = visible(visibility, owner, person, sensitivity, now, windows)
    return or_(
        ChangeRow.facility_code == facility,
        and_(clinical.is_(False), known),
        and_(clinical, in_care),
    )


def page(
    session: Session, seen: Seen, kinds: Sequence[ChangeKind], since: int, limit: int
) -> Sequence[Change]:
    """Return changes after a number, in order; of every kind when none is named."""
    statement = select(ChangeRow).where(ChangeRow.sequence > since, seen)
    if kinds:
        statement = statement.where(ChangeRow.kind.in_([each.value for each in kinds]))
    rows = session.scalars(statement.order_by(ChangeRow.sequence).limit(limit))
    return [_change(each) for each in rows]


def find_change(session: Session, sequence: int) -> Change:
    """Return a change."""
    return _change(session.get_one(ChangeRow, sequence))


def is_seen_one(session: Session, sequence: int, seen: Seen) -> bool:
    """Tell whether one change is among those that may be heard of."""
    found = select(ChangeRow.sequence).where(ChangeRow.sequence == sequence, seen)
    return session.scalar(found) is not None


def add_subscription(session: Session, subscription: Subscription) -> None:
    """Insert a subscription."""
    session.add(
        WebhookRow(
            id=subscription.id,
            facility_code=subscription.facility,
            url=subscription.url,
            kinds=list(subscription.kinds),
            in_care=subscription.in_care,
            stopped=False,
            created_at=subscription.created_at,
        )
    )
    session.flush()


def subscriptions(session: Session, facility: FacilityCode | None = None) -> list[Subscription]:
    """Return a facility's subscriptions, or all that are not stopped, oldest first."""
    statement = select(WebhookRow).order_by(WebhookRow.id)
    if facility is None:
        statement = statement.where(WebhookRow.stopped.is_(False))
    else:
        statement = statement.where(WebhookRow.facility_code == facility)
    return [_subscription(each) for each in session.scalars(statement)]


def somebody_listens(session: Session) -> bool:
    """Tell whether there is a subscription that is not stopped."""
    return _SOMEBODY_LISTENS.first(wire_of(session)) is not None


def find_subscription(session: Session, subscription_id: str) -> Subscription | None:
    """Return a subscription."""
    row = session.get(WebhookRow, subscription_id)
    return _subscription(row) if row else None


def stop(session: Session, subscription_id: str) -> None:
    """Send nothing more to a subscription whose receiver says that it is gone."""
    session.execute(update(WebhookRow).where(WebhookRow.id == subscription_id).values(stopped=True))


def remove_subscription(session: Session, subscription_id: str) -> None:
    """Delete a subscription and what waits for it."""
    session.execute(
        delete(WebhookDeliveryRow).where(WebhookDeliveryRow.webhook_id == subscription_id)
    )
    session.execute(delete(WebhookRow).where(WebhookRow.id == subscription_id))


def enqueue(session: Session, delivery: Delivery) -> None:
    """Insert a delivery."""
    session.add(
        WebhookDeliveryRow(
            id=delivery.id,
            webhook_id=delivery.subscription_id,
            sequence=delivery.sequence,
            state=delivery.state,
            attempts=delivery.attempts,
            due_at=delivery.due_at,
            give_up_at=delivery.give_up_at,
            answer=delivery.answer,
        )
    )
    session.flush()


def due(session: Session, now: datetime, limit: int) -> Sequence[Delivery]:
    """Return deliveries whose time has come, oldest first."""
    rows = session.scalars(
        select(WebhookDeliveryRow)
        .join(WebhookRow, WebhookRow.id == WebhookDeliveryRow.webhook_id)
        .where(
            WebhookDeliveryRow.state == DeliveryState.PENDING,
            WebhookDeliveryRow.due_at <= now,
            WebhookRow.stopped.is_(False),
        )
        .order_by(WebhookDeliveryRow.due_at, WebhookDeliveryRow.id)
        .limit(limit)
    )
    return [_delivery(each) for each in rows]


def settle(session: Session, delivery: Delivery) -> None:
    """Write down how an attempt went, or that one begins."""
    session.execute(
        update(WebhookDeliveryRow)
        .where(WebhookDeliveryRow.id == delivery.id)
        .values(
            state=delivery.state,
            attempts=delivery.attempts,
            due_at=delivery.due_at,
            answer=delivery.answer,
        )
    )


def page_deliveries(
    session: Session, subscription_id: str, state: DeliveryState, *, after: str, limit: int
) -> Sequence[Delivery]:
    """Return a subscription's deliveries that stand so, oldest first."""
    rows = session.scalars(
        select(WebhookDeliveryRow)
        .where(
            WebhookDeliveryRow.webhook_id == subscription_id,
            WebhookDeliveryRow.state == state,
            WebhookDeliveryRow.id > after,
        )
        .order_by(WebhookDeliveryRow.id)
        .limit(limit)
    )
    return [_delivery(each) for each in rows]


def revive(session: Session, subscription_id: str, now: datetime, give_up_at: datetime) -> int:
    """Let a subscription's dead letters be tried again; return how many."""
    rows = session.scalars(
        select(WebhookDeliveryRow).where(
            WebhookDeliveryRow.webhook_id == subscription_id,
            WebhookDeliveryRow.state == DeliveryState.DEAD,
        )
    ).all()
    for row in rows:
        row.state, row.attempts = DeliveryState.PENDING, 0
        row.due_at, row.give_up_at = now, give_up_at
    session.execute(
        update(WebhookRow).where(WebhookRow.id == subscription_id).values(stopped=False)
    )
    session.flush()
    return len(rows)


def _change(row: ChangeRow) -> Change:
    return Change(
        kind=ChangeKind(row.kind),
        at=row.at,
        facility=FacilityCode(row.facility_code) if row.facility_code else None,
        record_id=RecordId(row.record_id) if row.record_id else None,
        patient_id=PatientId(row.patient_id) if row.patient_id else None,
        other_patient_id=PatientId(row.other_patient_id) if row.other_patient_id else None,
        exam_id=row.exam_id,
        report_version=row.report_version,
        report_status=row.report_status,
        study_instance_uid=row.study_instance_uid,
        sequence=row.sequence,
    )


def _subscription(row: WebhookRow) -> Subscription:
    return Subscription(
        id=row.id,
        facility=FacilityCode(row.facility_code),
        url=row.url,
        kinds=tuple(ChangeKind(each) for each in row.kinds),
        in_care=row.in_care,
        created_at=row.created_at,
        stopped=row.stopped,
    )


def _delivery(row: WebhookDeliveryRow) -> Delivery:
    return Delivery(
        id=row.id,
        subscription_id=row.webhook_id,
        sequence=row.sequence,
        state=DeliveryState(row.state),
        attempts=row.attempts,
        due_at=row.due_at,
        give_up_at=row.give_up_at,
        answer=row.answer,
    )
