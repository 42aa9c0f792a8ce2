"""An auditor's questions and their answers."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from medshare.audit.digest.model import Sums
from medshare.kernel.audit import AuditEntry
from medshare.kernel.identifiers import FacilityCode

OPENING = "break-glass.open"
REVIEW = "break-glass.review"


@dataclass(frozen=True, slots=True)
class Period:
    """From ``since`` (included) to ``until`` (not included), aware instants."""

    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class WorkingHours:
    """When people are at work, by the city's clock: from ``begin`` to before ``end``, on weekdays.

    Night shifts are work too: an access out of hours is a reason to look, not a fault.
    """

    begin: time
    end: time
    zone: ZoneInfo

    def local(self, instant: datetime) -> datetime:
        """Return an instant by the city's clock."""
        return instant.astimezone(self.zone)

    def hold(self, instant: datetime) -> bool:
        """Tell whether an instant lies within them."""
        local = self.local(instant)
        return local.isoweekday() <= 5 and self.begin <= local.time() < self.end  # noqa: PLR2004  # Friday, by ISO 8601


@dataclass(frozen=True, slots=True)
class GlassUse:
    """An emergency access as the trail shows it.

    Parameters
    ----------
    reviews
        What was written down of it afterwards, the oldest first.
    reads
        How often the one who opened it read the person's data by it.
    """

    grant_id: str
    opening: AuditEntry
    reviews: Sequence[AuditEntry]
    reads: int


@dataclass(frozen=True, slots=True)
class ActorHour:
    """How much one actor did in one hour (UTC), and the data of how many persons it met."""

    hour: datetime
    facility: FacilityCode | None
    actor: str
    patients: int
    sums: Sums


@dataclass(frozen=True, slots=True)
class FacilityDay:
    """What a facility did on one day of the city's calendar, and how much of it out of hours."""

    day: str
    facility: FacilityCode | None
    sums: Sums
    out_of_hours: int


@dataclass(frozen=True, slots=True)
class Reader:
    """What one actor did in a period; ``busiest`` is the most persons met in one hour."""

    facility: FacilityCode | None
    actor: str
    busiest: int
    sums: Sums


@dataclass(frozen=True, slots=True)
class Integrity:
    """Whether an entry still is what was sealed.

    Parameters
    ----------
    index
        Its place in the tree; ``None`` while it waits to be sealed.
    included
        Whether its leaf stands under the root of the newest checkpoint.
    differences
        The leaf's fields that the entry's row does not give.
    forgotten
        Parts whose text is erased, so that nobody can say what it was.
    """

    entry_id: str
    index: int | None
    included: bool
    differences: Sequence[str]
    forgotten: Sequence[str]

    @property
    def intact(self) -> bool:
        """Whether it is sealed and nothing differs."""
        return self.included and not self.differences


@dataclass(frozen=True, slots=True)
class Completeness:
    """Whether entries vanished: the tree against the ledgers, ``begin`` to before ``end``.

    Parameters
    ----------
    missing
        Leaves whose entry is gone, by index.
    unsealed
        How many entries the ledgers hold beyond those sealed and those that wait.
    dropped
        Below which index leaves were dropped by retention.
    """

    size: int
    begin: int
    end: int
    missing: Mapping[int, str]
    waiting: int
    unsealed: int
    dropped: int


@dataclass(frozen=True, slots=True)
class Altered:
    """An entry that is not what was sealed, and in which fields of its leaf."""

    index: int
    entry_id: str
    fields: Sequence[str]


@dataclass(frozen=True, slots=True)
class Seal:
    """Whether the seal holds: the tree and the entries, ``begin`` to before ``end``.

    Parameters
    ----------
    signed
        Whether the newest checkpoint carries a valid signature of the log's key.
    root_stands
        Whether the tree's hashes give the checkpoint's root.
    forked
        Sizes of earlier checkpoints that the tree does not continue: it was rewritten since.
    broken
        Indices of leaves whose bytes the tree does not hold.
    altered
        Entries that are there and are not what their leaf says.
    """

    size: int
    begin: int
    end: int
    signed: bool
    root_stands: bool
    forked: Sequence[int]
    broken: Sequence[int]
    altered: Sequence[Altered]

    @property
    def intact(self) -> bool:
        """Whether nothing of it is broken."""
        faults = (*self.forked, *self.broken, *self.altered)
        return self.signed and self.root_stands and not faults


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of one day of the city's calendar that lies within working hours, or without."""

    begin: datetime
    end: datetime
    day: str
    working: bool


def stretches_of(period: Period, work: WorkingHours) -> Iterator[Stretch]:
    """Cut a period at each midnight, and at the beginning and end of work, by the city's clock."""
    day = work.local(period.since).date()
    while (midnight := _at(day, time(), work)) < period.until:
        following = day + timedelta(days=1)
        cuts = [midnight, *(_at(day, each, work) for each in (work.begin, work.end))]
        cuts.append(_at(following, time(), work))
        for begin, end in pairwise(sorted(cuts)):
            first, last = max(begin, period.since), min(end, period.until)
            if first < last:
                yield Stretch(first, last, day.isoformat(), work.hold(begin))
        day = following


def _at(day: date, clock: time, work: WorkingHours) -> datetime:
    return datetime.combine(day, clock, work.zone).astimezone(UTC)
