"""The studies that a caller may see: what every query of imaging is restricted to."""

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import ColumnElement, ScalarSelect, and_

from medshare.access.model import Visibility
from medshare.care.model import CareWindows
from medshare.care.selectables import visible
from medshare.imaging.rows import StudyRow
from medshare.imaging.selectables import class_of_study
from medshare.patients.selectables import person_of


@dataclass(frozen=True, slots=True)
class Sight:
    """What visibility depends on besides the caller: the present, and how long care counts."""

    now: datetime
    windows: CareWindows


def person_of_study() -> ScalarSelect[str]:
    """Select the person that a study's record belongs to now, null where it has none.

    Looked up for each study, not joined: SQLite would write out all links of the city.
    """
    return person_of(StudyRow.record_id)


def is_seen(
    visibility: Visibility, sight: Sight, person: ScalarSelect[str], *, as_way_in: bool = False
) -> ColumnElement[bool]:
    """Restrict studies to those within a visibility that have not been retracted.

    A study whose patient is not known is seen by its own facility only.

    Parameters
    ----------
    as_way_in
        Whether the facility's studies are few among those that the other conditions leave: only
        then its index may be used. SQLite would prefer it to that of a Patient ID, since it gives
        the order too, and read a whole hospital.
    """
    facility = StudyRow.facility_code if as_way_in else StudyRow.facility_code.concat("")
    seen = visible(visibility, facility, person, class_of_study(), sight.now, sight.windows)
    return and_(seen, StudyRow.retraction_id.is_(None))


def is_seen_in_turn(
    visibility: Visibility, sight: Sight, person: ScalarSelect[str]
) -> list[ColumnElement[bool]]:
    """Restrict studies to those that ``is_seen``: the facility's own, then those of others.

    Whoever needs only so many has them of the facility's own index, and looks at no other's study.
    """
    seen = is_seen(visibility, sight, person, as_way_in=True)
    own = replace(visibility, facility_in_care=None, breaking_as=None)
    if own == visibility:
        return [seen]
    of_others = StudyRow.facility_code != visibility.own_facility
    return [is_seen(own, sight, person, as_way_in=True), and_(of_others, seen)]


def may_see(visibility: Visibility, sight: Sight, person: ScalarSelect[str]) -> ColumnElement[bool]:
    """Restrict studies to those within a visibility, retracted ones among them."""
    facility = StudyRow.facility_code
    return visible(visibility, facility, person, class_of_study(), sight.now, sight.windows)
