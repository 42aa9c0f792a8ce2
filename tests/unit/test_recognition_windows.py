from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from medshare.recognition.programme import (
    Window,
    WindowUnit,
)
from tests.recognition import (
    NOW,
    TICK,
    a_result,
    judged,
    local,
)


@pytest.mark.parametrize(
    ("item", "performed", "last"),
    [
        ("CT", local(2026, 1, 31, 10), local(2026, 2, 28, 23, 59, 59, 999999)),
        ("CT", local(2028, 1, 31, 10), local(2028, 2, 29, 23, 59, 59, 999999)),
        ("CT", local(2026, 12, 15), local(2027, 1, 15, 23, 59, 59, 999999)),
        ("K", local(2026, 3, 1, 23, 59), local(2026, 3, 8, 23, 59, 59, 999999)),
        ("K", datetime(2026, 3, 1, 16, tzinfo=UTC), local(2026, 3, 9, 23, 59, 59, 999999)),
        ("TNI", local(2026, 3, 1, 20), local(2026, 3, 2, 2)),
    ],
)
def test_a_window_ends_with_its_last_instant(
    item: str, performed: datetime, last: datetime
) -> None:
    result = a_result(item, performed_at=performed)
    verdict = judged(result, now=last)
    assert verdict.valid_until == last
    assert "EXPIRED" not in verdict.codes
    assert "EXPIRED" in judged(result, now=last + TICK).codes


def test_hours_are_elapsed_where_the_clocks_change() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    performed = datetime(2026, 3, 29, 0, tzinfo=berlin)  # the night loses an hour
    end = Window(6, WindowUnit.HOURS).end(performed, berlin)
    assert end == datetime(2026, 3, 29, 7, tzinfo=berlin).astimezone(UTC)


def test_a_day_that_ends_twice_ends_the_second_time() -> None:
    beirut = ZoneInfo("Asia/Beirut")  # its clocks go back from midnight to 23:00
    end = Window(1, WindowUnit.DAYS).end(datetime(2026, 10, 23, 12, tzinfo=beirut), beirut)
    assert end == datetime(2026, 10, 24, 22, tzinfo=UTC) - TICK


def test_a_clock_may_run_five_minutes_ahead() -> None:
    skewed = NOW + timedelta(minutes=5)
    assert judged(a_result(performed_at=skewed)).codes == ()
    assert judged(a_result(performed_at=skewed + TICK)).codes == ("FUTURE_DATED",)


def test_a_result_of_the_last_year_of_all_is_judged() -> None:
    far = datetime(9999, 12, 31, tzinfo=UTC)
    assert judged(a_result(performed_at=far)).valid_until is None
