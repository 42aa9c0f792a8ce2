"""What both databases promise: one writer, one state a read, errors in our words."""

import fcntl
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import cast

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as tuned
from hypothesis import strategies as st
from sqlalchemy import Table, insert, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from medshare.infra.begun import wire_of
from medshare.infra.checkpoints import CheckpointWorker
from medshare.infra.compiled import Fixed, Insertion
from medshare.infra.db import Database, lacks_reference
from medshare.infra.lease import Lease, LeaseRow
from medshare.kernel.errors import StorageFullError, UnavailableError
from medshare.settings import Settings
from tests.site import NOW, StandingClock

WAIT_S = 10.0


def a_lease(duty: str = "duty", until: datetime = NOW) -> dict[str, object]:
    return {"duty": duty, "holder": "me", "until": until}


@pytest.fixture
def file(embedded_template: Path, tmp_path: Path) -> Iterator[Database]:
    """A fresh, migrated SQLite file."""
    path = tmp_path / "alone.db"
    path.write_bytes((embedded_template / "index.db").read_bytes())
    database = Database(f"sqlite:///{path}")
    yield database
    database.dispose()


def test_a_write_commits_at_its_end_and_not_at_all_after_an_error(database: Database) -> None:
    with database.write() as session:
        session.execute(insert(LeaseRow), a_lease("kept"))
    with pytest.raises(ZeroDivisionError), database.write() as session:
        session.execute(insert(LeaseRow), a_lease("lost"))
        _ = 1 / 0
    with database.read() as session:
        assert list(session.scalars(select(LeaseRow.duty))) == ["kept"]


def test_a_read_sees_one_state_though_others_write_meanwhile(database: Database) -> None:
    with database.read() as session:
        assert list(session.scalars(select(LeaseRow.duty))) == []
        with database.write() as other:
            other.execute(insert(LeaseRow), a_lease())
        assert list(session.scalars(select(LeaseRow.duty))) == []
    with database.read() as session:
        assert list(session.scalars(select(LeaseRow.duty))) == ["duty"]


@pytest.mark.parametrize("prepared_first", [True, False])
def test_prepared_statements_of_a_read_see_what_its_others_see(
    database: Database, *, prepared_first: bool
) -> None:
    prepared = Fixed(select(LeaseRow.duty))

    def one_way_then_the_other(session: Session) -> Iterator[list[str]]:
        ways = [
            lambda: [row[0] for row in prepared.rows(wire_of(session))],
            lambda: list(session.scalars(select(LeaseRow.duty))),
        ]
        for way in ways if prepared_first else reversed(ways):
            yield way()

    with database.read() as session:
        found = one_way_then_the_other(session)
        assert next(found) == []
        with database.write() as other:
            other.execute(insert(LeaseRow), a_lease())
        assert next(found) == []
    with database.read() as session:
        assert list(one_way_then_the_other(session)) == [["duty"], ["duty"]]


def test_a_prepared_change_in_a_read_is_an_error(database: Database) -> None:
    adding = Insertion(cast("Table", LeaseRow.__table__))
    with pytest.raises((DBAPIError, UnavailableError)), database.read() as session:
        adding.run(wire_of(session), [a_lease()])
    with database.read() as session:
        assert list(session.scalars(select(LeaseRow.duty))) == []


def test_a_change_in_a_read_is_an_error(database: Database) -> None:
    with pytest.raises((DBAPIError, UnavailableError)), database.read() as session:
        session.execute(insert(LeaseRow), a_lease())
    with database.write() as session:
        session.execute(insert(LeaseRow), a_lease("after"))
    with database.read() as session:
        assert list(session.scalars(select(LeaseRow.duty))) == ["after"]


def test_writers_lose_no_update_of_each_other(database: Database) -> None:
    with database.write() as session:
        session.execute(insert(LeaseRow), a_lease())

    def count_up() -> None:
        for _ in range(10):
            with database.write() as session:
                row = session.scalars(select(LeaseRow).with_for_update()).one()
                row.until += timedelta(seconds=1)

    threads = [threading.Thread(target=count_up) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(WAIT_S)
    with database.read() as session:
        assert session.scalars(select(LeaseRow.until)).one() == NOW + timedelta(seconds=40)


def test_a_missing_reference_is_told_from_a_taken_key(database: Database) -> None:
    orphan = text("insert into facility_scopes (facility_code, scope) values ('none', 's')")
    with pytest.raises(IntegrityError) as lacking, database.write() as session:
        session.execute(orphan)
    with database.write() as session:
        session.execute(insert(LeaseRow), a_lease())
    with pytest.raises(IntegrityError) as taken, database.write() as session:
        session.execute(insert(LeaseRow), a_lease())
    assert lacks_reference(lacking.value)
    assert not lacks_reference(taken.value)


def test_an_error_never_quotes_the_values_of_its_statement(database: Database) -> None:
    with database.write() as session:
        session.execute(insert(LeaseRow), a_lease())
    with pytest.raises(IntegrityError) as refusal, database.write() as session:
        session.execute(insert(LeaseRow), a_lease() | {"holder": "ZHANG^SANFENG"})
    assert "ZHANG" not in str(refusal.value)


def test_a_statement_of_ours_that_is_wrong_is_no_outage(database: Database) -> None:
    with pytest.raises(DBAPIError), database.read() as session:
        session.execute(text("select nothing from nowhere"))


def test_a_statement_that_takes_too_long_is_given_up(settings: Settings) -> None:
    database = Database(settings.effective_database_url, statement_timeout_s=1)
    endless = text(
        "with recursive n(i) as (select 1 union all select i + 1 from n) select max(i) from n"
    )
    for opened in (database.read, database.write):
        with pytest.raises(UnavailableError, match="took too long"), opened() as session:
            session.execute(endless)
        with opened() as session:
            assert session.scalar(text("select 1")) == 1
    database.dispose()


def test_whoever_takes_long_over_the_rows_is_given_the_rest(settings: Settings) -> None:
    database = Database(settings.effective_database_url, statement_timeout_s=1)
    rows = text(
        "with recursive n(i) as (select 1 union all select i + 1 from n where i < 800000) "
        "select i from n where i % 200000 = 0"
    )
    with database.read() as session:
        streamed = session.execute(rows, execution_options={"yield_per": 1}).scalars()
        first = next(streamed)
        time.sleep(1.1)
        assert [first, *streamed] == [200_000, 400_000, 600_000, 800_000]
    database.dispose()


def test_an_exhausted_pool_is_an_outage(settings: Settings) -> None:
    database = Database(settings.effective_database_url, pool_size=1)
    database.engine.pool._timeout = 0.05  # type: ignore[attr-defined]  # not thirty seconds
    held = [database.engine.connect() for _ in range(4)]
    with pytest.raises(UnavailableError), database.write():
        pass
    for each in held:
        each.close()
    database.dispose()


@tuned(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    at=st.datetimes(
        datetime(1000, 1, 2),
        datetime(9999, 12, 30),
        timezones=st.integers(-14 * 60, 14 * 60).map(lambda m: timezone(timedelta(minutes=m))),
    )
)
def test_an_instant_comes_back_as_the_same_instant_in_utc(database: Database, at: datetime) -> None:
    with database.write() as session:
        session.execute(text("delete from leases"))
        session.execute(insert(LeaseRow), a_lease(until=at))
    with database.read() as session:
        found = session.scalars(select(LeaseRow.until)).one()
    assert found == at
    assert found.utcoffset() == timedelta(0)


def test_instants_compare_and_sort_as_instants(database: Database) -> None:
    zone = timezone(timedelta(hours=8))
    instants = [
        datetime(2026, 1, 1, 8, 0, 0, 1, tzinfo=zone),
        datetime(2026, 1, 1, 0, 0, tzinfo=UTC),
        datetime(2025, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
    ]
    with database.write() as session:
        for number, at in enumerate(instants):
            session.execute(insert(LeaseRow), a_lease(str(number), at))
    with database.read() as session:
        assert list(session.scalars(select(LeaseRow.duty).order_by(LeaseRow.until))) == list("210")
        later = select(LeaseRow.duty).where(LeaseRow.until > instants[1])
        assert list(session.scalars(later)) == ["0"]


def test_an_instant_without_an_offset_is_refused(database: Database) -> None:
    with pytest.raises(Exception, match="offset"), database.write() as session:
        session.execute(insert(LeaseRow), a_lease(until=datetime(2026, 1, 1)))


def test_a_sqlite_file_is_in_wal_and_survives_power_cuts_and_checks_references(
    file: Database,
) -> None:
    with file.write() as session:
        assert session.scalar(text("pragma journal_mode")) == "wal"
        assert session.scalar(text("pragma synchronous")) == 2
        assert session.scalar(text("pragma foreign_keys")) == 1


def test_a_writer_waits_for_the_lock_file_of_another_process(file: Database) -> None:
    order: list[str] = []
    with Path(f"{file.url.database}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)

        def write() -> None:
            with file.write() as session:
                session.execute(insert(LeaseRow), a_lease())
                order.append("writer")

        writer = threading.Thread(target=write)
        writer.start()
        time.sleep(0.1)
        order.append("holder")
        fcntl.flock(lock, fcntl.LOCK_UN)
    writer.join(WAIT_S)
    assert order == ["holder", "writer"]


def test_a_full_file_is_told_as_full(file: Database) -> None:
    with pytest.raises(StorageFullError), file.write() as session:
        pages = session.scalar(text("pragma page_count"))
        session.execute(text(f"pragma max_page_count = {pages}"))
        for number in range(500):
            session.execute(insert(LeaseRow), a_lease(f"{number:064}"))


def test_a_locked_file_is_an_outage(file: Database) -> None:
    with file.engine.connect().execution_options(medshare_write=True) as holder:
        holder.execute(insert(LeaseRow), a_lease())
        with pytest.raises(UnavailableError), file.read() as session:
            session.execute(text("pragma busy_timeout = 1"))  # not ten seconds
            session.execute(text("pragma query_only = off"))
            session.execute(insert(LeaseRow), a_lease())


def test_a_file_that_is_away_is_an_outage(tmp_path: Path) -> None:
    (tmp_path / "index.db").mkdir()
    database = Database(f"sqlite:///{tmp_path}/index.db")
    with pytest.raises(UnavailableError), database.write() as session:
        session.execute(text("select 1"))
    with pytest.raises(UnavailableError), database.read() as session:
        session.execute(text("select 1"))


def test_a_lock_file_that_cannot_be_opened_is_an_outage(file: Database) -> None:
    Path(f"{file.url.database}.lock").mkdir()
    with pytest.raises(UnavailableError), file.write():
        pass


def test_a_server_that_is_away_is_an_outage() -> None:
    database = Database("postgresql+psycopg://nobody@127.0.0.1:1/none")
    with pytest.raises(UnavailableError), database.read() as session:
        session.execute(text("select 1"))
    with pytest.raises(UnavailableError), database.write() as session:
        session.execute(text("select 1"))


def test_an_error_of_the_work_itself_passes_as_it_is(database: Database) -> None:
    with pytest.raises(KeyError), database.read():
        raise KeyError


def test_one_of_two_holders_has_the_lease_until_it_ends(database: Database) -> None:
    clock = StandingClock()
    one, other = Lease(database, clock, "duty"), Lease(database, clock, "duty")
    assert (one.held(), other.held(), one.held()) == (True, False, True)
    clock.advance(seconds=6)
    assert (one.held(), other.held()) == (True, False)
    clock.advance(seconds=9)
    assert (other.held(), one.held()) == (False, True)
    clock.advance(seconds=10)
    assert (other.held(), one.held()) == (True, False)


def test_a_crowd_that_asks_at_once_gets_one_holder(database: Database) -> None:
    clock = StandingClock()
    leases = [Lease(database, clock, "duty") for _ in range(6)]
    held: list[bool] = []
    start = threading.Barrier(len(leases))

    def ask(lease: Lease) -> None:
        start.wait(WAIT_S)
        held.append(lease.held())

    threads = [threading.Thread(target=ask, args=(each,)) for each in leases]
    for each in threads:
        each.start()
    for each in threads:
        each.join(WAIT_S)
    assert sorted(held) == [False] * 5 + [True]


def test_leases_of_two_duties_are_strangers(database: Database) -> None:
    clock = StandingClock()
    assert Lease(database, clock, "one").held()
    assert Lease(database, clock, "two").held()


def test_commits_are_moved_into_the_file_though_somebody_reads(file: Database) -> None:
    path = Path(file.url.database or "")
    worker = CheckpointWorker([file])
    with file.write() as session:
        session.execute(insert(LeaseRow), a_lease("committed-and-waiting"))
    assert b"committed-and-waiting" not in path.read_bytes()
    with file.read() as reader:
        reader.scalar(select(LeaseRow.duty))
        worker.checkpoint_changed()
    assert b"committed-and-waiting" in path.read_bytes()
    size = path.with_name(f"{path.name}-wal").stat().st_size
    with file.write() as session:
        session.execute(insert(LeaseRow), a_lease("later"))
    assert path.with_name(f"{path.name}-wal").stat().st_size == size  # begun anew
