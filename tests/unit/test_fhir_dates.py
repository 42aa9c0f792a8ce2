"""The search parameter type date, against what FHIR R4 section 3.1.1.4.6 says of instants."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from medshare.fhir.dates import spans_of

CITY = ZoneInfo("Asia/Shanghai")


def fits(value: str, instant: str) -> bool:
    at = datetime.fromisoformat(instant)
    return any(
        (begin is None or begin <= at) and (end is None or at < end)
        for begin, end in spans_of(value, CITY)
    )


@pytest.mark.parametrize(
    ("value", "inside", "outside"),
    [
        ("2026", "2025-12-31T16:00:00Z", "2026-12-31T16:00:00Z"),
        ("2026-12", "2026-12-31T15:59:59Z", "2026-12-31T16:00:00Z"),
        ("2026-11-20", "2026-11-19T16:00:00Z", "2026-11-20T16:00:00Z"),
        ("2026-11-20T10:30", "2026-11-20T02:30:59.9Z", "2026-11-20T02:31:00Z"),
        ("2026-11-20T02:30:00Z", "2026-11-20T02:30:00.999Z", "2026-11-20T02:30:01Z"),
        ("2026-11-20T02:30:00.5Z", "2026-11-20T02:30:00.59Z", "2026-11-20T02:30:00.6Z"),
        ("2026-11-20T02:30:00+01:00", "2026-11-20T01:30:00Z", "2026-11-20T02:30:00Z"),
    ],
)
def test_a_value_means_its_whole_period(value: str, inside: str, outside: str) -> None:
    assert fits(value, inside)
    assert not fits(value, outside)


@pytest.mark.parametrize(
    ("prefix", "before", "first", "last", "after"),
    [
        ("eq", False, True, True, False),
        ("ne", True, False, False, True),
        ("gt", False, False, False, True),
        ("ge", False, True, True, True),
        ("lt", True, False, False, False),
        ("le", True, True, True, False),
        ("sa", False, False, False, True),
        ("eb", True, False, False, False),
    ],
)
def test_each_prefix_compares_with_the_whole_period(
    prefix: str, before: bool, first: bool, last: bool, after: bool
) -> None:
    instants = ("T15:59:59.999999Z", "T16:00:00Z", "T15:59:59.999999Z", "T16:00:00Z")
    days = ("2026-11-19", "2026-11-19", "2026-11-20", "2026-11-20")
    told = [fits(f"{prefix}2026-11-20", day + at) for day, at in zip(days, instants, strict=True)]
    assert told == [before, first, last, after]


@pytest.mark.parametrize(
    "value",
    [
        *("", "ge", "20", "2026-13", "2026-02-30", "2026-11-20T25:00", "2026-11-20T10"),
        *("ap2026", "2026-11-20 10:30", "2026-11-20T10:30:00+25:00", "0000", "9999", "0001-01-01"),
        *("2026-11-20T10:30:60Z", "２０２６"),
    ],
)
def test_what_is_no_date_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        spans_of(value, CITY)
