"""How old somebody is, as it is told at a bedside."""

from datetime import date

import pytest

from medshare.viewer.banner import AgeUnit, age_on

DAYS, MONTHS, YEARS = AgeUnit.DAYS, AgeUnit.MONTHS, AgeUnit.YEARS


@pytest.mark.parametrize(
    ("born", "today", "age"),
    [
        ("2026-11-20", "2026-11-20", (0, DAYS)),
        ("2026-11-08", "2026-11-20", (12, DAYS)),
        ("2026-10-24", "2026-11-20", (27, DAYS)),
        ("2026-10-23", "2026-11-20", (1, MONTHS)),
        ("2026-02-01", "2026-03-01", (1, MONTHS)),
        ("2026-06-20", "2026-11-20", (5, MONTHS)),
        ("2026-06-21", "2026-11-20", (4, MONTHS)),
        ("2025-11-20", "2026-11-20", (12, MONTHS)),
        ("2024-11-21", "2026-11-20", (23, MONTHS)),
        ("2024-11-20", "2026-11-20", (2, YEARS)),
        ("1970-11-21", "2026-11-20", (55, YEARS)),
        ("1970-11-20", "2026-11-20", (56, YEARS)),
        ("2020-02-29", "2026-02-28", (5, YEARS)),
        ("2020-02-29", "2026-03-01", (6, YEARS)),
    ],
)
def test_an_age_is_told_in_days_months_or_years(
    born: str, today: str, age: tuple[int, AgeUnit]
) -> None:
    assert age_on(date.fromisoformat(born), date.fromisoformat(today)) == age
