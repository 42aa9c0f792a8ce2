"""What facilities and people did with the data of persons, as charts and tables."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from operator import attrgetter
from zoneinfo import ZoneInfo

from medshare.audit.questions.model import FacilityDay, Period, Reader
from medshare.kernel.identifiers import FacilityCode
from medshare.viewer.consoles.charts import (
    SERIES_MAX,
    BarChart,
    DayChart,
    Measure,
    Series,
    bar_chart,
    stacked_chart,
)
from medshare.viewer.hospitals import Hospital
from medshare.viewer.shown import local_day
from medshare.viewer.words import Language, Translate

READERS = 10
Figure = Callable[[FacilityDay], int]


@dataclass(frozen=True, slots=True)
class ByDay:
    """Figures by day: a chart, and the days on which there is something, newest first."""

    chart: DayChart
    labels: Sequence[str]
    rows: Sequence[tuple[date, Sequence[int]]]
    total: int


@dataclass(frozen=True, slots=True)
class Emergency:
    """How many of a facility's reads were by emergency access."""

    facility: str
    emergencies: int
    reads: int

    @property
    def rate(self) -> float:
        """Return the share of the reads, 0 to 1."""
        return self.emergencies / self.reads if self.reads else 0.0


@dataclass(frozen=True, slots=True)
class Top:
    """One of those who read most."""

    reader: Reader
    facility: str


@dataclass(frozen=True, slots=True)
class Overview:
    """What happened in a period."""

    accesses: ByDay
    hours: ByDay
    denied: ByDay
    emergencies: Sequence[Emergency]
    rates: BarChart
    readers: Sequence[Top]
    most: BarChart


@dataclass(frozen=True, slots=True)
class Namer:
    """Says which facility somebody acted for, in the language of the page."""

    known: Mapping[FacilityCode, Hospital]
    language: Language
    t: Translate

    def __call__(self, facility: FacilityCode | None) -> str:
        if facility is None:
            return self.t("audit.no-facility")
        hospital = self.known.get(facility)
        return hospital.name(self.language) if hospital else facility


def overview_of(
    days: Sequence[FacilityDay],
    readers: Sequence[Reader],
    period: Period,
    name: Namer,
    zone: ZoneInfo,
) -> Overview:
    """Lay out the figures of a period."""
    dates, t = days_of(period, zone), name.t
    emergencies = emergencies_of(days, name)
    top = [Top(each, name(each.facility)) for each in readers[:READERS] if each.sums.reads]
    return Overview(
        accesses=by_facility(dates, days, lambda each: each.sums.reads + each.sums.changes, name),
        hours=by_day(
            dates,
            days,
            {
                t("audit.in-hours"): lambda each: each.sums.reads - each.out_of_hours,
                t("audit.out-of-hours"): attrgetter("out_of_hours"),
            },
        ),
        denied=by_facility(dates, days, attrgetter("sums.denied"), name),
        emergencies=emergencies,
        rates=bar_chart(
            [Measure(each.facility, each.rate, f"{100 * each.rate:.1f} %") for each in emergencies],
            full=1,
        ),
        readers=top,
        most=bar_chart([_measure(each) for each in top]),
    )


def days_of(period: Period, zone: ZoneInfo) -> Sequence[date]:
    """Return every day of a period, by a zone's calendar."""
    first = local_day(period.since, zone)
    last = local_day(period.until - timedelta(microseconds=1), zone)
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def by_facility(
    dates: Sequence[date], days: Sequence[FacilityDay], figure: Figure, name: Namer
) -> ByDay:
    """Lay a figure out by facility; beyond the chart's series the smallest are added up."""
    totals: dict[FacilityCode | None, int] = {}
    for each in days:
        totals[each.facility] = totals.get(each.facility, 0) + figure(each)
    largest = sorted((one for one in totals if totals[one]), key=lambda one: -totals[one])
    alone = largest if len(largest) <= SERIES_MAX else largest[: SERIES_MAX - 1]
    figures: dict[str, Figure] = {name(one): _only({one}, figure) for one in alone}
    if len(alone) < len(largest):
        figures[name.t("audit.other-facilities")] = _only({*largest} - {*alone}, figure)
    return by_day(dates, days, figures)


def by_day(
    dates: Sequence[date], days: Sequence[FacilityDay], figures: Mapping[str, Figure]
) -> ByDay:
    """Add figures up by day."""
    sums = {each: [0] * len(figures) for each in dates}
    for day in days:
        row = sums.get(date.fromisoformat(day.day))
        if row is not None:
            for n, figure in enumerate(figures.values()):
                row[n] += figure(day)
    series = [Series(label, [sums[each][n] for each in dates]) for n, label in enumerate(figures)]
    rows = [(each, sums[each]) for each in reversed(dates) if any(sums[each])]
    total = sum(sum(row) for row in sums.values())
    return ByDay(stacked_chart(dates, series), list(figures), rows, total)


def emergencies_of(days: Sequence[FacilityDay], name: Namer) -> Sequence[Emergency]:
    """Count emergency reads by facility, the highest rate first."""
    found: dict[FacilityCode | None, tuple[int, int]] = {}
    for each in days:
        emergencies, reads = found.get(each.facility, (0, 0))
        found[each.facility] = (emergencies + each.sums.emergencies, reads + each.sums.reads)
    counted = [Emergency(name(one), *figures) for one, figures in found.items() if figures[1]]
    return sorted(counted, key=lambda each: (-each.rate, each.facility))


def _only(facilities: set[FacilityCode | None], figure: Figure) -> Figure:
    return lambda each: figure(each) if each.facility in facilities else 0


def _measure(top: Top) -> Measure:
    label = f"{top.reader.actor} · {top.facility}"
    return Measure(label, top.reader.sums.reads, str(top.reader.sums.reads))
