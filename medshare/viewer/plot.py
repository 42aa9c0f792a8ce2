"""Where a trend's values stand in its drawing: scales, ticks, lines and marks, in SVG's units."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from medshare.exams.reports import Flag
from medshare.kernel.identifiers import FacilityCode
from medshare.viewer.figures import number
from medshare.viewer.hospitals import Hospital
from medshare.viewer.shown import day, moment
from medshare.viewer.trends import Point, Trend

WIDTH, HEIGHT = 400, 190
LEFT, RIGHT, TOP, BOTTOM = 46, 386, 16, 164
_STEPS = 4  # about so many between the ticks of the values
_SHORT = timedelta(days=3)  # below it, ticks of time tell the hour
# Outlines around the centre; a hospital keeps its own through one drawing.
SHAPES = (
    "M-4 0a4 4 0 1 0 8 0a4 4 0 1 0 -8 0z",
    "M-4 -4h8v8h-8z",
    "M0 -5L5 4H-5z",
    "M0 -5.5L5.5 0L0 5.5L-5.5 0z",
    "M0 5L5 -4H-5z",
    "M-1.5 -5h3v3.5h3.5v3h-3.5v3.5h-3v-3.5h-3.5v-3h3.5z",
    "M-2.5 -5h5L5 0L2.5 5h-5L-5 0z",
    "M0 -6L1.5 -1.5L6 0L1.5 1.5L0 6L-1.5 1.5L-6 0L-1.5 -1.5z",
)
ARROWS = {
    Flag.LOW: "↓",
    Flag.CRITICALLY_LOW: "⇊",
    Flag.HIGH: "↑",
    Flag.CRITICALLY_HIGH: "⇈",
    Flag.ABNORMAL: "!",
}


@dataclass(frozen=True, slots=True)
class Tick:
    """A place on an axis, and what stands there."""

    place: float
    text: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A value in the drawing."""

    x: float
    y: float
    shape: str
    arrow: str
    point: Point


@dataclass(frozen=True, slots=True)
class Band:
    """The usual range of the laboratory whose result was opened, from top to bottom."""

    top: float
    bottom: float
    hospital: Hospital


@dataclass(frozen=True, slots=True)
class Key:
    """A hospital's shape, for the legend."""

    hospital: Hospital
    shape: str


@dataclass(frozen=True, slots=True)
class Plot:
    """A drawing of a trend.

    ``lines`` are the points of polylines: one through all values, one a hospital where values of
    different laboratories cannot be compared.
    """

    values: Sequence[Tick]
    times: Sequence[Tick]
    lines: Sequence[str]
    marks: Sequence[Mark]
    keys: Sequence[Key]
    band: Band | None


def plot_of(trend: Trend, zone: ZoneInfo) -> Plot | None:
    """Draw a trend with its times in a zone; ``None`` where nothing of it has a number."""
    drawn = trend.drawn
    if not drawn:
        return None
    keys = _keys(drawn)
    ticks = ticks_between(*_extent(trend))
    across = Scale(drawn[0].at.timestamp(), drawn[-1].at.timestamp(), LEFT + 8, RIGHT - 8)
    up = Scale(ticks[0], ticks[-1], BOTTOM, TOP)
    shapes = {each.hospital.code: each.shape for each in keys}
    marks = [
        Mark(
            across.place(each.at.timestamp()),
            up.place(each.value or 0.0),
            shapes[each.hospital.code],
            ARROWS.get(each.flag, "") if each.flag else "",
            each,
        )
        for each in drawn
    ]
    return Plot(
        [Tick(up.place(each), number(each)) for each in ticks],
        _times(drawn[0].at, drawn[-1].at, across, zone),
        _lines(marks, by_hospital=trend.method_sensitive),
        marks,
        keys,
        _band(trend.here, up),
    )


def ticks_between(low: float, high: float) -> Sequence[float]:
    """Return round values that enclose a range, at steps of 1, 2 or 5 times a power of ten."""
    rough = ((high - low) or abs(high) or 1.0) / _STEPS
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(each * power for each in (1, 2, 5, 10) if each * power >= rough * (1 - 1e-9))
    first = math.floor(low / step + 1e-9)
    last = max(math.ceil(high / step - 1e-9), first + 1)
    return [each * step for each in range(first, last + 1)]


@dataclass(frozen=True, slots=True)
class Scale:
    """Puts values between two ends into a stretch of the drawing; a single one into its middle."""

    low: float
    high: float
    start: float
    end: float

    def place(self, value: float) -> float:
        """Return where a value stands."""
        span = self.high - self.low
        share = (value - self.low) / span if span else 0.5
        return round(self.start + share * (self.end - self.start), 1)


def _extent(trend: Trend) -> tuple[float, float]:
    """Return the least and the greatest of the values and of the range that is drawn."""
    here = trend.here
    limits = [here.low, here.high] if here and here.value is not None else []
    reached = [
        each for each in (*(each.value for each in trend.drawn), *limits) if each is not None
    ]
    return min(reached), max(reached)


def _keys(drawn: Sequence[Point]) -> Sequence[Key]:
    known: dict[FacilityCode, Hospital] = {each.hospital.code: each.hospital for each in drawn}
    return [Key(each, SHAPES[n % len(SHAPES)]) for n, each in enumerate(known.values())]


def _times(first: datetime, last: datetime, across: Scale, zone: ZoneInfo) -> Sequence[Tick]:
    """Name the first time, the last, and the one between them."""
    write = moment if last - first < _SHORT else day
    times = [first] if first == last else [first, first + (last - first) / 2, last]
    return [Tick(across.place(each.timestamp()), write(each, zone)) for each in times]


def _lines(marks: Sequence[Mark], *, by_hospital: bool) -> Sequence[str]:
    lines: dict[str, list[Mark]] = {}
    for each in marks:
        lines.setdefault(each.point.hospital.code if by_hospital else "", []).append(each)
    return [" ".join(f"{each.x},{each.y}" for each in line) for line in lines.values() if line[1:]]


def _band(here: Point | None, up: Scale) -> Band | None:
    if here is None or here.value is None or (here.low is None and here.high is None):
        return None
    top = TOP if here.high is None else up.place(here.high)
    bottom = BOTTOM if here.low is None else up.place(here.low)
    return Band(top, bottom, here.hospital)
