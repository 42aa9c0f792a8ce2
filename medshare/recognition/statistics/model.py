"""What statistics count: chances to recognise a result, what became of each, and the rates."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from medshare.recognition.decisions.model import is_overlooked
from medshare.recognition.model import Laterality, Outcome, Tier


class Fate(StrEnum):
    """What became of a chance; each has exactly one."""

    RECOGNISED = "recognised"
    PARTLY = "partly"
    DECLINED = "declined"
    OVERLOOKED = "overlooked"
    OPEN = "open"
    FALLEN = "fallen"


@dataclass(frozen=True, slots=True)
class Question:
    """Which chances are counted, and by what was known when.

    Parameters
    ----------
    since, until
        The period in which it was asked; ``until`` does not belong to it.
    as_of
        What was recorded later does not count.
    facility, source_facility
        Codes of who asked and of where the result comes from; empty: all.
    department, item
        Of the order; empty: all.
    """

    since: datetime
    until: datetime
    as_of: datetime
    facility: str = ""
    department: str = ""
    item: str = ""
    source_facility: str = ""


@dataclass(frozen=True, slots=True)
class Deed:
    """The decision on a chance that stood at the time.

    Parameters
    ----------
    has_fallen
        Whether an alert has told the doctor since to stop relying on the result.
    """

    outcome: Outcome
    decided_at: datetime
    doctor: str
    reason: str = ""
    reason_parent: str = ""
    dwell_ms: int | None = None
    has_fallen: bool = False


@dataclass(frozen=True, slots=True)
class Chance:
    """An existing result that could stand for an order: what all statistics count.

    A result counts once for an item within an encounter; without an encounter within an order
    reference, else within the evaluation.

    Parameters
    ----------
    evaluation_id
        The evaluation that was decided on last, else the latest.
    order
        Names the order, so that several results for it save one exam only.
    in_catalogue
        Whether the policy of the time lists the item.
    shown
        Whether a person stood behind the question, or looked or decided afterwards.
    has_draft
        Whether the order had a draft in the hospital's system.
    repeated_at
        When an equivalent exam of the person was first performed after the decision, or after the
        question where there is none, within the window of the item.
    claims_mark, claim_covered
        Whether the source puts a mark on the result itself, and a certificate allows it.
    """

    evaluation_id: str
    order: tuple[str, ...]
    facility: str
    department: str
    item: str
    source_facility: str
    tier: Tier
    has_mark: bool
    laterality: Laterality | None
    policy_id: str
    asked_at: datetime
    shown: bool
    viewed: bool
    has_draft: bool
    deed: Deed | None = None
    in_catalogue: bool = True
    repeated_at: datetime | None = None
    claims_mark: bool = False
    claim_covered: bool = False

    @property
    def starts_at(self) -> datetime:
        """Return from when on another exam is a repeat."""
        return self.deed.decided_at if self.deed else self.asked_at


@dataclass(frozen=True, slots=True)
class Judged:
    """A chance with what became of it."""

    chance: Chance
    fate: Fate

    @property
    def is_repeated_anyway(self) -> bool:
        """Tell whether the exam was done all the same: recognised or overlooked, then repeated."""
        return self.chance.repeated_at is not None and self.fate in (
            Fate.RECOGNISED,
            Fate.OVERLOOKED,
        )


def fate_of(chance: Chance, as_of: datetime, patience: timedelta) -> Fate:
    """Say what became of a chance.

    Parameters
    ----------
    patience
        How long a due result may stay undecided before it counts as overlooked.
    """
    deed = chance.deed
    if deed is None:
        late = is_overlooked(chance.asked_at, as_of, patience) or chance.repeated_at is not None
        return Fate.OVERLOOKED if late and chance.tier is Tier.DUE else Fate.OPEN
    if deed.outcome is Outcome.REPEATED:
        return Fate.DECLINED
    if deed.has_fallen:
        return Fate.FALLEN
    return Fate.PARTLY if deed.outcome is Outcome.PARTLY else Fate.RECOGNISED


@dataclass(frozen=True, slots=True)
class Definition:
    """A rate as it is defined: what is counted above and below the line."""

    code: str
    zh: str
    en: str
    text_zh: str
    text_en: str
    counted: Callable[[Judged], bool]
    among: Callable[[Judged], bool]


@dataclass(frozen=True, slots=True)
class Rate:
    """A rate with its parts; it has no value where nothing stands below the line."""

    definition: Definition
    numerator: int
    denominator: int

    @property
    def value(self) -> float | None:
        """Return the share."""
        return self.numerator / self.denominator if self.denominator else None


RELIED = frozenset({Fate.RECOGNISED, Fate.PARTLY})
DEFINITIONS = (
    Definition(
        "national-indicator",
        "检查检验结果互认率",
        "Rate of recognition (national indicator)",
        "分子：被认可（含部分认可）且仍有效的结果数；分母：就诊患者在本地互认目录内已有的可用结果数。",
        "Results that were recognised, whole or in part, and still stand; of the usable results"
        " within the local catalogue that presenting patients already had.",
        lambda each: each.fate in RELIED and each.chance.in_catalogue,
        lambda each: each.chance.in_catalogue,
    ),
    Definition(
        "due-recognition",
        "应认结果认可率",
        "Recognition of due results",
        "分子：被认可（含部分认可）且仍有效的应认结果数；分母：应认结果数。",
        "Due results that were recognised, whole or in part, and still stand; of all due results.",
        lambda each: each.fate in RELIED and each.chance.tier is Tier.DUE,
        lambda each: each.chance.tier is Tier.DUE,
    ),
    Definition(
        "shown",
        "提示率",
        "Shown",
        "分子：向医务人员提示的结果数；分母：可用结果数。",
        "Results that a person was told of; of the usable results.",
        lambda each: each.chance.shown,
        lambda _: True,
    ),
    Definition(
        "viewed",
        "调阅率",
        "Viewed",
        "分子：报告或影像被调阅的结果数；分母：已提示的结果数。",
        "Results whose report or images were looked at; of those shown.",
        lambda each: each.chance.viewed,
        lambda each: each.chance.shown,
    ),
    Definition(
        "declined",
        "不认可率",
        "Declined",
        "分子：决定重复检查的结果数；分母：已提示的结果数。",
        "Results that were decided to be repeated; of those shown.",
        lambda each: each.fate is Fate.DECLINED,
        lambda each: each.chance.shown,
    ),
    Definition(
        "overlooked",
        "未处理率",
        "Overlooked",
        "分子：逾期未作决定或未作决定即重复检查的应认结果数；分母：应认结果数。",
        "Due results that nobody decided on in time, or before the exam was repeated; of all due"
        " results.",
        lambda each: each.fate is Fate.OVERLOOKED,
        lambda each: each.chance.tier is Tier.DUE,
    ),
    Definition(
        "repeated-anyway",
        "仍重复检查率",
        "Repeated anyway",
        "分子：在有效期内平台上仍出现等同检查的结果数；分母：被认可或未处理的结果数。",
        "Results after which an equivalent exam was performed anywhere on the platform within the"
        " item's window; of those recognised or overlooked.",
        lambda each: each.is_repeated_anyway,
        lambda each: each.fate in (Fate.RECOGNISED, Fate.OVERLOOKED),
    ),
)


@dataclass(frozen=True, slots=True)
class Funnel:
    """How many chances came how far; ``fates`` has every fate, and they add up to eligible."""

    eligible: int
    shown: int
    viewed: int
    fates: Mapping[Fate, int]
    repeated_anyway: int


def rates_of(judged: Iterable[Judged]) -> tuple[Rate, ...]:
    """Return every rate."""
    all_of_them = list(judged)
    return tuple(
        Rate(
            each,
            sum(each.among(one) and each.counted(one) for one in all_of_them),
            sum(map(each.among, all_of_them)),
        )
        for each in DEFINITIONS
    )


def funnel_of(judged: Iterable[Judged]) -> Funnel:
    """Count how far the chances came."""
    all_of_them = list(judged)
    fates = Counter(each.fate for each in all_of_them)
    return Funnel(
        len(all_of_them),
        sum(each.chance.shown for each in all_of_them),
        sum(each.chance.viewed for each in all_of_them),
        {fate: fates[fate] for fate in Fate},
        sum(each.is_repeated_anyway for each in all_of_them),
    )


class Dimension(StrEnum):
    """By what statistics are broken down."""

    FACILITY = "facility"
    DEPARTMENT = "department"
    ITEM = "item"
    SOURCE_FACILITY = "source-facility"


_KEYS: Mapping[Dimension, Callable[[Chance], str]] = {
    Dimension.FACILITY: lambda chance: chance.facility,
    Dimension.DEPARTMENT: lambda chance: chance.department,
    Dimension.ITEM: lambda chance: chance.item,
    Dimension.SOURCE_FACILITY: lambda chance: chance.source_facility,
}


def grouped(
    judged: Iterable[Judged], *dimensions: Dimension
) -> dict[tuple[str, ...], list[Judged]]:
    """Part the chances by some dimensions, in the order of the keys."""
    groups: defaultdict[tuple[str, ...], list[Judged]] = defaultdict(list)
    for each in judged:
        groups[tuple(_KEYS[one](each.chance) for one in dimensions)].append(each)
    return dict(sorted(groups.items()))


@dataclass(frozen=True, slots=True)
class ReasonCount:
    """How often a reason was given, and under which of the national list it counts."""

    parent: str
    reason: str
    count: int


def reasons_of(judged: Iterable[Judged]) -> list[ReasonCount]:
    """Count the reasons of declined results; one without a reason counts under the empty code."""
    counts = Counter(
        (each.chance.deed.reason_parent or each.chance.deed.reason, each.chance.deed.reason)
        for each in judged
        if each.fate is Fate.DECLINED and each.chance.deed is not None
    )
    return [ReasonCount(*names, count) for names, count in sorted(counts.items())]
