"""The studies that a caller may see, as the beginning of every query of imaging."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select

from medshare.access.model import Visibility
from medshare.care.model import CareWindows
from medshare.care.selectables import visible
from medshare.imaging.rows import StudyRow
from medshare.patients.selectables import live_links


@dataclass(frozen=True, slots=True)
class Sight:
    """What visibility depends on besides the caller: the present, and how long care counts."""

    now: datetime
    windows: CareWindows


def seen_studies(visibility: Visibility, sight: Sight) -> Select[Any]:
    """Select the studies within a visibility: their columns and ``patient_key``.

    A study whose patient is not known is seen by its own facility only.
    """
    # A person looked up for each study, not joined: SQLite would write out all links of the city.
    links = live_links()
    person = (
        select(links.c.patient_id).where(links.c.record_id == StudyRow.record_id).scalar_subquery()
    )
    return select(*StudyRow.__table__.columns, person.label("patient_key")).where(
        visible(visibility, StudyRow.facility_code, person, sight.now, sight.windows)
    )
