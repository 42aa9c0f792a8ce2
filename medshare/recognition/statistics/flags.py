"""Signs that figures were made rather than earned, each with its explanation."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from medshare.recognition.statistics.model import Deed, Dimension, Fate, Judged, grouped

BULK = 5
BULK_WITHIN = timedelta(minutes=1)
SHORT_DWELL_MS = 2000
OTHER = "other"
# A flag asks for a look, not for a verdict: it is raised from this many cases and this share on.
RAISED_FROM = 3
RAISED_SHARE = 0.2


@dataclass(frozen=True, slots=True)
class Sign:
    """What a flag means."""

    code: str
    zh: str
    en: str


REPEATED = Sign(
    "recognised-then-repeated",
    "已认可但有效期内又出现等同检查；分母：已认可的结果数。",
    "Recognised, yet an equivalent exam was performed within the window; of those recognised.",
)
UNSEEN = Sign(
    "bulk-without-view",
    "同一医师一分钟内作出至少五项决定，且未调阅该结果；分母：已认可的结果数。",
    "Recognised without a view among five or more decisions of one doctor within a minute; of"
    " those recognised.",
)
HASTY = Sign(
    "dwell-too-short",
    "停留不足两秒即认可；分母：已认可且有停留时间的结果数。",
    "Recognised after less than two seconds; of those recognised with a known dwell.",
)
VAGUE = Sign(
    "share-of-other",
    "以“其他”为由重复检查；分母：填写了原因的不认可结果数。",
    "Declined for the reason other; of those declined with a reason.",
)
UNMARKED = Sign(
    "mark-without-certificate",
    "被认可的结果没有有效的质量证书支撑互认标识；分母：已认可的结果数。",
    "Recognised although no certificate in force gives the result a mark; of those recognised.",
)

CLAIMED = Sign(
    "claimed-without-certificate",
    "来源机构自行标注的互认标识没有质量证书支撑（按来源机构统计）；分母：标注了互认标识的可用结果数。",
    "Bears a mark that its source put on it and no certificate allows, by the source; of the usable"
    " results that bear such a mark.",
)


@dataclass(frozen=True, slots=True)
class Flag:
    """A sign as it shows in one department; in a whole facility where ``department`` is empty."""

    sign: Sign
    facility: str
    department: str
    numerator: int
    denominator: int

    @property
    def is_raised(self) -> bool:
        """Tell whether somebody should look into it."""
        return self.numerator >= RAISED_FROM and self.numerator > RAISED_SHARE * self.denominator


def flags_of(judged: Iterable[Judged]) -> list[Flag]:
    """Return every sign by facility and department, where anything stands below its line."""
    all_of_them = list(judged)
    parted = grouped(all_of_them, Dimension.FACILITY, Dimension.DEPARTMENT)
    flags = [
        Flag(sign, facility, department, numerator, denominator)
        for (facility, department), group in parted.items()
        for sign, numerator, denominator in _counts(group)
        if denominator
    ]
    return flags + _claims_of_sources(all_of_them)


def _claims_of_sources(judged: Iterable[Judged]) -> list[Flag]:
    claiming = [each for each in judged if each.chance.claims_mark]
    return [
        Flag(CLAIMED, source, "", sum(not each.chance.claim_covered for each in group), len(group))
        for (source,), group in grouped(claiming, Dimension.SOURCE_FACILITY).items()
    ]


def _counts(group: Sequence[Judged]) -> list[tuple[Sign, int, int]]:
    relied = [each for each in group if each.fate in (Fate.RECOGNISED, Fate.PARTLY)]
    dwells = [each.chance.deed.dwell_ms for each in relied if each.chance.deed]
    timed = [each for each in dwells if each is not None]
    declined = [each.chance.deed for each in group if each.fate is Fate.DECLINED]
    reasons = [each.reason.casefold() for each in declined if each and each.reason]
    return [
        (REPEATED, sum(each.is_repeated_anyway for each in relied), len(relied)),
        (UNSEEN, _bulk_without_view(relied), len(relied)),
        (HASTY, sum(each < SHORT_DWELL_MS for each in timed), len(timed)),
        (VAGUE, reasons.count(OTHER), len(reasons)),
        (UNMARKED, sum(not each.chance.has_mark for each in relied), len(relied)),
    ]


def _bulk_without_view(relied: Iterable[Judged]) -> int:
    by_doctor: defaultdict[str, list[tuple[Deed, bool]]] = defaultdict(list)
    for each in relied:
        if each.chance.deed is not None:
            deed = each.chance.deed
            by_doctor[deed.doctor].append((deed, each.chance.viewed))
    return sum(_unseen_in_bulk(deeds) for deeds in by_doctor.values())


def _unseen_in_bulk(deeds: Iterable[tuple[Deed, bool]]) -> int:
    in_order = sorted(deeds, key=lambda one: one[0].decided_at)
    bulk: set[int] = set()
    for first in range(len(in_order) - BULK + 1):
        last = first + BULK - 1
        if in_order[last][0].decided_at - in_order[first][0].decided_at <= BULK_WITHIN:
            bulk.update(range(first, last + 1))
    return sum(not in_order[number][1] for number in bulk)
