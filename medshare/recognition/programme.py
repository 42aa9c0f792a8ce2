"""The rules of a programme: its policy, and the registers that the policy refers to.

All instants are aware; codes are plain strings, as a programme's own files write them.
"""

import calendar
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import IntEnum, StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo

# How far a device's clock may run ahead where a policy does not say it.
CLOCK_SKEW_MINUTES = 5


class FacilityLevel(IntEnum):
    """The grade of a hospital (一级, 二级, 三级)."""

    PRIMARY = 1
    SECONDARY = 2
    TERTIARY = 3


class ItemKind(StrEnum):
    """Examination of a person, or test of material taken from one."""

    IMAGING = "imaging"
    LAB = "lab"


class Phase(StrEnum):
    """Whether contrast medium was given."""

    PLAIN = "plain"
    ENHANCED = "enhanced"


class CertificateAnchor(StrEnum):
    """At which instant a certificate has to be in force."""

    PERFORMED = "performed"
    EVALUATION = "evaluation"
    BOTH = "both"


class LevelRule(StrEnum):
    """What a programme asks of the source's level."""

    SAME_OR_HIGHER = "same_or_higher"


class WindowUnit(StrEnum):
    """The unit of a validity window; days and months are those of the calendar."""

    HOURS = "h"
    DAYS = "d"
    MONTHS = "mo"


@dataclass(frozen=True, slots=True)
class ScopeNode:
    """A territory or alliance within which a mark counts.

    Parameters
    ----------
    rank
        0 the nation to 4 an alliance; orders which of several marks is shown, no more.
    contains
        Codes of the scopes inside; a scope may lie in several.
    facilities
        Codes of the facilities that are members themselves.
    """

    code: str
    rank: int
    contains: tuple[str, ...] = ()
    facilities: tuple[str, ...] = ()


def scopes_around(facility: str, scopes: Mapping[str, ScopeNode]) -> frozenset[str]:
    """Return the codes of all scopes that a facility lies in, directly or through others."""
    around = {node.code for node in scopes.values() if facility in node.facilities}
    while True:
        wider = {node.code for node in scopes.values() if not around.isdisjoint(node.contains)}
        if wider <= around:
            return frozenset(around)
        around |= wider


@dataclass(frozen=True, slots=True)
class Item:
    """An examination or test that can be ordered, by its facets.

    Parameters
    ----------
    laterality
        Whether a result says nothing without its side.
    covers
        Items that a result of this one stands for too; maintained by people, one step deep.
    components
        The items of a panel, in its order.
    method_sensitive
        Whether values by different methods cannot be compared.
    """

    code: str
    kind: ItemKind
    modality: str = ""
    region: str = ""
    laterality: bool = False
    phases: frozenset[Phase] = frozenset()
    specimen: str = ""
    covers: frozenset[str] = frozenset()
    components: tuple[str, ...] = ()
    method_sensitive: bool = False


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """The end of a certificate before its time: decided ``at``, void from ``invalid_from`` on."""

    at: datetime
    invalid_from: datetime


@dataclass(frozen=True, slots=True)
class QualityCertificate:
    """The right of a facility to put a mark on its results of some items.

    Both ends of the period belong to it, the last one for its whole second.
    """

    id: str
    facility: str
    items: frozenset[str]
    scope: str
    mark: str
    valid_from: datetime
    valid_to: datetime
    withdrawn: Withdrawal | None = None

    def spans(self, at: datetime) -> bool:
        """Tell whether an instant lies in the period, whatever became of the certificate."""
        return self.valid_from <= at and not self.has_ended(at)

    def has_ended(self, at: datetime) -> bool:
        """Tell whether an instant lies after the period."""
        # Most instants lie before the end as they are: cutting each to its second takes time.
        return at > self.valid_to and at.replace(microsecond=0) > self.valid_to


@dataclass(frozen=True, slots=True)
class Window:
    """For how long a result counts from when it was performed or its specimen collected."""

    count: int
    unit: WindowUnit

    def end(self, performed_at: datetime, zone: ZoneInfo) -> datetime:
        """Return the last instant of the window, in UTC.

        Hours are elapsed time. Days and months end with their last local day; a month without
        the day of the start ends with its own last one.
        """
        if self.unit is WindowUnit.HOURS:
            return performed_at.astimezone(UTC) + timedelta(hours=self.count)
        return _last_instant(self, performed_at.astimezone(zone).date(), zone)


@lru_cache(maxsize=1 << 14)  # some windows times some hundred days, asked for all day long
def _last_instant(window: Window, start: date, zone: ZoneInfo) -> datetime:
    last = (
        start + timedelta(days=window.count)
        if window.unit is WindowUnit.DAYS
        else _add_months(start, window.count)
    )
    # The second midnight, where a zone's clocks go back over one.
    return datetime.combine(last, time.max, zone).replace(fold=1).astimezone(UTC)


def _add_months(start: date, count: int) -> date:
    years, month = divmod(start.month - 1 + count, 12)
    year = start.year + years
    last_day = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(start.day, last_day))


@dataclass(frozen=True, slots=True)
class ItemRule:
    """What a programme says of one item of its catalogue; ``rapid`` results change fast."""

    window: Window
    rapid: bool = False


@dataclass(frozen=True, slots=True)
class Policy:
    """One version of a programme's rules; an item without a rule is not in its catalogue.

    ``clock_skew`` is how far a device's clock may run ahead of ours.
    """

    id: str
    zone: ZoneInfo
    items: Mapping[str, ItemRule]
    anchor: CertificateAnchor = CertificateAnchor.PERFORMED
    level_rule: LevelRule | None = None
    clock_skew: timedelta = timedelta(minutes=CLOCK_SKEW_MINUTES)


@dataclass(frozen=True, slots=True)
class Programme:
    """All that is the same for every patient: the policy and the registers it refers to."""

    policy: Policy
    items: Mapping[str, Item]
    scopes: Mapping[str, ScopeNode]
    levels: Mapping[str, FacilityLevel]
    certificates: tuple[QualityCertificate, ...] = ()
