"""What the page of recognition figures shows."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from medshare.kernel.errors import InvalidError
from medshare.recognition.model import Tier
from medshare.recognition.statistics.asking import PERIOD_MAX, check
from medshare.recognition.statistics.model import Chance, Fate, Judged
from medshare.viewer.consoles.periods import Period
from medshare.viewer.consoles.recognition import Flow, days_of, flow_matrix

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
ZONE = ZoneInfo("Asia/Shanghai")


def judged(receiver: str, source: str, fate: Fate, at: datetime = AT) -> Judged:
    return Judged(
        Chance(
            evaluation_id="e",
            order=("o",),
            facility=receiver,
            department="",
            item="CT",
            source_facility=source,
            tier=Tier.DUE,
            has_mark=True,
            laterality=None,
            policy_id="p",
            asked_at=at,
            shown=True,
            viewed=False,
            has_draft=False,
        ),
        fate,
    )


def test_the_matrix_counts_who_recognised_whose_results_of_how_many() -> None:
    matrix = flow_matrix(
        [
            *(judged("B", "A", Fate.RECOGNISED) for _ in range(8)),
            judged("B", "A", Fate.DECLINED),
            judged("A", "B", Fate.PARTLY),
            judged("A", "C", Fate.OVERLOOKED),
            judged("A", "C", Fate.FALLEN),
        ]
    )
    assert (matrix.receivers, matrix.sources) == (["A", "B"], ["A", "B", "C"])
    assert matrix.cells == {
        ("B", "A"): Flow(8, 9, 4),
        ("A", "B"): Flow(1, 1, 1),
        ("A", "C"): Flow(0, 2, 0),
    }
    assert matrix.by_receiver == {"A": Flow(1, 3), "B": Flow(8, 9)}
    assert matrix.by_source == {"A": Flow(8, 9), "B": Flow(1, 1), "C": Flow(0, 2)}


def test_without_a_chance_the_matrix_is_empty_and_without_a_recognition_it_is_cold() -> None:
    assert flow_matrix([]).cells == {}
    assert flow_matrix([judged("B", "A", Fate.OPEN)]).cells == {("B", "A"): Flow(0, 1, 0)}


def test_days_are_the_citys_and_all_of_the_period() -> None:
    late = datetime(2026, 11, 20, 17, tzinfo=UTC)  # 01:00 of the next day in the city
    question = Period(date(2026, 11, 19), date(2026, 11, 22), "").question(AT, ZONE)
    assert question.until - question.since == timedelta(days=4)
    days = days_of([judged("B", "A", Fate.OPEN), judged("B", "A", Fate.OPEN, late)], question, ZONE)
    assert [each.day for each in days.days] == [19, 20, 21, 22]
    assert days.busy == [date(2026, 11, 21), date(2026, 11, 20)]
    assert days.counts[date(2026, 11, 21)] == {Fate.OPEN: 1}


def test_days_are_those_of_the_zone_that_is_asked_by() -> None:
    there = ZoneInfo("America/New_York")
    question = Period(date(2026, 11, 19), date(2026, 11, 19), "").question(AT, there)
    assert question.since == datetime(2026, 11, 19, 5, tzinfo=UTC)
    early = datetime(2026, 11, 20, 3, tzinfo=UTC)  # 22:00 of the day before
    assert days_of([judged("B", "A", Fate.OPEN, early)], question, there).busy == [
        date(2026, 11, 19)
    ]


@pytest.mark.parametrize(("days", "holds"), [(PERIOD_MAX.days, True), (PERIOD_MAX.days + 1, False)])
def test_a_period_may_be_as_long_as_at_the_other_door(*, days: int, holds: bool) -> None:
    asked = Period(AT.date() - timedelta(days=days - 1), AT.date(), "").question(AT, ZONE)
    if holds:
        check(asked, AT)
    else:
        with pytest.raises(InvalidError):
            check(asked, AT)
