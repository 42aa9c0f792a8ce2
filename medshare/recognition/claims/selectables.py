"""Claimed marks, and which of them a certificate covers: computed anew in each statement."""

from datetime import datetime

from sqlalchemy import ColumnElement, Subquery, select

from medshare.exams.selectables import performed
from medshare.recognition.catalogue.selectables import item_of
from medshare.recognition.certificates.selectables import has_certificate


def claims() -> Subquery:
    """Select every exam that claims a mark, with the managed ``item`` that it is, if any."""
    exam = performed()
    item = item_of(exam.c.item_system, exam.c.item_code).label("item")
    return select(exam, item).where(exam.c.claimed_mark != "").subquery("claims")


def is_covered(claim: Subquery, as_of: datetime) -> ColumnElement[bool]:
    """Hold a claim to be covered by a certificate, by what of withdrawals was known then."""
    return has_certificate(
        facility=claim.c.facility_code,
        item=claim.c.item,
        mark=claim.c.claimed_mark,
        performed_at=claim.c.happened_at,
        as_of=as_of,
    )
