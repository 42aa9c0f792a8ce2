"""Queries of loading."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from medshare.kernel.identifiers import RecordId
from medshare.patients.model import MEDICAL_RECORD, PatientIdentifier
from medshare.patients.tables import PatientIdentifierRow


def standing(
    session: Session, numbers: Sequence[PatientIdentifier]
) -> dict[PatientIdentifier, RecordId]:
    """Return the records that state some record numbers."""
    row = PatientIdentifierRow
    found: dict[PatientIdentifier, RecordId] = {}
    for system in sorted({each.system for each in numbers}):
        values = [each.value for each in numbers if each.system == system]
        rows = session.execute(
            select(row.value, row.record_id).where(
                row.system == system, row.value.in_(values), row.type == MEDICAL_RECORD
            )
        )
        for value, record_id in rows:
            found[PatientIdentifier(system, value, MEDICAL_RECORD)] = RecordId(record_id)
    return found
