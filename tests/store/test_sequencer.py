"""The sequencer: every committed entry stands in the tree once, whatever is killed when."""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from structlog.testing import capture_logs

from medshare.audit.keys import load_log_signer
from medshare.audit.leaf import Withheld, entry_of, instant, leaf_of, withheld_of
from medshare.audit.sequencer import BATCH, ENTRIES_GONE, Sequencer
from medshare.audit.tree import store as tree
from medshare.audit.tree.merkle import hash_leaf, includes, inclusion_proof
from medshare.audit.tree.notes import open_checkpoint
from medshare.audit.tree.tiles import LEAF_LIMIT, WIDTH, Tiles
from medshare.infra.db import Database
from medshare.kernel.audit import AuditEntry, Subject
from medshare.kernel.errors import TrailUnavailableError
from medshare.kernel.identifiers import PatientId
from medshare.settings import Settings
from tests.entries import an_entry
from tests.store.test_trail import FULL, Ledgers


class Log:
    """Two ledgers and the sequencer over them."""

    def __init__(self, settings: Settings) -> None:
        self.ledgers = Ledgers(settings)
        self.vault = self.ledgers.vault
        self.signer = load_log_signer(settings.data_dir / "secrets", "https://medshare.test")
        self.databases: Sequence[Database] = list(
            dict.fromkeys([self.ledgers.index, self.ledgers.reads])
        )
        self.sequencer = self.new_sequencer()

    def new_sequencer(self) -> Sequencer:
        return Sequencer(self.databases, self.vault, self.ledgers.clock, self.signer, lambda: True)

    def seal(self) -> None:
        while self.sequencer.seal_waiting():
            pass

    def write(self, count: int) -> list[AuditEntry]:
        entries = [an_entry() for _ in range(count)]
        self.ledgers.trail._write(entries[1:])
        self.ledgers.change(entries[0])
        return entries

    def assert_whole(self, entries: Sequence[AuditEntry]) -> None:
        """Every entry stands once, provably, under the newest checkpoint."""
        with self.databases[-1].read() as session:
            newest = tree.latest(session)
            assert newest is not None
            checkpoint = open_checkpoint(newest[1], self.signer.verifier)
            assert checkpoint.size == len(entries)
            tiles = Tiles(lambda place: tree.tile(session, place), checkpoint.size)
            for each in entries:
                position = tree.position_of(session, each.id)
                assert position is not None
                leaf = tree.bundle(session, position // WIDTH)[position % WIDTH]
                assert entry_of(leaf.decode(), withheld_of(each, b"", b"")) == each
                proof = inclusion_proof(tiles.node, position, checkpoint.size)
                assert includes(hash_leaf(leaf), position, checkpoint.size, proof, checkpoint.root)
        for ledger in self.databases:
            with ledger.read() as session:
                assert tree.pending(session, 1) == []


@pytest.fixture
def log(settings: Settings) -> Iterator[Log]:
    opened = Log(settings)
    yield opened
    opened.ledgers.close()


def test_entries_of_both_ledgers_are_sealed_in_batches(log: Log) -> None:
    entries = log.write(5)
    log.seal()
    log.assert_whole(entries)
    entries += log.write(BATCH + WIDTH)
    log.seal()
    log.assert_whole(entries)


def test_without_entries_nothing_is_signed(log: Log) -> None:
    assert log.sequencer.seal_waiting() == 0
    with log.databases[-1].read() as session:
        assert tree.latest(session) is None


def test_what_was_sealed_before_a_kill_is_not_sealed_again(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    entries = log.write(4)

    def killed(*_arguments: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(tree, "settle", killed)
        log.sequencer.seal_waiting()
    entries += log.write(3)
    log.sequencer = log.new_sequencer()
    log.seal()
    log.assert_whole(entries)


def test_a_kill_before_the_checkpoint_leaves_no_part_of_a_batch(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    entries = log.write(4)

    def killed(*_arguments: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(tree, "add_checkpoint", killed)
        log.sequencer.seal_waiting()
    with log.databases[-1].read() as session:
        assert session.scalar(text("select count(*) from audit_leaves")) == 0
    log.seal()
    log.assert_whole(entries)


def test_two_that_seal_at_once_cannot_take_the_same_position(log: Log) -> None:
    log.write(2)
    log.seal()
    leaf = tree.SealedLeaf("another", b"{}", b"s", b"s")
    with pytest.raises(IntegrityError), log.databases[-1].write() as session:
        tree.add_leaves(session, 1, [leaf])


def test_an_entry_commits_with_its_place_in_the_queue(log: Log) -> None:
    with log.ledgers.reads.write() as session:
        session.execute(text("alter table audit_pending rename to audit_elsewhere"))
    with pytest.raises(TrailUnavailableError):
        log.ledgers.trail.append(an_entry())
    assert log.ledgers.found() == []


def test_an_entry_that_vanishes_before_it_is_sealed_is_cried_out(log: Log) -> None:
    entries = log.write(3)
    with log.databases[-1].write() as session:
        session.execute(text("delete from audit_entries where id = :id"), {"id": entries[1].id})
    before = ENTRIES_GONE._value.get()
    with capture_logs() as lines:
        log.seal()
    assert [(each["log_level"], each["entry"]) for each in lines] == [("error", entries[1].id)]
    assert ENTRIES_GONE._value.get() == before + 1
    log.assert_whole([entries[0], entries[2]])


def test_a_leaf_withholds_what_may_name_somebody() -> None:
    withheld = withheld_of(FULL, b"salt", b"another")
    leaf = leaf_of(FULL, withheld)
    objects = [each.id for each in FULL.objects]
    acting = ("d-007", "Dr Test", "Radiology", FULL.principal.id, FULL.request_id)
    for each in (FULL.query, FULL.reason, FULL.source_address, *acting, *objects):
        assert each not in leaf
    assert withheld.who
    assert withheld.about
    assert withheld.who.commitment in leaf
    assert withheld.about.commitment in leaf


def test_one_part_of_a_leaf_can_be_forgotten_without_the_other() -> None:
    withheld = withheld_of(FULL, b"salt", b"another")
    leaf = leaf_of(FULL, withheld)
    asked = entry_of(leaf, Withheld(None, withheld.about))
    assert (asked.query, asked.principal.acting_user) == (FULL.query, None)
    asking = entry_of(leaf, Withheld(withheld.who, None))
    assert (asking.query, asking.principal) == ("", FULL.principal)
    assert asking.subjects == FULL.subjects


def test_an_entry_that_names_too_many_is_sealed_by_the_hash_of_their_list() -> None:
    subjects = tuple(Subject(PatientId(f"p-{number}")) for number in range(10_000))
    long, shorter = (an_entry(subjects=each) for each in (subjects, subjects[1:]))
    leaf = leaf_of(long, withheld_of(long, b"", b""))
    assert len(leaf.encode()) <= LEAF_LIMIT
    assert (
        json.loads(leaf)["subjects"]
        != json.loads(leaf_of(shorter, withheld_of(shorter, b"", b"")))["subjects"]
    )


def test_an_instant_has_one_spelling() -> None:
    at = datetime(2026, 11, 20, 10, 0, tzinfo=timezone(timedelta(hours=8)))
    assert instant(at) == "2026-11-20T02:00:00.000000Z"


@given(st.sampled_from(["", "[]", "{}", '{"v":2}', '{"v":1}', "{", "null"]))
def test_what_is_no_leaf_is_refused(leaf: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # the contract is the class
        entry_of(leaf, Withheld(None, None))
