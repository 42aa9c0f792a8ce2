"""Subqueries that stores above may use: the systems of the facilities' own numbers."""

from sqlalchemy import Select, select

from medshare.facilities.store import FacilityRow


def record_number_systems() -> Select[str]:
    """Select the system under which each facility numbers its patients."""
    return select(FacilityRow.patient_identifier_system)
