"""The decision at order time, as a pure function: nothing is read, not even the clock."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime

from medshare.recognition import marks
from medshare.recognition.checks import CHECKS, Candidate, Question, check_context
from medshare.recognition.equivalence import UNRELATED, item_fault
from medshare.recognition.model import (
    Laterality,
    Link,
    OptOut,
    Order,
    Past,
    Result,
    Tier,
    Verdict,
)
from medshare.recognition.programme import (
    ItemRule,
    Policy,
    Programme,
    QualityCertificate,
    scopes_around,
)
from medshare.recognition.reasons import Reason, Weight

_TIERS = list(Tier)
_Seen = tuple[Result, bool]  # and whether only by breaking the glass


def evaluate(programme: Programme, past: Past, order: Order, now: datetime) -> list[Verdict]:
    """Judge what is recorded of a patient for an order that is about to be placed.

    Every check is made of every candidate, so that the explanation is complete. Results of
    others, unrelated ones and those that the patient does not share get no verdict.

    Parameters
    ----------
    past
        Its results have unique ids; their order and that of anything else does not matter.
    now
        Aware instant of the order.

    Returns
    -------
    list[Verdict]
        By tier, then newest performed, then id.
    """
    visible = _visible(past, order)
    register = _register(programme, order, now, visible)
    question = _question(programme, order, visible, now)
    verdicts = _judge_all(question, register, visible, past.identity.links)
    performed = {result.id: result.performed_at for result, _ in visible}
    verdicts.sort(key=lambda verdict: performed[verdict.result], reverse=True)
    verdicts.sort(key=lambda verdict: _TIERS.index(verdict.tier))
    return verdicts


def evaluate_each(
    programme: Programme, past: Past, facility: str, patient: str, now: datetime
) -> dict[str, Verdict]:
    """Judge each result for an order of its own item and side: ``evaluate`` asked once a result.

    Parameters
    ----------
    facility
        The one that would order.

    Returns
    -------
    dict[str, Verdict]
        By the result's id; what ``evaluate`` gives no verdict has none.
    """
    groups: defaultdict[tuple[str, Laterality | None], list[_Seen]] = defaultdict(list)
    visible = _visible(past, Order("", facility, patient))
    for seen in visible:
        groups[seen[0].item, seen[0].laterality].append(seen)
    register = _register(programme, Order("", facility, patient), now, visible)
    found: dict[str, Verdict] = {}
    for (item, side), group in groups.items():
        question = _question(programme, Order(item, facility, patient, side), visible, now)
        judged = _judge_all(question, register, group, past.identity.links)
        found |= {verdict.result: verdict for verdict in judged}
    return found


def _visible(past: Past, order: Order) -> list[_Seen]:
    return sorted(_own(past, order), key=lambda seen: seen[0].id)


def _question(
    programme: Programme, order: Order, visible: Iterable[_Seen], now: datetime
) -> Question:
    return Question(
        programme,
        order,
        programme.items[order.item],
        programme.policy.items.get(order.item),
        {old: new.id for new, _ in visible for old in new.replaces},
        now,
    )


def _judge_all(
    question: Question, register: "_Register", seen: Iterable[_Seen], links: Mapping[str, Link]
) -> list[Verdict]:
    told = tuple(check_context(question))
    return [
        _judge(question, candidate, register, told)
        for candidate in _candidates(question, seen, links)
    ]


def _own(past: Past, order: Order) -> Iterator[_Seen]:
    """Yield the patient's results that may be seen, and whether only by breaking the glass."""
    person = past.identity.person(order.patient)
    refusals = [
        refusal
        for patient, refusal in past.opt_outs.items()
        if past.identity.person(patient) == person
    ]
    for result in past.results:
        if past.identity.person(result.patient) == person:
            refused = _is_refused(result, refusals)
            if not refused or order.breaks_glass:
                yield result, refused or result.id in past.behind_glass


def _is_refused(result: Result, refusals: Iterable[OptOut]) -> bool:
    return any(refusal.hides(result.facility) for refusal in refusals)


def _candidates(
    question: Question, visible: Iterable[_Seen], links: Mapping[str, Link]
) -> Iterator[Candidate]:
    """Yield what has to do with the ordered item."""
    policy, items = question.programme.policy, question.programme.items
    for result, refused in visible:
        item = items[result.item]
        fault = item_fault(question.ordered, item)
        if fault not in UNRELATED:
            yield Candidate(
                result,
                item,
                links.get(result.id, Link.CERTAIN),
                fault,
                refused,
                _valid_until(result, question.rule, policy, question.now),
            )


def _valid_until(
    result: Result, rule: ItemRule | None, policy: Policy, now: datetime
) -> datetime | None:
    """Return the end of the window; a wrong clock opens none."""
    if rule is None or result.performed_at > now + policy.clock_skew:
        return None
    return rule.window.end(result.performed_at, policy.zone).astimezone(policy.zone)


class _Register:
    """The certificates of the sources, as far as they matter to one receiver at one instant."""

    def __init__(
        self, programme: Programme, order: Order, now: datetime, sources: Collection[str]
    ) -> None:
        self._programme = programme
        self._scopes = scopes_around(order.facility, programme.scopes)
        self._now = now
        self._certificates: defaultdict[str, list[QualityCertificate]] = defaultdict(list)
        for certificate in programme.certificates:
            if certificate.facility in sources:
                self._certificates[certificate.facility].append(certificate)

    def look_up(self, result: Result) -> tuple[str | None, list[Reason]]:
        """Return the mark that a result bears here, and what there is to say about it."""
        at = marks.anchors(self._programme.policy.anchor, result.performed_at, self._now)
        usable, faults = [], {}
        for certificate in self._certificates.get(result.facility, ()):
            if result.item in certificate.items:
                fault = marks.fault_of(certificate, at, self._now, self._scopes)
                if fault is None:
                    usable.append(certificate)
                else:
                    faults[certificate.id] = fault
        chosen = marks.widest(usable, self._programme.scopes)
        reasons = list(marks.reasons_of(faults, chosen, self._now))
        return (chosen.mark if chosen else None), reasons


def _register(
    programme: Programme, order: Order, now: datetime, visible: Iterable[_Seen]
) -> _Register:
    return _Register(programme, order, now, {result.facility for result, _ in visible})


def _judge(
    question: Question, candidate: Candidate, register: _Register, told: Iterable[Reason]
) -> Verdict:
    mark, reasons = register.look_up(candidate.result)
    reasons.extend(told)
    for check in CHECKS:
        reasons.extend(check(question, candidate))
    reasons.sort(key=lambda reason: reason.code)
    return Verdict(
        candidate.result.id, tier_of(reasons), tuple(reasons), mark, candidate.valid_until
    )


def tier_of(reasons: Iterable[Reason]) -> Tier:
    """Return what a set of reasons amounts to; advisory ones to nothing."""
    weights = {reason.weight for reason in reasons}
    if Weight.HARD in weights:
        return Tier.EXCLUDED
    return Tier.DISCRETIONARY if Weight.SOFT in weights else Tier.DUE
