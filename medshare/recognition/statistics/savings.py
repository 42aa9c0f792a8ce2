"""What recognition saved: claimed, and how much of the claim is verified."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from medshare.recognition.policies.model import Terms
from medshare.recognition.programme import Policy
from medshare.recognition.statistics.model import Chance, Fate, Judged

FORMULA_EN = (
    "claimed = sum over orders with at least one wholly recognised, still valid result of the"
    " item's price (yuan), time (minutes) and estimated effective dose (mSv, class value) in the"
    " policy judged by, each order once; verified = those that had a draft order and after which"
    " no equivalent exam of the person was performed anywhere on the platform until the end of the"
    " item's window; claimed = verified + pending + refuted + unverifiable"
)
FORMULA_ZH = (
    "申报节约 = 至少有一项结果被全部认可且仍有效的医嘱，按评估所用政策中该项目的价格（元）、"
    "时间（分钟）及估算有效剂量（mSv，按类别取值）求和，每条医嘱计一次；核实节约 = 其中有医嘱草稿，"
    "且在项目有效期结束前平台上未出现该患者等同检查者；申报 = 核实 + 待核实 + 被否定 + 无法核实"
)


class Proof(StrEnum):
    """How far a claim is proven; each has exactly one."""

    VERIFIED = "verified"
    PENDING = "pending"
    REFUTED = "refuted"
    UNVERIFIABLE = "unverifiable"


@dataclass(frozen=True, slots=True)
class Rulebook:
    """A policy that chances were judged by, with what its items cost."""

    policy: Policy
    terms: Mapping[str, Terms]

    def ends_at(self, chance: Chance) -> datetime | None:
        """Return the end of the window from the decision on; ``None`` if the item has none."""
        rule = self.policy.items.get(chance.item)
        return None if rule is None else rule.window.end(chance.starts_at, self.policy.zone)


@dataclass(frozen=True, slots=True)
class Amounts:
    """Orders and what they would have cost; ``unpriced`` orders have no terms in their policy."""

    orders: int = 0
    unpriced: int = 0
    yuan: float = 0
    minutes: int = 0
    msv: float = 0

    def __add__(self, other: "Amounts") -> "Amounts":
        """Add two sums."""
        return Amounts(
            self.orders + other.orders,
            self.unpriced + other.unpriced,
            self.yuan + other.yuan,
            self.minutes + other.minutes,
            self.msv + other.msv,
        )

    def __sub__(self, other: "Amounts") -> "Amounts":
        """Return how much more one sum is than another; less is negative."""
        return Amounts(
            self.orders - other.orders,
            self.unpriced - other.unpriced,
            self.yuan - other.yuan,
            self.minutes - other.minutes,
            self.msv - other.msv,
        )


def savings_of(
    judged: Iterable[Judged], rulebooks: Mapping[str, Rulebook], as_of: datetime
) -> dict[Proof, Amounts]:
    """Add up what was saved, by how far it is proven."""
    orders: defaultdict[tuple[str, ...], list[Chance]] = defaultdict(list)
    for each in judged:
        if each.fate is Fate.RECOGNISED:
            orders[each.chance.order].append(each.chance)
    sums = dict.fromkeys(Proof, Amounts())
    for chances in orders.values():
        # Of several results for one order the first decision saved the exam.
        first = min(chances, key=lambda one: one.starts_at)
        rulebook = rulebooks[first.policy_id]
        sums[_proof(chances, rulebook.ends_at(first), as_of)] += amounts_of(
            rulebook.terms.get(first.item)
        )
    return sums


def amounts_of(terms: Terms | None) -> Amounts:
    """Return what one order costs."""
    if terms is None:
        return Amounts(1, 1)
    return Amounts(1, 0, terms.price_yuan, terms.minutes, terms.msv)


def _proof(chances: Iterable[Chance], ends_at: datetime | None, as_of: datetime) -> Proof:
    of_order = list(chances)
    if any(each.repeated_at is not None for each in of_order):
        return Proof.REFUTED
    if ends_at is None or not any(each.has_draft for each in of_order):
        return Proof.UNVERIFIABLE
    return Proof.VERIFIED if ends_at < as_of else Proof.PENDING
