import threading
from collections.abc import Callable, Sequence

import pytest

from medshare.audit.group_commit import BATCH_MAX, GroupCommit
from medshare.kernel.audit import AuditEntry
from tests.entries import an_entry

WAIT_S = 10.0


class Ledger:
    """Writes batches into memory; the first one waits until it is told to go on."""

    def __init__(self, fails: Callable[[int], bool] = lambda _batch: False) -> None:
        self.batches: list[list[str]] = []
        self.entered = threading.Event()
        self.go_on = threading.Event()
        self._fails = fails

    def write(self, entries: Sequence[AuditEntry]) -> None:
        number = len(self.batches)
        self.batches.append([each.id for each in entries])
        if number == 0:
            self.entered.set()
            assert self.go_on.wait(WAIT_S)
        if self._fails(number):
            raise OSError("the ledger is away")


class Appender(threading.Thread):
    """Appends one entry and remembers how it ended."""

    def __init__(self, group: GroupCommit, key: str) -> None:
        super().__init__(daemon=True)
        self.key = key
        self.error: Exception | None = None
        self._group = group
        self.start()

    def run(self) -> None:
        try:
            self._group.append(an_entry(id=self.key))
        except OSError as error:
            self.error = error


def queue_behind_the_first(ledger: Ledger, group: GroupCommit, count: int) -> list[Appender]:
    """Start one appender that writes and ``count`` that wait for it; then let it go on."""
    first = Appender(group, "first")
    assert ledger.entered.wait(WAIT_S)
    others = [Appender(group, f"{number:04}") for number in range(count)]
    while len(group._queue) < count:
        threading.Event().wait(0.001)
    ledger.go_on.set()
    for each in [first, *others]:
        each.join(WAIT_S)
        assert not each.is_alive()
    return [first, *others]


def test_those_who_come_while_one_writes_are_written_together() -> None:
    ledger = Ledger()
    queue_behind_the_first(ledger, GroupCommit(ledger.write), 20)
    assert [len(each) for each in ledger.batches] == [1, 20]


def test_the_lead_is_handed_on_when_more_wait_than_one_batch_holds() -> None:
    ledger = Ledger()
    queue_behind_the_first(ledger, GroupCommit(ledger.write), BATCH_MAX + 5)
    assert [len(each) for each in ledger.batches] == [1, BATCH_MAX, 5]


def test_a_failure_reaches_everyone_in_its_batch_and_nobody_else() -> None:
    ledger = Ledger(fails=lambda number: number == 1)
    appenders = queue_behind_the_first(ledger, GroupCommit(ledger.write), 20)
    failed = {each.key for each in appenders if each.error is not None}
    assert failed == set(ledger.batches[1])
    assert len(failed) == 20


def test_after_a_failure_the_next_entry_is_written() -> None:
    ledger = Ledger(fails=lambda number: number == 0)
    ledger.go_on.set()
    group = GroupCommit(ledger.write)
    with pytest.raises(OSError, match="away"):
        group.append(an_entry())
    group.append(an_entry(id="second"))
    assert ledger.batches[1] == ["second"]


def test_an_interrupted_leader_leaves_nobody_waiting() -> None:
    def write(entries: Sequence[AuditEntry]) -> None:
        if entries[0].id == "first":
            raise KeyboardInterrupt

    group = GroupCommit(write)
    with pytest.raises(KeyboardInterrupt):
        group.append(an_entry(id="first"))
    second = Appender(group, "second")
    second.join(WAIT_S)
    assert not second.is_alive()
    assert second.error is None


def test_every_entry_is_written_once_whatever_the_crowd() -> None:
    ledger = Ledger()
    ledger.go_on.set()
    group = GroupCommit(ledger.write)

    def append_many(name: int) -> None:
        for number in range(100):
            group.append(an_entry(id=f"{name}-{number}"))

    threads = [threading.Thread(target=append_many, args=(name,)) for name in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(WAIT_S)
    written = [key for batch in ledger.batches for key in batch]
    assert len(written) == len(set(written)) == 800
