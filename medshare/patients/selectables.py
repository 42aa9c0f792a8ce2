"""Subqueries that stores above may join: which records are one person."""

from sqlalchemy import Subquery, select

from medshare.patients.tables import PatientLinkRow, PatientRecordRow


def live_links() -> Subquery:
    """Select one row a record: ``record_id``, its person now ``patient_id``, ``facility_code``."""
    return (
        select(
            PatientLinkRow.record_id,
            PatientLinkRow.patient_id,
            PatientRecordRow.facility_code,
        )
        .join(PatientRecordRow, PatientRecordRow.id == PatientLinkRow.record_id)
        .where(PatientLinkRow.ended_at.is_(None))
        .subquery("live_links")
    )
