"""Use cases of statistics: gather the chances, and say what became of them."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from medshare.infra.uow import UnitOfWork
from medshare.recognition.equivalence import repeats
from medshare.recognition.policies import service as policies
from medshare.recognition.registers import InForce, load_programme
from medshare.recognition.statistics import store
from medshare.recognition.statistics.model import Chance, Judged, Question, fate_of
from medshare.recognition.statistics.savings import Rulebook
from medshare.recognition.statistics.store import LaterExam


@dataclass(frozen=True, slots=True)
class Findings:
    """The chances of a question with their fates, and the policies that they were judged by."""

    question: Question
    judged: tuple[Judged, ...]
    rulebooks: Mapping[str, Rulebook]


def find(uow: UnitOfWork, question: Question, patience: timedelta) -> Findings:
    """Find what became of the chances of a period, by what was known at ``as_of``.

    Nothing is kept: a correction that comes later changes what a later ``as_of`` answers, and no
    earlier one.

    Parameters
    ----------
    patience
        How long a due result may stay undecided before it counts as overlooked.
    """
    chances = list(store.chances(uow.session, question))
    names = sorted({each.policy_id for each in chances})
    rulebooks = {name: _rulebook(uow, name) for name in names}
    repeated_at = _repeats(uow, question)
    judged = []
    for chance in chances:
        book = rulebooks[chance.policy_id]
        known = replace(
            chance,
            in_catalogue=chance.item in book.policy.items,
            repeated_at=repeated_at(chance, book),
        )
        judged.append(Judged(known, fate_of(known, question.as_of, patience)))
    return Findings(question, tuple(judged), rulebooks)


def _rulebook(uow: UnitOfWork, policy_id: str) -> Rulebook:
    content = policies.get(uow, policy_id).content
    return Rulebook(content.policy, content.terms)


def _repeats(uow: UnitOfWork, question: Question) -> Callable[[Chance, Rulebook], datetime | None]:
    """Return what finds when a chance's exam was first repeated within its window."""
    later: defaultdict[str, list[LaterExam]] = defaultdict(list)
    for evaluation_id, exam in store.later_exams(uow.session, question):
        later[evaluation_id].append(exam)
    rules = load_programme(uow, question.as_of) if later else None

    def first(chance: Chance, book: Rulebook) -> datetime | None:
        ends_at = book.ends_at(chance)
        if rules is None or ends_at is None:
            return None
        return min(
            (
                each.performed_at
                for each in later[chance.evaluation_id]
                if chance.starts_at < each.performed_at <= ends_at
                and _repeats_it(each, chance, rules)
            ),
            default=None,
        )

    return first


def _repeats_it(exam: LaterExam, chance: Chance, rules: InForce) -> bool:
    """Tell whether an exam is what was ordered."""
    items = rules.programme.items
    code = rules.item_of(exam.facility, exam.item)
    if code is None or code not in items or chance.item not in items:
        return False
    return repeats((items[code], exam.laterality), (items[chance.item], chance.laterality))
