"""Old bundles are dropped whole, on record; what is left stays provable."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import text

from medshare.audit import store
from medshare.audit.digest.follower import Digest
from medshare.audit.export import ndjson, sealed_lines
from medshare.audit.holds import service as holding
from medshare.audit.holds.model import Hold
from medshare.audit.holds.service import Holds
from medshare.audit.model import EventQuery
from medshare.audit.retention import WORKER, Retention
from medshare.audit.sealed_log import SealedLog
from medshare.audit.store import AuditSubjectRow
from medshare.audit.tree import store as tree
from medshare.audit.tree.merkle import extends, hash_leaf, includes
from medshare.audit.tree.notes import Checkpoint
from medshare.audit.tree.tiles import WIDTH
from medshare.audit.verify import Fault, Verification
from medshare.infra.uow import UnitOfWork
from medshare.kernel.audit import AuditEntry
from medshare.patients.aliases import LinkAliases
from medshare.settings import Settings
from tests.entries import an_entry
from tests.store.test_sequencer import Log

KEEP = timedelta(days=180)


class Aged(Log):
    """A log of two bundles that are old, one that is old in part, and one that is new."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.clock = self.ledgers.clock
        self.digest = Digest(self.databases, self.vault, LinkAliases(self.databases[0]))
        self.holds = Holds(self.databases, LinkAliases(self.databases[0]))
        self.retention = Retention(self.databases, self.ledgers.trail, self.clock, KEEP, self.holds)
        self.log = SealedLog(self.databases[-1], self.signer.verifier)
        self.old = self.written(2 * WIDTH + 50)
        self.checkpoints = [self.checkpoint()]
        self.clock.advance(days=181)
        self.new = self.written(2 * WIDTH)
        self.checkpoints.append(self.checkpoint())
        self.digest.catch_up()

    def written(self, count: int) -> list[AuditEntry]:
        at = self.clock.now()
        entries = [an_entry(recorded_at=at, query="asked") for _ in range(count)]
        self.ledgers.trail._write(entries[1:])
        self.ledgers.change(entries[0])
        self.seal()
        return entries

    def checkpoint(self) -> Checkpoint:
        found = self.log.checkpoint()
        assert found is not None
        return found[0]

    def verified(self, kept: Checkpoint | None = None, **restrictions: str) -> Verification:
        self.seal()
        verification = Verification(self.signer.verifier, kept)
        query = EventQuery(**restrictions)  # type: ignore[arg-type]  # texts will do
        verification.read(ndjson(sealed_lines(self.databases, self.vault, self.log, query)))
        return verification

    def count(self, table: str) -> int:
        total = 0
        for ledger in self.databases:
            with ledger.read() as session:
                total += session.scalar(text(f"select count(*) from {table}")) or 0
        return total


@pytest.fixture
def log(settings: Settings) -> Iterator[Aged]:
    opened = Aged(settings)
    yield opened
    opened.ledgers.close()


def test_what_is_too_old_goes_whole_and_the_rest_stays_provable(log: Aged) -> None:
    assert log.retention.apply(WORKER) == 2 * WIDTH
    verification = log.verified()
    assert verification.findings == []
    assert verification.dropped == [range(2 * WIDTH)]
    assert verification.entries == 50 + 2 * WIDTH + 1
    for table in ("audit_entries", "audit_leaves", "audit_accesses"):
        assert log.count(table) <= verification.entries
    assert log.log.inclusion(log.old[1].id) is None
    proof = log.log.inclusion(log.new[-1].id)
    assert proof is not None
    size, root = log.checkpoint().size, log.checkpoint().root
    assert includes(hash_leaf(proof.leaf.encode()), proof.index, size, proof.hashes, root)
    first = log.checkpoints[0]
    hashes = log.log.consistency(first.size, size)
    assert hashes is not None
    assert extends(first.size, first.root, size, root, hashes)


def test_it_stands_in_the_trail_how_far_the_log_was_dropped(log: Aged) -> None:
    log.retention.apply(WORKER)
    (entry,) = log.ledgers.found(operation="audit.retain")
    assert (entry.principal.kind, entry.principal.id) == ("system", "retention")
    assert entry.counts == {"entries": 2 * WIDTH, "droppedTo": 2 * WIDTH}
    before = log.count("audit_entries")
    assert log.retention.apply(WORKER) == 0
    assert log.count("audit_entries") == before


def test_a_gap_that_no_entry_tells_of_is_named(log: Aged) -> None:
    with log.databases[-1].write() as session:
        tree.drop_bundle(session, 0)
    faults = [each.fault for each in log.verified().findings]
    assert faults == [Fault.UNEXPLAINED_DROP]


def test_a_kept_checkpoint_is_compared_where_it_can_be(log: Aged) -> None:
    log.retention.apply(WORKER)
    assert log.verified(log.checkpoints[0]).findings == []
    edge = log.log.bundle_roots(range(2))
    inside = Checkpoint(log.signer.name, WIDTH, edge[0])
    assert log.verified(inside).findings == []
    forged = Checkpoint(log.signer.name, WIDTH, edge[1])
    assert [each.fault for each in log.verified(forged).findings] == [Fault.REWRITTEN]
    among = Checkpoint(log.signer.name, WIDTH + 7, edge[0])
    assert [each.fault for each in log.verified(among).findings] == [Fault.KEPT_TOO_OLD]


def test_killed_in_between_the_next_run_goes_on(log: Aged) -> None:
    with log.databases[-1].read() as session:
        entry_ids = [row.entry_id for row in tree.leaf_rows(session, 0)]
    with log.databases[0].write() as session:
        store.drop(session, entry_ids)
    assert log.retention.apply(WORKER) == 2 * WIDTH
    assert log.verified().findings == []


def test_servers_look_every_hour(log: Aged) -> None:
    log.retention.apply_in_time()
    assert log.verified().dropped == [range(2 * WIDTH)]
    log.clock.advance(days=400)
    log.retention.apply_in_time()
    assert log.verified().dropped == [range(3 * WIDTH)]


def test_a_log_never_loses_its_last_full_bundle(log: Aged) -> None:
    log.clock.advance(days=4000)
    assert log.retention.droppable().end == (50 + 4 * WIDTH) // WIDTH - 1


def test_a_filtered_export_shows_the_gap_too(log: Aged) -> None:
    log.retention.apply(WORKER)
    verification = log.verified(operation="nothing")
    assert (verification.findings, verification.entries) == ([], 0)
    assert verification.dropped == [range(2 * WIDTH)]


@pytest.mark.parametrize("named", ["entry", "patient", "period"])
def test_what_is_held_stays_until_the_hold_is_lifted(log: Aged, named: str) -> None:
    entry = log.old[WIDTH + 3]
    what = {
        "entry": {"entry_id": entry.id},
        "patient": {"patient_id": "p-1"},
        "period": {"since": entry.recorded_at, "until": entry.recorded_at + timedelta(hours=1)},
    }[named]
    with log.databases[-1].write() as session:
        session.add(AuditSubjectRow(entry_id=entry.id, position=0, patient_id="p-1"))
    hold = Hold("h-1", "Case 7", "cli:test", log.clock.now(), **what)  # type: ignore[arg-type]  # one of three kinds
    with log.databases[0].write() as session:
        holding.place(UnitOfWork(session, log.clock), hold)
    # The entry stands in the second bundle, the period in the first too.
    before = 0 if named == "period" else WIDTH
    assert log.retention.apply(WORKER) == before
    assert log.verified().findings == []
    with log.databases[0].write() as session:
        holding.lift(UnitOfWork(session, log.clock), "h-1", "cli:test")
    assert log.retention.droppable().entries == 2 * WIDTH - before
