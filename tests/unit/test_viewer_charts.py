"""Where figures stand in a console's drawings."""

from datetime import date, timedelta

import pytest

from medshare.viewer.consoles.charts import (
    BAR_END,
    Measure,
    Series,
    bar_chart,
    line_chart,
    stacked_chart,
)
from medshare.viewer.plot import BOTTOM, LEFT, RIGHT, TOP

DAYS = [date(2026, 11, 1) + timedelta(days=n) for n in range(30)]


def test_a_bar_is_as_long_as_its_share_of_the_full_figure() -> None:
    chart = bar_chart([Measure("a", 0.5, "50 %"), Measure("b", None, "–")], full=1)
    assert [each.length for each in chart.bars] == [BAR_END / 2, 0]
    assert chart.bars[1].top < chart.height


def test_without_a_full_figure_the_greatest_bar_is_the_longest() -> None:
    chart = bar_chart([Measure("a", 3, "3"), Measure("b", 12, "12")])
    assert [each.length for each in chart.bars] == [BAR_END / 4, BAR_END]


@pytest.mark.parametrize("measures", [[], [Measure("a", 0, "0")]])
def test_nothing_to_draw_is_drawn_as_nothing(measures: list[Measure]) -> None:
    assert all(each.length == 0 for each in bar_chart(measures).bars)
    assert stacked_chart([], [Series("a", [])]).columns == []


def test_a_columns_parts_stand_on_one_another_and_leave_out_what_is_nothing() -> None:
    chart = stacked_chart(DAYS[:1], [Series("a", [2]), Series("b", [0]), Series("c", [6])])
    (column,) = chart.columns
    first, last = column.segments
    assert (first.series, last.series) == (0, 2)
    assert first.top + first.height == BOTTOM
    assert last.top + last.height == pytest.approx(first.top)
    assert last.top >= TOP
    assert last.height == pytest.approx(3 * first.height)
    assert column.title == "2026-11-01 · a 2 · c 6"


def test_the_days_stay_within_the_drawing_and_some_of_them_are_named() -> None:
    chart = stacked_chart(DAYS, [Series("a", [1.0] * 30)])
    assert chart.columns[0].left >= LEFT
    assert chart.columns[-1].left + chart.columns[-1].width <= RIGHT
    assert [each.text for each in chart.days] == ["2026-11-01", "2026-11-15", "2026-11-30"]


def test_counts_have_whole_ticks() -> None:
    chart = stacked_chart(DAYS[:2], [Series("a", [1, 0])])
    assert [each.text for each in chart.values] == ["0", "1", "2", "3", "4"]


def test_a_line_is_broken_where_a_day_has_no_figure() -> None:
    chart = line_chart(DAYS[:5], [Series("a", [0.1, 0.2, None, 0.4, 1])], full=1)
    (line,) = chart.lines
    assert [len(each.split()) for each in line.runs] == [2, 2]
    assert len(line.dots) == 4
    assert line.dots[-1].y == TOP
    assert chart.values[0].place == BOTTOM


def test_a_day_on_its_own_is_a_dot_and_no_line() -> None:
    chart = line_chart(DAYS[:1], [Series("a", [3])])
    assert (chart.lines[0].runs, len(chart.lines[0].dots)) == ([], 1)
