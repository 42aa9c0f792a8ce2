"""Use cases of simulations: try a policy on the recorded orders, some at a time."""

from collections.abc import Iterator
from dataclasses import asdict, replace
from datetime import datetime

from medshare.infra.uow import UnitOfWork
from medshare.jobs import service as jobs
from medshare.jobs.kinds import Kind
from medshare.jobs.model import Document, Job, Step
from medshare.kernel.errors import InvalidError
from medshare.recognition.evaluations import answers
from medshare.recognition.evaluations.model import SnapshotDamagedError, judge
from medshare.recognition.evaluations.snapshot import unpack
from medshare.recognition.policies import service as policies
from medshare.recognition.policies.model import Content
from medshare.recognition.simulation import store
from medshare.recognition.simulation.documents import dump_findings, read_findings
from medshare.recognition.simulation.model import PERIOD_WRONG, Question, Sides
from medshare.recognition.simulation.store import RecordedOrder

ORDERS_AT_ONCE = 100


def submit(uow: UnitOfWork, owner: str, question: Question) -> Job:
    """Hand in a simulation as a job.

    Raises
    ------
    PolicyUnknownError, InvalidError
        There is nothing to try, or nothing to try it on.
    """
    _require(uow, question)
    return jobs.submit(uow, owner, SIMULATION, _parameters(question))


def run(uow: UnitOfWork, question: Question) -> Iterator[Step]:
    """Try a policy at once; yield each step, the last one with the result.

    Raises
    ------
    PolicyUnknownError, InvalidError
        As of ``submit``.
    """
    _require(uow, question)
    step = Step({}, 0, 0, is_last=False)
    while not step.is_last:
        step = simulate(uow, _parameters(question), step.document)
        yield step


def simulate(uow: UnitOfWork, parameters: Document, document: Document) -> Step:
    """Judge the next orders by the policy of the time and by the one that is tried.

    The inputs are those that were kept, so results and certificates are as they were known then.
    """
    question = _question(parameters)
    findings = read_findings(document)
    place = document.get("place") or {
        "after": "",
        "done": 0,
        "total": store.count(uow.session, question),
    }
    orders = store.recorded(uow.session, question, after=place["after"], limit=ORDERS_AT_ONCE)
    tried = policies.get_by_hash(uow, question.policy).content
    contents: dict[str, Content] = {}
    for order in orders:
        if order.policy_id not in contents:
            contents[order.policy_id] = policies.get(uow, order.policy_id).content
        try:
            findings.add(_sides(order, contents[order.policy_id], tried))
        except SnapshotDamagedError:
            findings.unreadable += 1
    shown, done = dump_findings(findings), place["done"] + len(orders)
    if len(orders) < ORDERS_AT_ONCE:
        return Step(shown, done, done, is_last=True)
    total = max(done, place["total"])
    reached = {"after": orders[-1].evaluation_id, "done": done, "total": total}
    return Step(shown | {"place": reached}, done, total, is_last=False)


SIMULATION = Kind("recognition-simulation", simulate)


def _sides(order: RecordedOrder, at_the_time: Content, tried: Content) -> Sides:
    before, _ = answers.unpack(order.answer)
    kept = unpack(order.snapshot)
    programme = replace(kept.programme, policy=tried.policy)
    after = judge(programme, kept.past, kept.order, kept.now)
    return Sides(order.item, before, after, at_the_time.terms, tried.terms)


def _require(uow: UnitOfWork, question: Question) -> None:
    if question.since >= question.until:
        raise InvalidError(issues=[PERIOD_WRONG])
    policies.get_by_hash(uow, question.policy)


def _parameters(question: Question) -> Document:
    instants = {"since": question.since.isoformat(), "until": question.until.isoformat()}
    return asdict(question) | instants


def _question(parameters: Document) -> Question:
    since, until = (datetime.fromisoformat(parameters[each]) for each in ("since", "until"))
    return Question(**{**parameters, "since": since, "until": until})
