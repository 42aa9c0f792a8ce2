"""What a draft changes, counted order by order."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from medshare.kernel.errors import Issue
from medshare.recognition.evaluations.model import Judgement
from medshare.recognition.model import Tier, Verdict
from medshare.recognition.policies.model import Terms
from medshare.recognition.reasons import Code
from medshare.recognition.statistics.savings import Amounts, amounts_of

PERIOD_WRONG = Issue("/since", "period", "Let since lie before until.", "起始时间应早于截止时间。")


@dataclass(frozen=True, slots=True)
class Question:
    """Which recorded orders a policy is tried on.

    Parameters
    ----------
    policy
        Content hash of the version, draft or enacted.
    since, until
        The period in which they were asked; ``until`` does not belong to it.
    facility, item
        Of the order; empty: all.
    """

    policy: str
    since: datetime
    until: datetime
    facility: str = ""
    item: str = ""


@dataclass(frozen=True, slots=True)
class Sides:
    """An order of an item, judged by the policy of the time and by the one that is tried."""

    item: str
    before: Judgement
    after: Judgement
    terms_before: Mapping[str, Terms]
    terms_after: Mapping[str, Terms]


@dataclass(slots=True)
class Share:
    """What was found of the orders of one item, or of all.

    Parameters
    ----------
    changed
        Orders with at least one verdict of another tier.
    before, after
        Orders, and items of panels, that a due result could have spared, and what they cost.
    """

    orders: int = 0
    changed: int = 0
    before: Amounts = field(default_factory=Amounts)
    after: Amounts = field(default_factory=Amounts)

    def add(self, sides: Sides) -> None:
        """Count one more order."""
        self.orders += 1
        self.changed += any(one.tier is not other.tier for one, other in pairs(sides))
        self.before += spared(sides.item, sides.before, sides.terms_before)
        self.after += spared(sides.item, sides.after, sides.terms_after)


@dataclass(slots=True)
class Findings:
    """What was found so far.

    Parameters
    ----------
    unreadable
        Orders whose inputs were kept in a form that cannot be read; they are not counted.
    moves
        Verdicts by their tier before and after.
    gained, lost
        Reasons that verdicts have by the draft alone, or no longer.
    """

    total: Share = field(default_factory=Share)
    unreadable: int = 0
    moves: Counter[tuple[Tier, Tier]] = field(default_factory=Counter)
    gained: Counter[Code] = field(default_factory=Counter)
    lost: Counter[Code] = field(default_factory=Counter)
    items: dict[str, Share] = field(default_factory=dict)

    def add(self, sides: Sides) -> None:
        """Count one more order."""
        self.total.add(sides)
        self.items.setdefault(sides.item, Share()).add(sides)
        for before, after in pairs(sides):
            self.moves[before.tier, after.tier] += 1
            self.gained.update(set(after.codes) - set(before.codes))
            self.lost.update(set(before.codes) - set(after.codes))


def pairs(sides: Sides) -> Iterator[tuple[Verdict, Verdict]]:
    """Yield the verdicts on each result by both policies; whom they judge is the same."""
    after = {(item, verdict.result): verdict for item, verdict in sides.after.verdicts}
    for item, verdict in sides.before.verdicts:
        yield verdict, after[item, verdict.result]


def spared(ordered: str, judgement: Judgement, terms: Mapping[str, Terms]) -> Amounts:
    """Return what due results could have spared of one order: itself, or parts of a panel.

    Each item counts once, however many results are due for it, as in the statistics of savings.
    """
    due = dict.fromkeys(item for item, verdict in judgement.verdicts if verdict.recognisable)
    items = [ordered] if ordered in due else list(due)
    return sum((amounts_of(terms.get(item)) for item in items), Amounts())
