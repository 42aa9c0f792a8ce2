"""Queries of claimed marks."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from medshare.kernel.audit import Subject
from medshare.kernel.identifiers import PatientId, RecordId
from medshare.patients.selectables import live_links
from medshare.recognition.claims.model import UncoveredClaim
from medshare.recognition.claims.selectables import claims, is_covered


def page(
    session: Session, *, facility: str | None, before: str, limit: int, as_of: datetime
) -> list[UncoveredClaim]:
    """Return at most ``limit`` claims without a certificate, the newest registered first."""
    claim, live = claims(), live_links()
    found = (
        select(claim, live.c.patient_id)
        .outerjoin(live, live.c.record_id == claim.c.record_id)
        .where(~is_covered(claim, as_of))
    )
    if facility is not None:
        found = found.where(claim.c.facility_code == facility)
    if before:
        found = found.where(claim.c.id < before)
    return [
        UncoveredClaim(
            row.id,
            row.facility_code,
            row.accession_number,
            row.item,
            row.claimed_mark,
            row.happened_at,
            Subject(PatientId(row.patient_id), RecordId(row.record_id)) if row.patient_id else None,
        )
        for row in session.execute(found.order_by(claim.c.id.desc()).limit(limit))
    ]
