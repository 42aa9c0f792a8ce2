"""How dates stand on a page: one unambiguous form, whatever the language, in the city's zone."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import partial
from zoneinfo import ZoneInfo


def local_day(value: datetime, zone: ZoneInfo) -> date:
    """Return the date of an instant in a zone."""
    return value.astimezone(zone).date()


def day(value: date, zone: ZoneInfo) -> str:
    """Write a date as 2026-11-20, an instant as its date in a zone."""
    return (local_day(value, zone) if isinstance(value, datetime) else value).isoformat()


def moment(value: datetime, zone: ZoneInfo) -> str:
    """Write an instant as 2026-11-20 14:05, in a zone's time."""
    return value.astimezone(zone).strftime("%Y-%m-%d %H:%M")


def filters_of(zone: ZoneInfo) -> Mapping[str, Callable[..., str]]:
    """Return what templates write dates and instants by."""
    return {"day": partial(day, zone=zone), "moment": partial(moment, zone=zone)}
