"""What the samples say: medians, spreads and ratios, as Markdown."""

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

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

- One client asks, one request after another: throughput under many clients is not measured.
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


def limits_table(limits: Mapping[str, Sequence[float]]) -> str:
    """Write what the disk alone takes for what the store operations store."""
    lines = [[title, str(spread_of(values))] for title, values in limits.items()]
    return _markdown(("the files of", "write + fsync one by one, ms"), lines)


def document(
    facts: Mapping[str, str],
    rows: Sequence[Row],
    limits: Mapping[str, Sequence[float]],
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
            "The same files written by a loop, to the same disk and in the same rounds:",
            "",
            limits_table(limits),
            "",
        )
    )


def _markdown(headings: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    rule = ["---", *["---:"] * (len(headings) - 1)]
    return "\n".join(f"| {' | '.join(line)} |" for line in (headings, rule, *lines))
