"""How dates and numbers stand on a page: one unambiguous form, whatever the language."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from zoneinfo import ZoneInfo

CITY = ZoneInfo("Asia/Shanghai")


def local_day(value: datetime) -> date:
    """Return the date of an instant in the city."""
    return value.astimezone(CITY).date()


def day(value: date) -> str:
    """Write a date as 2026-11-20, an instant as its date in the city."""
    return (local_day(value) if isinstance(value, datetime) else value).isoformat()


def moment(value: datetime) -> str:
    """Write an instant as 2026-11-20 14:05, in the city's time."""
    return value.astimezone(CITY).strftime("%Y-%m-%d %H:%M")


FILTERS: Mapping[str, Callable[..., str]] = {"day": day, "moment": moment}
