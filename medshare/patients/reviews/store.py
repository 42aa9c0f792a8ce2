"""Queries of reviews and separations."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, or_, select, update
from sqlalchemy.orm import Session

from medshare.kernel.identifiers import FacilityCode, PatientId, RecordId
from medshare.patients.links.store import current_id
from medshare.patients.matching.tables import PatientReviewRow, PatientSeparationRow
from medshare.patients.reviews.model import Review, ReviewDecision, ReviewState, Separation
from medshare.patients.tables import PatientLinkRow, PatientRecordRow


def page(
    session: Session, state: ReviewState, facility: FacilityCode | None, *, after: str, limit: int
) -> Sequence[Review]:
    """Return reviews that stand so, oldest first; of one facility's records if one is named."""
    conditions = [PatientReviewRow.state == state, PatientReviewRow.id > after]
    if facility is not None:
        conditions.append(PatientRecordRow.facility_code == facility)
    return _reviews(session, *conditions, limit=limit)


def find(session: Session, review_id: str) -> Review | None:
    """Return a review."""
    found = _reviews(session, PatientReviewRow.id == review_id, limit=1)
    return found[0] if found else None


def hold(session: Session, review_id: str) -> None:
    """Keep others from changing a review until the commit."""
    session.execute(
        select(PatientReviewRow.id).where(PatientReviewRow.id == review_id).with_for_update()
    )


def put(session: Session, review: Review) -> None:
    """Write down how a review stands now."""
    session.execute(
        update(PatientReviewRow)
        .where(PatientReviewRow.id == review.id)
        .values(
            state=review.state,
            claimed_by=review.claimed_by,
            claimed_at=review.claimed_at,
            decided_by=review.decided_by,
            decided_at=review.decided_at,
            decision=review.decision,
            reason=review.reason,
        )
    )


def add_separation(session: Session, separation: Separation) -> None:
    """Write down that two records are two people."""
    session.add(
        PatientSeparationRow(
            id=separation.id,
            record_id=separation.record_id,
            other_record_id=separation.other_record_id,
            reason=separation.reason,
            made_by=separation.made_by,
            made_at=separation.made_at,
        )
    )
    session.flush()


def separations_between(
    session: Session, ours: Sequence[RecordId], theirs: Sequence[RecordId]
) -> Sequence[Separation]:
    """Return what keeps any of some records from any of others."""
    row = PatientSeparationRow
    return _separations(
        session,
        row.ended_at.is_(None),
        or_(
            and_(row.record_id.in_(ours), row.other_record_id.in_(theirs)),
            and_(row.record_id.in_(theirs), row.other_record_id.in_(ours)),
        ),
    )


def separations_of(session: Session, record_ids: Sequence[RecordId]) -> Sequence[Separation]:
    """Return every mark on some records, lifted ones too, oldest first."""
    row = PatientSeparationRow
    return _separations(
        session, or_(row.record_id.in_(record_ids), row.other_record_id.in_(record_ids))
    )


def find_separation(session: Session, separation_id: str) -> Separation | None:
    """Return a mark."""
    found = _separations(session, PatientSeparationRow.id == separation_id)
    return found[0] if found else None


def end_separation(
    session: Session, separation_id: str, by: str, reason: str, now: datetime
) -> None:
    """Lift a mark."""
    session.execute(
        update(PatientSeparationRow)
        .where(PatientSeparationRow.id == separation_id)
        .values(ended_by=by, ended_at=now, ended_reason=reason)
    )


def _reviews(session: Session, *conditions: ColumnElement[bool], limit: int) -> list[Review]:
    rows = session.execute(
        select(PatientReviewRow, PatientRecordRow.facility_code, PatientLinkRow.patient_id)
        .join(PatientRecordRow, PatientRecordRow.id == PatientReviewRow.record_id)
        .join(PatientLinkRow, PatientLinkRow.record_id == PatientReviewRow.record_id)
        .where(PatientLinkRow.ended_at.is_(None), *conditions)
        .order_by(PatientReviewRow.id)
        .limit(limit)
        .execution_options(populate_existing=True)
    ).all()
    return [_review(session, *row) for row in rows]


def _review(session: Session, row: PatientReviewRow, facility: str, owner: str) -> Review:
    return Review(
        id=row.id,
        record_id=RecordId(row.record_id),
        facility=FacilityCode(facility),
        record_patient_id=PatientId(owner),
        patient_id=current_id(session, PatientId(row.patient_id)),
        score=row.score,
        grade=row.grade,
        evidence=row.evidence,
        weights_version=row.weights_version,
        state=ReviewState(row.state),
        opened_at=row.opened_at,
        claimed_by=row.claimed_by,
        claimed_at=row.claimed_at,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        decision=ReviewDecision(row.decision) if row.decision else None,
        reason=row.reason,
    )


def _separations(session: Session, *conditions: ColumnElement[bool]) -> list[Separation]:
    rows = session.scalars(
        select(PatientSeparationRow)
        .where(*conditions)
        .order_by(PatientSeparationRow.id)
        .execution_options(populate_existing=True)
    )
    return [
        Separation(
            id=row.id,
            record_id=RecordId(row.record_id),
            other_record_id=RecordId(row.other_record_id),
            reason=row.reason,
            made_by=row.made_by,
            made_at=row.made_at,
            ended_by=row.ended_by,
            ended_at=row.ended_at,
            ended_reason=row.ended_reason,
        )
        for row in rows
    ]
