"""The period and the hospital that a page of figures is asked for, in the city's days."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from medshare.recognition.statistics.model import Question


@dataclass(frozen=True, slots=True)
class Period:
    """The days, both of which belong to it; ``facility`` is empty for all."""

    first: date
    last: date
    facility: str

    def question(self, as_of: datetime, zone: ZoneInfo) -> Question:
        """Return what is asked of the statistics, by a zone's days."""
        since, until = (
            datetime.combine(each, time(), zone).astimezone(UTC)
            for each in (self.first, self.last + timedelta(days=1))
        )
        return Question(since, until, as_of, self.facility)
