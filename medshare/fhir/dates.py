"""The search parameter type *date* of FHIR R4 (section 3.1.1.4.6), of instants; pure."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

DATE = re.compile(
    r"(eq|ne|gt|lt|ge|le|sa|eb)?"
    r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,6})\d*)?)?"
    r"(Z|[+-]\d\d:[0-5]\d)?)?)?)?",
    re.ASCII,
)
MONTHS = 12

Span = tuple[datetime | None, datetime | None]
"""From the first instant to before the second; ``None``: without bound."""


def spans_of(text: str, zone: ZoneInfo) -> list[Span]:
    """Return in which spans an instant fits a value, such as ``ge2026-11-20``.

    A value means its whole year, month, day, minute or second; one without offset is by the clock
    of ``zone``. The prefix ``ap`` (about) is not known.

    Raises
    ------
    ValueError
        It is no date with a known prefix, or names one that does not exist.
    """
    found = DATE.fullmatch(text)
    if found is None:
        raise ValueError("not a date of FHIR")
    try:
        begin, end = (each.astimezone(UTC) for each in _period(found, zone))
    except OverflowError:
        raise ValueError("not an instant that UTC can name") from None
    spans: dict[str, list[Span]] = {
        "eq": [(begin, end)],
        "ne": [(None, begin), (end, None)],
        "ge": [(begin, None)],
        "le": [(None, end)],
        "lt": [(None, begin)],
        "eb": [(None, begin)],
        "gt": [(end, None)],
        "sa": [(end, None)],
    }
    return spans[found[1] or "eq"]


def _period(found: re.Match[str], zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return the instants between which a value lies, as precisely as it was given."""
    _prefix, year, month, day, hour, minute, second, fraction, offset = found.groups()
    date = f"{year}-{month or '01'}-{day or '01'}"
    clock = f"{hour or '00'}:{minute or '00'}:{second or '00'}.{(fraction or '').ljust(6, '0')}"
    begin = datetime.fromisoformat(f"{date}T{clock}{(offset or '').replace('Z', '+00:00')}")
    if not offset:
        begin = begin.replace(tzinfo=zone)
    if month is None:
        return begin, begin.replace(year=begin.year + 1)
    if day is None:
        years, months = divmod(begin.month, MONTHS)
        return begin, begin.replace(year=begin.year + years, month=months + 1)
    if hour is None:
        return begin, begin + timedelta(days=1)
    if second is None:
        return begin, begin + timedelta(minutes=1)
    return begin, begin + timedelta(seconds=1) / 10 ** len(fraction or "")
