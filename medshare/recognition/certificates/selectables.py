"""What others may ask of certificates within their own statements."""

from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, or_

from medshare.recognition.certificates.store import CertificateItemRow, CertificateRow


def has_certificate(
    *,
    facility: ColumnElement[str],
    item: ColumnElement[str | None],
    mark: ColumnElement[str],
    performed_at: ColumnElement[datetime],
    as_of: datetime,
) -> ColumnElement[bool]:
    """Hold a certificate of the facility to have allowed the mark when the exam was performed.

    A withdrawal that was known at ``as_of`` counts from the instant to which it looks back.
    """
    withdrawn = and_(
        CertificateRow.withdrawn_at <= as_of, CertificateRow.invalid_from <= performed_at
    )
    return exists().where(
        CertificateRow.facility_code == facility,
        CertificateRow.mark == mark,
        CertificateRow.valid_from <= performed_at,
        CertificateRow.valid_to >= performed_at,
        or_(CertificateRow.withdrawn_at.is_(None), ~withdrawn),
        CertificateItemRow.certificate_id == CertificateRow.id,
        CertificateItemRow.item == item,
    )
