"""Who is in a facility's care, and who may be seen: for the queries of the stores above."""

from datetime import datetime

from sqlalchemy import ColumnElement, SQLColumnExpression, and_, false, not_, or_, true

from medshare.access.model import Visibility
from medshare.care.break_glass.store import persons_opened
from medshare.care.consents.store import withheld
from medshare.care.model import CareWindows
from medshare.care.sensitivity.store import is_sealed
from medshare.care.store import patients_in_care

__all__ = ["patients_in_care", "visible"]


def visible(
    visibility: Visibility,
    facility_column: SQLColumnExpression[str],
    patient_column: SQLColumnExpression[str],
    sensitivity_column: SQLColumnExpression[str | None] | None,
    now: datetime,
    windows: CareWindows,
) -> ColumnElement[bool]:
    """Say in SQL what ``access.model.basis_of`` says of one object.

    Parameters
    ----------
    facility_column
        The facility whose object it is.
    patient_column
        The patient that it is about, by the live links.
    sensitivity_column
        The class of a result, null where it has none; ``None`` for what cannot have one.
    """
    if visibility.everything:
        return true()
    ways: list[ColumnElement[bool]] = [false()]
    if visibility.own_facility is not None:
        ways.append(facility_column == visibility.own_facility)
    if visibility.facility_in_care is not None:
        in_care = patient_column.in_(patients_in_care(visibility.facility_in_care, now, windows))
        kept_back = withheld(facility_column, patient_column, sensitivity_column)
        ways.append(and_(in_care, not_(kept_back)))
    if visibility.breaking_as is not None and visibility.own_facility is not None:
        opened = persons_opened(visibility.own_facility, visibility.breaking_as, now)
        ways.append(and_(patient_column.in_(opened), not_(_closed(sensitivity_column))))
    return or_(*ways)


def _closed(sensitivity: SQLColumnExpression[str | None] | None) -> ColumnElement[bool]:
    if sensitivity is None:
        return false()
    return and_(sensitivity.is_not(None), is_sealed(sensitivity))
