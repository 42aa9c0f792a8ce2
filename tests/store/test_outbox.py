"""Facts reach their handlers once, in order, and a bad one holds back its own subject only."""

import threading
from contextlib import nullcontext
from dataclasses import dataclass, field

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from medshare.infra.db import Database
from medshare.infra.outbox import (
    TOGETHER,
    AlreadySettledError,
    Deliver,
    Delivery,
    OutboxRow,
    OutboxWorker,
)
from medshare.infra.uow import UnitOfWork
from medshare.kernel.facts import Fact
from tests.site import StandingClock


@dataclass(frozen=True, slots=True)
class Said(Fact):
    """Somebody said a word."""

    kind = "tests.said"
    who: str
    word: str

    @property
    def subject(self) -> str:
        return self.who


@dataclass(frozen=True, slots=True)
class Unheard(Said):
    kind = "tests.unheard"


@dataclass
class Post:
    """An outbox and its worker over one database; ``heard`` is what handlers kept."""

    database: Database
    deaf_to: set[str] = field(default_factory=set)
    clock: StandingClock = field(default_factory=StandingClock)
    alone: int = 0

    def __post_init__(self) -> None:
        with self.database.write() as session:
            session.execute(text("create table heard (who varchar(9), word varchar(9))"))
        self.worker = self.a_worker()

    def a_worker(self, deliver: Deliver | None = None) -> OutboxWorker:
        return OutboxWorker(self.database, self.clock, [Said], deliver or self._hear, lambda: True)

    def _hear(self, delivery: Delivery, within: Session | None) -> None:
        assert isinstance(delivery.fact, Said)
        self.alone += within is None
        with nullcontext(within) if within else self.database.write() as session:
            delivery.settle(session)
            session.execute(
                text("insert into heard values (:who, :word)"),
                {"who": delivery.fact.who, "word": delivery.fact.word},
            )
            if delivery.fact.word in self.deaf_to:
                raise ZeroDivisionError

    def tell(self, *facts: Fact) -> None:
        with self.database.write() as session:
            for fact in facts:
                UnitOfWork(session, self.clock).tell(fact)

    @property
    def heard(self) -> list[str]:
        with self.database.read() as session:
            return [f"{who}{word}" for who, word in session.execute(text("select * from heard"))]

    @property
    def waiting(self) -> int:
        with self.database.read() as session:
            return len(session.scalars(select(OutboxRow.id)).all())


@pytest.fixture
def post(database: Database) -> Post:
    return Post(database)


def said(*words: str) -> list[Said]:
    return [Said(each[0], each[1:]) for each in words]


def test_facts_are_delivered_in_the_order_in_which_they_were_told(post: Post) -> None:
    words = [f"a{number:03}" for number in range(100)]
    post.tell(*said(*words))
    while post.worker.deliver_due():
        pass
    assert post.heard == words
    assert post.waiting == 0


def test_a_fact_of_a_change_that_rolled_back_was_never_told(post: Post) -> None:
    with pytest.raises(ZeroDivisionError), post.database.write() as session:
        UnitOfWork(session, post.clock).tell(Said("a", "1"))
        _ = 1 / 0
    assert post.worker.deliver_due() == 0


def test_a_failing_fact_holds_back_its_own_subject_only(post: Post) -> None:
    post.deaf_to.add("1")
    post.tell(*said("a1", "b1x", "a2", "b2"))
    assert post.worker.deliver_due() == 2
    assert post.heard == ["b1x", "b2"]
    post.worker.deliver_due()
    assert post.heard == ["b1x", "b2"]
    post.deaf_to.clear()
    post.clock.advance(seconds=1)
    assert post.worker.deliver_due() == 2
    assert post.heard == ["b1x", "b2", "a1", "a2"]


def test_facts_share_a_transaction_where_one_writes_at_a_time_unless_one_of_them_fails(
    post: Post,
) -> None:
    post.deaf_to.add("bad")
    post.tell(*said(*(f"{number:x}x" for number in range(TOGETHER)), "abad", "b2"))
    assert post.worker.deliver_due() == TOGETHER + 1
    assert post.alone == (2 if post.database.is_sqlite else TOGETHER + 2)


def test_what_a_failing_handler_did_is_undone(post: Post) -> None:
    post.deaf_to.add("1")
    post.tell(*said("a1"))
    for _ in range(3):
        post.worker.deliver_due()
        post.clock.advance(minutes=5)
    assert post.heard == []
    assert post.waiting == 1


def test_a_failing_fact_is_tried_ever_more_rarely_and_for_ever(post: Post) -> None:
    post.deaf_to.add("1")
    post.tell(*said("a1"))
    pauses = []
    for _ in range(60):  # 2 ** 60 seconds would be beyond any date
        post.worker.deliver_due()
        with post.database.read() as session:
            row = session.scalars(select(OutboxRow)).one()
        pauses.append((row.due_at - post.clock.now()).total_seconds())
        post.clock.instant = row.due_at
    assert pauses[:4] == [1, 2, 4, 8]
    assert pauses[-1] == 300
    assert row.attempts == 60


def test_a_fact_that_nobody_knows_waits_and_the_others_go_on(post: Post) -> None:
    post.tell(Unheard("a", "1"), Said("b", "1"))
    assert post.worker.deliver_due() == 1
    assert post.heard == ["b1"]
    assert post.waiting == 1


def test_a_fact_whose_form_has_changed_waits_and_the_others_go_on(post: Post) -> None:
    post.tell(*said("a1", "b1"))
    with post.database.write() as session:
        session.scalars(select(OutboxRow).order_by(OutboxRow.id)).first().payload = b"{}"
    assert post.worker.deliver_due() == 1
    assert post.heard == ["b1"]


def test_two_workers_at_once_have_the_effects_once(post: Post) -> None:
    post.tell(*said(*(f"a{number}" for number in range(30))))
    workers = [post.worker, post.a_worker()]

    def run(worker: OutboxWorker) -> None:
        while post.waiting:
            worker.deliver_due()
            post.clock.advance(seconds=1)

    threads = [threading.Thread(target=run, args=(each,)) for each in workers]
    for each in threads:
        each.start()
    for each in threads:
        each.join(30)
    assert post.heard == [f"a{number}" for number in range(30)]


def test_a_fact_cannot_be_settled_twice(post: Post) -> None:
    post.tell(*said("a1"))
    kept: list[Delivery] = []
    post.a_worker(lambda delivery, _within: kept.append(delivery)).deliver_due()
    (delivery,) = kept
    with post.database.write() as session:
        delivery.settle(session)
    with pytest.raises(AlreadySettledError), post.database.write() as session:
        delivery.settle(session)


def test_a_started_worker_delivers_by_itself_and_stops(post: Post) -> None:
    heard = threading.Event()

    def hear(delivery: Delivery, _within: Session | None) -> None:
        with post.database.write() as session:
            delivery.settle(session)
        heard.set()

    worker = post.a_worker(hear)
    worker.start()
    post.tell(*said("a1"))
    assert heard.wait(5)
    worker.stop()
    assert post.waiting == 0


def test_a_worker_without_the_lease_delivers_nothing(post: Post) -> None:
    asked = threading.Event()

    def refuse() -> bool:
        asked.set()
        return False

    post.tell(*said("a1"))
    worker = OutboxWorker(post.database, post.clock, [Said], post._hear, refuse)
    worker.start()
    assert asked.wait(5)
    worker.stop()
    assert post.waiting == 1
