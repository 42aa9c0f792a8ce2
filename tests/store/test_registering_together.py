"""Several register at once, and one merges: nobody is doubled, nobody joins the retired."""

import multiprocessing
import threading
from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from medshare.infra.clock import SystemClock
from medshare.infra.db import Database
from medshare.infra.uow import UnitOfWork
from medshare.patients.links import merges
from medshare.patients.links.model import Actor, MergeRequest
from medshare.patients.links.store import hold_persons
from medshare.patients.loading.model import Line, Loaded, Refused
from medshare.patients.loading.service import load
from medshare.patients.model import (
    HumanName,
    Registered,
    Registration,
)
from medshare.patients.selectables import live_links
from tests.patient_index import WANG, A, B, ask, change, index, register
from tests.registrations import a_registration, an_identity_number

__all__ = ["index"]
GIVEN = [f"{family}{given}" for family in "赵钱孙李周" for given in ("雨晴", "建国", "伟", "静")]


def _register_in_a_process(url: str, registrations: Sequence[Registration], start: Any) -> None:
    database = Database(url, pool_size=2)
    start.wait()
    for registration in registrations:
        register(database, registration)
    database.dispose()


def test_several_processes_make_one_person_of_one_person(index: Database) -> None:
    context = multiprocessing.get_context("spawn")
    start = context.Barrier(2)
    people = [an_identity_number(each) for each in range(1, 21)]
    url = index.url.render_as_string(hide_password=False)
    processes = [
        context.Process(
            target=_register_in_a_process,
            args=(
                url,
                [
                    # Every other one is known by phone, not by number.
                    a_registration(code, f"M{n}", number=each)
                    if n % 2
                    else a_registration(
                        code, f"M{n}", name=HumanName(GIVEN[n]), phone=f"199000001{n:02d}"
                    )
                    for n, each in enumerate(people)
                ],
                start,
            ),
        )
        for code in (A, B)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
        assert process.exitcode == 0
    links = live_links()
    rows = ask(index, lambda uow: uow.session.execute(select(links.c.patient_id)).all())
    assert len(rows) == 40
    assert len(set(rows)) == 20


def test_nobody_joins_a_person_at_the_moment_of_a_merge(index: Database) -> None:
    phone = "19900000001"
    survivor = register(index, a_registration("SZ-A", name=HumanName("赵雨晴"))).record
    retired = register(index, a_registration("SZ-B", phone=phone)).record
    joined: list[Registered] = []
    joiner = threading.Thread(
        target=lambda: joined.append(register(index, a_registration("SZ-C", phone=phone)))
    )
    request = MergeRequest(survivor.patient_id, retired.patient_id, "Seen.", 1, 1)
    with index.write() as session:
        uow = UnitOfWork(session, SystemClock())
        merges.merge(uow, Actor("registrar", None), request)
        joiner.start()
        joiner.join(0.5)
        assert joiner.is_alive(), "who is found waits for the merge"
    joiner.join(30)
    assert joined[0].record.patient_id == survivor.patient_id


def test_a_batch_that_joins_two_waits_for_a_merge_of_them_and_not_in_a_circle(
    index: Database,
) -> None:
    """A merge holds the first person first; the batch meets the second one in its first line."""
    stated = [
        a_registration("SZ-A", f"A{n}", name=HumanName(GIVEN[n]), phone=f"1990000021{n}")
        for n in range(2)
    ]
    first, second = sorted(register(index, each).record.patient_id for each in stated)
    lines = [
        Line(n, B, a_registration("SZ-B", f"B{n}", name=HumanName(GIVEN[n]), phone=each.phone))
        for n, each in reversed(list(enumerate(stated)))
    ]
    done: list[Loaded | Refused] = []
    batch = threading.Thread(
        target=lambda: done.extend(change(index, lambda uow: load(uow, lines)))
    )
    with index.write() as session:
        hold_persons(session, [first])
        batch.start()
        batch.join(0.5)
        assert batch.is_alive(), "the batch waits for the merge"
        hold_persons(session, [second])
    batch.join(30)
    joined = {each.record.patient_id for each in done if isinstance(each, Loaded)}
    assert joined == {first, second}


def test_one_registration_sent_by_many_at_once_stands_once(index: Database) -> None:
    together = threading.Barrier(8)
    answers: list[Registered] = []

    def send() -> None:
        together.wait()
        answers.append(register(index, a_registration(number=WANG)))

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len({each.record for each in answers}) == 1
    assert [each.fresh for each in answers].count(True) == 1
