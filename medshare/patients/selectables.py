"""Subqueries that stores above may join: which records are one person."""

from collections.abc import Sequence

from sqlalchemy import (
    BindParameter,
    ScalarSelect,
    Select,
    SQLColumnExpression,
    Subquery,
    select,
)
from sqlalchemy.orm import aliased

from medshare.facilities.selectables import record_number_systems
from medshare.patients.tables import PatientIdentifierRow, PatientLinkRow, PatientRecordRow


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


def person_of(record_id: SQLColumnExpression[str | None]) -> ScalarSelect[str]:
    """Select the person that a record belongs to now, null where there is none."""
    return (
        select(PatientLinkRow.patient_id)
        .where(PatientLinkRow.record_id == record_id, PatientLinkRow.ended_at.is_(None))
        .scalar_subquery()
    )


def records_of_persons_numbered(values: Sequence[BindParameter[str]]) -> Select[str]:
    """Select every record of the persons to whom some facility gave one of these numbers."""
    numbered, all_of_them = PatientLinkRow, aliased(PatientLinkRow)
    return (
        select(all_of_them.record_id)
        .join(numbered, numbered.patient_id == all_of_them.patient_id)
        .join(PatientIdentifierRow, PatientIdentifierRow.record_id == numbered.record_id)
        .where(
            PatientIdentifierRow.value.in_(values),
            PatientIdentifierRow.system.in_(record_number_systems()),
            numbered.ended_at.is_(None),
            all_of_them.ended_at.is_(None),
        )
    )


def numbers_at(
    facility: BindParameter[str], persons: Sequence[BindParameter[str]]
) -> Select[str, str, str]:
    """Select the numbers that a facility gave to persons: the person, the system, the number."""
    return (
        select(PatientLinkRow.patient_id, PatientIdentifierRow.system, PatientIdentifierRow.value)
        .join(PatientRecordRow, PatientRecordRow.id == PatientLinkRow.record_id)
        .join(PatientIdentifierRow, PatientIdentifierRow.record_id == PatientLinkRow.record_id)
        .where(
            PatientLinkRow.patient_id.in_(persons),
            PatientLinkRow.ended_at.is_(None),
            PatientRecordRow.facility_code == facility,
            PatientIdentifierRow.system.in_(record_number_systems()),
        )
        .order_by(PatientLinkRow.patient_id, PatientIdentifierRow.value)
    )


def stays() -> Subquery:
    """Select every stay of a record with a person, ended ones too.

    ``record_id``, ``patient_id``, ``facility_code``, ``made_at``, ``ended_at``.
    """
    return (
        select(
            PatientLinkRow.record_id,
            PatientLinkRow.patient_id,
            PatientLinkRow.made_at,
            PatientLinkRow.ended_at,
            PatientRecordRow.facility_code,
        )
        .join(PatientRecordRow, PatientRecordRow.id == PatientLinkRow.record_id)
        .subquery("stays")
    )
