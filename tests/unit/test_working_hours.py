"""Days and working hours by the city's clock."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from medshare.audit.questions.model import Period, WorkingHours, stretches_of

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    "zone", ["Asia/Shanghai", "America/New_York", "Australia/Lord_Howe", "UTC"]
)
@pytest.mark.parametrize(
    ("begin", "end"), [(time(7), time(20)), (time(0), time(23, 59)), (time(20), time(7))]
)
@pytest.mark.parametrize("since", [datetime(2026, 3, 27, 5, tzinfo=UTC), datetime(2026, 10, 30)])
def test_every_hour_lies_in_one_stretch_which_says_its_day_and_whether_people_work(
    zone: str, begin: time, end: time, since: datetime
) -> None:
    work = WorkingHours(begin, end, ZoneInfo(zone))
    start = since.replace(tzinfo=UTC)
    period = Period(start, start + timedelta(days=12, hours=3))
    stretches = list(stretches_of(period, work))
    assert stretches[0].begin == period.since
    assert stretches[-1].end == period.until
    hour = start
    while hour < period.until:
        (found,) = [each for each in stretches if each.begin <= hour < each.end]
        assert found.day == work.local(hour).date().isoformat()
        assert found.working == work.hold(hour), hour
        hour += HOUR
