"""Where the figures of a console stand in a drawing: bars, stacked days and lines, in SVG's units.

Labels and texts come written in the page's language. A drawing says nothing that the table beside
it does not say; it has no style of its own but the classes ``series-0`` to ``series-5``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from medshare.viewer.figures import number
from medshare.viewer.plot import BOTTOM, LEFT, RIGHT, SHAPES, TOP, Scale, Tick, ticks_between

SERIES_MAX = 6
ROW = 40  # height of a bar with its label above it
BAR_END = 330  # where the longest bar ends; its text stands behind it
LABELLED_DAYS = 3
_GAP = 0.2  # of a day's width, between its column and the next


@dataclass(frozen=True, slots=True)
class Measure:
    """A figure to be drawn as a bar; a figure of ``None`` has its text and no bar."""

    label: str
    figure: float | None
    text: str


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar: the top of its row, its length, and the measure that it shows."""

    top: int
    length: float
    measure: Measure


@dataclass(frozen=True, slots=True)
class BarChart:
    """Bars below one another, each under its label."""

    height: int
    bars: Sequence[Bar]


@dataclass(frozen=True, slots=True)
class Series:
    """One figure a day, in the order of the days; ``None`` where a day has none."""

    label: str
    figures: Sequence[float | None]


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of a day's column: of which series, and from where to where."""

    series: int
    top: float
    height: float


@dataclass(frozen=True, slots=True)
class Column:
    """A day's column; ``title`` says the day and its figures."""

    left: float
    width: float
    title: str
    segments: Sequence[Segment]


@dataclass(frozen=True, slots=True)
class Dot:
    """A value of a line."""

    x: float
    y: float
    title: str


@dataclass(frozen=True, slots=True)
class Line:
    """A series as a line; ``runs`` are the points of its polylines, broken where a day has none."""

    series: int
    shape: str
    runs: Sequence[str]
    dots: Sequence[Dot]


@dataclass(frozen=True, slots=True)
class DayChart:
    """Figures by day: stacked columns, or lines. ``labels`` name the series for the legend."""

    values: Sequence[Tick]
    days: Sequence[Tick]
    labels: Sequence[str]
    columns: Sequence[Column] = ()
    lines: Sequence[Line] = ()


def bar_chart(measures: Sequence[Measure], full: float | None = None) -> BarChart:
    """Draw bars; ``full`` is the figure of the longest possible one, else the greatest is."""
    greatest = full or max((each.figure or 0 for each in measures), default=0) or 1
    scale = Scale(0, greatest, 0, BAR_END)
    bars = [Bar(n * ROW, scale.place(each.figure or 0), each) for n, each in enumerate(measures)]
    return BarChart(max(len(bars), 1) * ROW, bars)


def stacked_chart(days: Sequence[date], series: Sequence[Series]) -> DayChart:
    """Draw the days as columns of all series, the first at the bottom.

    Parameters
    ----------
    days
        Every day of the period in its order, also those of which there is nothing to tell.
    series
        At most six; their figures are not negative.
    """
    totals = [sum(each.figures[n] or 0 for each in series) for n in range(len(days))]
    up, values = _upwards(max(totals, default=0))
    across = _across(days)
    width = round((RIGHT - LEFT) / max(len(days), 1) * (1 - _GAP), 1)
    columns = [
        Column(
            round(across.place(n) - width / 2, 1),
            width,
            _title(each, [(one.label, one.figures[n]) for one in series]),
            _segments([one.figures[n] or 0 for one in series], up),
        )
        for n, each in enumerate(days)
    ]
    return DayChart(values, _days(days, across), [each.label for each in series], columns)


def line_chart(
    days: Sequence[date], series: Sequence[Series], full: float | None = None
) -> DayChart:
    """Draw each series as a line over the days; ``full`` is the greatest possible figure."""
    reached = [one for each in series for one in each.figures if one is not None]
    up, values = _upwards(full or max(reached, default=0), is_count=full is None)
    across = _across(days)
    lines = [_line(n, each, days, (across, up)) for n, each in enumerate(series)]
    return DayChart(values, _days(days, across), [each.label for each in series], lines=lines)


def _upwards(high: float, *, is_count: bool = True) -> tuple[Scale, Sequence[Tick]]:
    """Return the scale of the values with its ticks, which are whole where they count."""
    ticks = ticks_between(0, max(high, 4) if is_count else high)
    scale = Scale(ticks[0], ticks[-1], BOTTOM, TOP)
    return scale, [Tick(scale.place(each), number(each)) for each in ticks]


def _across(days: Sequence[date]) -> Scale:
    half = (RIGHT - LEFT) / max(len(days), 1) / 2
    return Scale(0, max(len(days) - 1, 0), LEFT + half, RIGHT - half)


def _days(days: Sequence[date], across: Scale) -> Sequence[Tick]:
    """Name the first and the last day and some between them, evenly."""
    last = len(days) - 1
    wanted = min(LABELLED_DAYS, len(days))
    named = (
        {round(n * last / (wanted - 1)) for n in range(wanted)} if wanted > 1 else {*range(wanted)}
    )
    return [Tick(across.place(n), days[n].isoformat()) for n in sorted(named)]


def _segments(figures: Sequence[float], up: Scale) -> Sequence[Segment]:
    segments, reached = [], 0.0
    for series, figure in enumerate(figures):
        if figure:
            bottom, top = up.place(reached), up.place(reached + figure)
            segments.append(Segment(series, top, round(bottom - top, 1)))
            reached += figure
    return segments


def _line(series: int, drawn: Series, days: Sequence[date], scales: tuple[Scale, Scale]) -> Line:
    across, up = scales
    runs: list[list[Dot]] = [[]]
    for n, (each, figure) in enumerate(zip(days, drawn.figures, strict=True)):
        if figure is None:
            runs.append([])
        else:
            title = _title(each, [(drawn.label, figure)])
            runs[-1].append(Dot(across.place(n), up.place(figure), title))
    points = [" ".join(f"{dot.x},{dot.y}" for dot in run) for run in runs if run[1:]]
    dots = [dot for run in runs for dot in run]
    return Line(series, SHAPES[series % len(SHAPES)], points, dots)


def _title(of: date, figures: Sequence[tuple[str, float | None]]) -> str:
    told = [f"{label} {number(figure)}" for label, figure in figures if figure]
    return " · ".join([of.isoformat(), *told])
