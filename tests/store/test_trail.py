"""The trail: what it keeps, what it answers, and that it refuses rather than forget."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import ColumnElement, select, text

from medshare.audit.model import EventQuery
from medshare.audit.store import AuditEntryRow, came_out
from medshare.audit.trail import CHUNK, Trail
from medshare.audit.vault.service import Vault
from medshare.infra.db import Database
from medshare.infra.uow import UnitOfWork
from medshare.kernel.audit import (
    AuditAction,
    AuditEntry,
    AuditObject,
    AuditOutcome,
    AuditPhase,
    Subject,
)
from medshare.kernel.errors import TrailUnavailableError
from medshare.kernel.identifiers import FacilityCode, PatientId, RecordId
from medshare.kernel.principal import (
    ANONYMOUS,
    ActingUser,
    Principal,
    PrincipalKind,
    PurposeOfUse,
)
from medshare.settings import Settings
from tests.conftest import EMBEDDED
from tests.entries import CLIENT, an_entry
from tests.site import NOW, StandingClock


class Ledgers:
    """The trail over its two ledgers (one and the same on PostgreSQL)."""

    def __init__(self, settings: Settings) -> None:
        self.clock = StandingClock()
        self.index = Database(settings.effective_database_url)
        self.reads = self.index
        if self.index.is_sqlite:
            self.reads = Database(f"sqlite:///{settings.data_dir}/audit.db")
        self.vault_file = settings.data_dir / "secrets" / "audit-encryption-key"
        self.vault = Vault(self.vault_file)
        self.trail = Trail(self.index, self.reads, self.vault, self.clock)

    def change(self, entry: AuditEntry) -> None:
        with self.index.write() as session:
            self.trail.append_within(UnitOfWork(session, self.clock), entry)

    def found(self, **restrictions: Any) -> list[AuditEntry]:
        return list(self.trail.entries(EventQuery(**restrictions)))

    def break_reads(self) -> None:
        with self.reads.write() as session:
            session.execute(text("alter table audit_entries rename to audit_elsewhere"))

    def close(self) -> None:
        for each in {self.index, self.reads}:
            each.dispose()


@pytest.fixture
def ledgers(settings: Settings) -> Iterator[Ledgers]:
    opened = Ledgers(settings)
    yield opened
    opened.close()


FULL = an_entry(
    operation="exams.read",
    action=AuditAction.EXPORT,
    outcome=AuditOutcome.PARTIAL,
    reason="一部分",
    basis="care-relationship",
    source_address="2001:db8::1",
    query="PatientName=%E6%9D%8E",
    phase=AuditPhase.OPENING,
    subjects=(
        Subject(PatientId("p-2"), RecordId("r-2")),
        Subject(PatientId("p-1"), None),
        Subject(None, RecordId("r-3")),
    ),
    objects=(AuditObject("study", "1.2.3"), AuditObject("exam", "e-1")),
    counts={"instances": 12},
)


@pytest.mark.parametrize("way", ["append", "change"])
def test_an_entry_comes_back_as_it_was_written(ledgers: Ledgers, way: str) -> None:
    getattr(ledgers, way, ledgers.trail.append)(FULL)
    assert ledgers.found() == [FULL]
    assert ledgers.trail.find(FULL.id) == FULL, "as the sequencer and the digest read it"


def test_who_nobody_knows_is_kept_as_nobody(ledgers: Ledgers) -> None:
    entry = an_entry(principal=ANONYMOUS, outcome=AuditOutcome.UNAUTHENTICATED)
    ledgers.trail.append(entry)
    assert ledgers.found() == [entry]


def spread(ledgers: Ledgers, count: int) -> list[AuditEntry]:
    """Write entries a second apart, every third as a change; return them in order."""
    entries = [an_entry(recorded_at=NOW + timedelta(seconds=number)) for number in range(count)]
    for number, each in enumerate(entries):
        (ledgers.change if number % 3 == 0 else ledgers.trail.append)(each)
    return entries


def test_both_ledgers_are_read_as_one_in_order(ledgers: Ledgers) -> None:
    entries = spread(ledgers, 20)
    assert ledgers.found() == entries


@pytest.mark.parametrize("limit", [1, 3, 7, 20, 50])
def test_pages_lose_and_repeat_nothing(ledgers: Ledgers, limit: int) -> None:
    entries = spread(ledgers, 20)
    seen: list[AuditEntry] = []
    cursor: str | None = None
    while True:
        page = ledgers.trail.page(EventQuery(), cursor=cursor, limit=limit)
        assert len(page.items) <= limit
        seen += page.items
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == entries[::-1]


def test_entries_that_come_while_somebody_pages_repeat_nothing(ledgers: Ledgers) -> None:
    entries = spread(ledgers, 6)
    first = ledgers.trail.page(EventQuery(), cursor=None, limit=3)
    ledgers.trail.append(an_entry(recorded_at=NOW + timedelta(hours=1)))
    rest = ledgers.trail.page(EventQuery(), cursor=first.next_cursor, limit=50)
    assert [*first.items, *rest.items] == entries[::-1]


def test_an_export_reads_on_beyond_one_chunk(ledgers: Ledgers) -> None:
    entries = [an_entry() for _ in range(CHUNK + 1)]
    ledgers.trail._write(entries)
    assert ledgers.found() == entries


OTHER = Principal(PrincipalKind.PERSON, "acc-1", None, acting_user=ActingUser("li.na"))


@pytest.mark.parametrize(
    ("restriction", "fits"),
    [
        ({"patients": frozenset({PatientId("p-1")})}, {"patients": (Subject(PatientId("p-1")),)}),
        ({"patients": frozenset({PatientId("p-0"), PatientId("p-1")})}, {"patients": ...}),
        ({"who": "acc-1"}, {"principal": OTHER}),
        ({"who": "li.na"}, {"principal": OTHER}),
        (
            {"facility": FacilityCode("SZ-B")},
            {"principal": replace(CLIENT, facility=FacilityCode("SZ-B"))},
        ),
        ({"operation": "exams.list"}, {"operation": "exams.list"}),
        ({"action": AuditAction.SEARCH}, {"action": AuditAction.SEARCH}),
        ({"outcome": AuditOutcome.DENIED}, {"outcome": AuditOutcome.DENIED}),
        (
            {"purpose": PurposeOfUse.BTG},
            {"principal": replace(CLIENT, purpose=PurposeOfUse.BTG)},
        ),
        ({"since": NOW + timedelta(seconds=1)}, {"recorded_at": NOW + timedelta(seconds=1)}),
        ({"until": NOW}, {"recorded_at": NOW - timedelta(microseconds=1)}),
    ],
)
def test_a_question_finds_what_fits_and_nothing_else(
    ledgers: Ledgers, restriction: dict[str, Any], fits: dict[str, Any]
) -> None:
    changes = dict(fits)
    if changes.pop("patients", None):
        changes["subjects"] = (Subject(PatientId("p-2")), Subject(PatientId("p-1")))
    asked, changed = an_entry(**changes), an_entry(**changes)
    ledgers.trail.append(an_entry(subjects=(Subject(PatientId("p-2")),)))
    ledgers.trail.append(asked)
    ledgers.change(changed)
    ledgers.change(an_entry())
    assert ledgers.found(**restriction) == [asked, changed]
    page = ledgers.trail.page(EventQuery(**restriction), cursor=None, limit=10)
    assert page.items == [changed, asked]


def test_an_entry_that_cannot_be_made_durable_is_an_error(ledgers: Ledgers) -> None:
    ledgers.break_reads()
    with pytest.raises(TrailUnavailableError):
        ledgers.trail.append(an_entry())
    with pytest.raises(TrailUnavailableError):
        ledgers.trail.append_study_read(an_entry(objects=(AuditObject("study", "1.2"),)))


def test_a_change_whose_entry_cannot_be_written_is_not_made(ledgers: Ledgers) -> None:
    again = an_entry()
    ledgers.change(again)
    with pytest.raises(TrailUnavailableError), ledgers.index.write() as session:
        session.execute(text("insert into leases values ('duty', 'me', '2026-01-01 00:00:00')"))
        ledgers.trail.append_within(UnitOfWork(session, ledgers.clock), again)
    with ledgers.index.read() as session:
        assert session.scalar(text("select count(*) from leases")) == 0


def test_reading_the_trail_closes_the_reads_that_are_open(ledgers: Ledgers) -> None:
    opening = an_entry(
        objects=(AuditObject("study", "1.2"),), counts={"instances": 2}, phase=AuditPhase.OPENING
    )
    ledgers.trail.append_study_read(opening)
    ledgers.clock.advance(seconds=1)
    ledgers.trail.append_study_read(replace(opening, id="another"))
    assert [(each.phase, each.counts) for each in ledgers.found()] == [
        (AuditPhase.OPENING, {"instances": 2}),
        (AuditPhase.CLOSING, {"instances": 4}),
    ]


@pytest.mark.parametrize("pair", [EMBEDDED], indirect=True)
@pytest.mark.parametrize(
    ("condition", "index"),
    [
        (came_out(["failed"]), "ix_audit_entries_outcome_id"),
        (AuditEntryRow.source_address == "192.0.2.1", "ix_audit_entries_source_address_id"),
    ],
    ids=["outcome", "address"],
)
def test_what_is_rare_is_found_by_an_index(
    ledgers: Ledgers, condition: ColumnElement[bool], index: str
) -> None:
    statement = select(AuditEntryRow.id).where(condition).order_by(AuditEntryRow.id.desc())
    with ledgers.reads.read() as session:
        written = statement.compile(session.get_bind(), compile_kwargs={"render_postcompile": True})
        plan = session.connection().exec_driver_sql(
            f"explain query plan {written}", tuple(written.params.values())
        )
        assert index in str(plan.all())
