"""What the samples say: medians, spreads and ratios, as Markdown."""

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from benchmarks.dicomweb.measure import Sample

HEADINGS = (
    "operation",
    "medshare, ms",
    "Orthanc, ms",
    "ratio",
    "medshare, ms CPU",
    "Orthanc, ms CPU",
    "ratio CPU",
    "answer, kB",
)
READING = """\
Each cell is the median over the rounds and, in brackets, the least and the greatest; *ratio* is
medshare's median divided by Orthanc's: **below 1 medshare is faster or cheaper.** *ms* is what the
client waited for one request, on loopback and on a connection that was open; *ms CPU* is the user
and system time of all the server's processes. In every round the two take turns at each operation,
the first of them changing, with the same bytes. Every answer is checked (status, UIDs, the pixels'
hashes), outside the time taken; a wrong one is told in its cell and gives no ratio.

What to know before believing a figure:

- One client asks, one request after another, except in the table of several clients.
- medshare runs as shipped: an access token is checked at each request and each access is in the
  audit trail before its answer leaves. Orthanc runs with Debian's defaults and without a login; it
  keeps no such trail.
- Both are asked to be durable, not equally: medshare has synced files, index and trail when it
  answers a STOW; Orthanc has synced the file (`SyncStorageArea`) but not its index.
- Both index SQLite and store files on one disk. What was written is still in the system's cache.
- The client shares the machine's cores with the servers, and its Python is part of every *ms*.
- Debian's Orthanc is not the newest; later ones are faster in places, at metadata among them.
"""


@dataclass(frozen=True, slots=True)
class Spread:
    """The median of some values between the least and the greatest."""

    median: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{number(self.median)} ({number(self.low)}-{number(self.high)})"


@dataclass(slots=True)
class Series:
    """One server's samples of an operation, or the first word on what was wrong."""

    samples: list[Sample]
    wrong: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """An operation and what it took either server."""

    title: str
    ours: Series
    theirs: Series

    @property
    def wrong(self) -> bool:
        """Whether one of the servers answered wrongly."""
        return bool(self.ours.wrong or self.theirs.wrong)


def spread_of(values: Sequence[float]) -> Spread:
    """Return the spread of at least one value."""
    return Spread(statistics.median(values), min(values), max(values))


def number(value: float) -> str:
    """Write a positive number to three digits, without an exponent."""
    if value >= 100:
        return f"{value:.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> str:
    """Write one median divided by the other."""
    return f"{number(statistics.median(ours) / statistics.median(theirs))}"


def table(rows: Sequence[Row]) -> str:
    """Write the comparison."""
    return _markdown(HEADINGS, [_cells(row) for row in rows])


def _cells(row: Row) -> list[str]:
    return [
        row.title,
        *_compared(row, lambda sample: sample.wall_ms),
        *_compared(row, lambda sample: sample.cpu_ms),
        f"{_size(row.ours)} / {_size(row.theirs)}",
    ]


def _compared(row: Row, measure: Callable[[Sample], float]) -> tuple[str, str, str]:
    ours = [measure(each) for each in row.ours.samples]
    theirs = [measure(each) for each in row.theirs.samples]
    cells = [
        f"WRONG: {series.wrong}" if series.wrong else str(spread_of(values))
        for series, values in ((row.ours, ours), (row.theirs, theirs))
    ]
    return cells[0], cells[1], "-" if row.wrong else f"**{ratio(ours, theirs)}**"


def _size(series: Series) -> str:
    if series.wrong:
        return "-"
    return number(statistics.median(each.answer_bytes for each in series.samples) / 1000)


@dataclass(frozen=True, slots=True)
class Limits:
    """What the machine takes for the same bytes, in milliseconds, by operation.

    Parameters
    ----------
    disk
        A loop that writes and syncs the files of a store.
    plain_files
        nginx, which sends the answers of a retrieval as files.
    """

    disk: dict[str, list[float]] = field(default_factory=dict)
    plain_files: dict[str, list[float]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rate:
    """How many instances a second a server stored for so many clients at once."""

    title: str
    ours: list[float]
    theirs: list[float]


def limits_table(limits: Limits, rows: Sequence[Row]) -> str:
    """Write what disk and nginx take, and what medshare takes besides."""
    ours = {row.title: [each.wall_ms for each in row.ours.samples] for row in rows}
    kinds = (("write + fsync one by one", limits.disk), ("nginx, sendfile", limits.plain_files))
    lines = [
        [title, name, str(spread_of(values)), f"**{ratio(values, ours[title])}**"]
        for name, taken in kinds
        for title, values in taken.items()
        if ours.get(title)
    ]
    return _markdown(("operation", "by", "ms", "of medshare's ms"), lines)


def rates_table(rates: Sequence[Rate]) -> str:
    """Write how many instances a second were stored; above 1 medshare is faster."""
    lines = [
        [
            each.title,
            str(spread_of(each.ours)),
            str(spread_of(each.theirs)),
            f"**{ratio(each.ours, each.theirs)}**",
        ]
        for each in rates
    ]
    return _markdown(("instances a second", "medshare", "Orthanc", "ratio"), lines)


def document(
    facts: Mapping[str, str],
    rows: Sequence[Row],
    limits: Limits,
    rates: Sequence[Rate],
) -> str:
    """Write the whole report."""
    return "\n".join(
        (
            "# medshare beside Orthanc: DICOMweb on loopback",
            "",
            *(f"- {name}: {value}" for name, value in facts.items()),
            "",
            READING,
            table(rows),
            "",
            "The same bytes in the same rounds: written by a loop to the same disk, and sent by",
            "nginx from files (the share of medshare's time that cannot be saved):",
            "",
            limits_table(limits, rows),
            "",
            "Several clients at once, each with a connection and studies of its own:",
            "",
            rates_table(rates),
            "",
        )
    )


def _markdown(headings: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    rule = ["---", *["---:"] * (len(headings) - 1)]
    return "\n".join(f"| {' | '.join(line)} |" for line in (headings, rule, *lines))
