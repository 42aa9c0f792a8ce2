from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text
from sqlalchemy.exc import IntegrityError

import medshare.migrations
from medshare.access.model import Role
from medshare.infra.db import Database
from medshare.migrations import LEDGER, BrokenReferenceError, downgrade, upgrade
from medshare.migrations.tables import metadata
from tests.dicom import a_ct, store
from tests.links import registered
from tests.site import NOW, Site


def drift_of(database: Database) -> list[object]:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, metadata))


def tables_of(database: Database) -> set[str]:
    return set(inspect(database.engine).get_table_names()) - {"alembic_version"}


def test_the_migrated_tables_are_the_tables_of_the_code(database: Database) -> None:
    assert drift_of(database) == []
    assert tables_of(database) == set(metadata.tables)


def test_every_migration_goes_down_and_up_again(database: Database) -> None:
    downgrade(database, "base")
    assert tables_of(database) == set()
    upgrade(database)
    assert drift_of(database) == []


FILLED = ("facilities", "accounts", "sessions", "patient_records", "studies", "changes")


def test_what_stands_outlives_the_way_down_and_up(site: Site) -> None:
    registered(site, "SZ-A")
    store(site.facility_client(), a_ct(PatientID="M1"))
    site.person(Role.CLINICIAN, "SZ-A")
    site.deliver()
    before = rows_of(site)
    assert min(before.values()) > 0
    database = site.application.house.database
    downgrade(database, "0018")
    upgrade(database)
    assert drift_of(database) == []
    assert rows_of(site) == before


def test_a_migration_that_breaks_a_reference_is_taken_back(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = site.application.house.database

    def lose_the_facilities(config: Config, _revision: str) -> None:
        config.attributes["connection"].execute(text("delete from facilities"))

    monkeypatch.setattr(command, "upgrade", lose_the_facilities)
    with pytest.raises((BrokenReferenceError, IntegrityError)):
        upgrade(database)
    assert rows_of(site)["facilities"] > 0


def rows_of(site: Site) -> dict[str, int]:
    with site.application.house.database.read() as session:
        counted = {each: session.scalar(text(f"select count(*) from {each}")) for each in FILLED}
    return {table: count or 0 for table, count in counted.items()}


def test_migrating_again_changes_nothing(database: Database) -> None:
    upgrade(database)
    assert drift_of(database) == []


def test_the_history_is_one_line_of_numbers() -> None:
    history = ScriptDirectory(str(Path(medshare.migrations.__file__).parent))
    revisions = [each.revision for each in history.walk_revisions()][::-1]
    assert revisions == [f"{number:04}" for number in range(1, len(revisions) + 1)]


def test_drift_is_seen(database: Database) -> None:
    with database.write() as session:
        session.connection().exec_driver_sql("alter table leases add column extra varchar(5)")
    assert drift_of(database) != []


@pytest.mark.parametrize("table", sorted(metadata.tables))
def test_every_constraint_has_a_name(table: str) -> None:
    assert all(each.name for each in metadata.tables[table].constraints)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Database]:
    opened = Database(f"sqlite:///{tmp_path}/ledger.db")
    yield opened
    opened.dispose()


LEDGER_TABLES = {each for each in metadata.tables if each.startswith("audit_")}


def test_the_ledger_of_reads_has_the_trail_s_tables_and_no_others(ledger: Database) -> None:
    upgrade(ledger, history=LEDGER)
    assert tables_of(ledger) == LEDGER_TABLES
    assert [each for each in drift_of(ledger) if "audit_" in repr(each)] == []
    downgrade(ledger, "base", history=LEDGER)
    assert tables_of(ledger) == set()


LATER = ("key_id", "sealed_query")  # columns that came with a history
LATER_INDEXES = ("ix_audit_entries_outcome_id", "ix_audit_entries_source_address_id")


def test_entries_from_before_the_history_are_kept_and_wait_to_be_sealed(ledger: Database) -> None:
    with ledger.write() as session:
        tables = [metadata.tables[name] for name in ("audit_entries", "audit_subjects")]
        metadata.create_all(session.connection(), tables=tables)
        for index in LATER_INDEXES:
            session.execute(text(f"drop index {index}"))
        for later in LATER:
            session.execute(text(f"alter table audit_entries drop column {later}"))
        columns = [
            each for each in metadata.tables["audit_entries"].columns if each.name not in LATER
        ]
        session.execute(
            metadata.tables["audit_entries"].insert(),
            {each.name: b"" if each.name in {"objects", "counts"} else "x" for each in columns}
            | {"id": "e-1", "recorded_at": NOW},
        )
    upgrade(ledger, history=LEDGER)
    with ledger.read() as session:
        assert list(session.scalars(text("select entry_id from audit_pending"))) == ["e-1"]
