"""The period and the hospital that a page of figures is asked for, in the city's days."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from medshare.recognition.statistics.model import Question
from medshare.viewer.shown import CITY


@dataclass(frozen=True, slots=True)
class Period:
    """The days, both of which belong to it; ``facility`` is empty for all."""

    first: date
    last: date
    facility: str

    def question(self, as_of: datetime) -> Question:
        """Return what is asked of the statistics."""
        since, until = (
            datetime.combine(each, time(), CITY).astimezone(UTC)
            for each in (self.first, self.last + timedelta(days=1))
        )
        return Question(since, until, as_of, self.facility)
