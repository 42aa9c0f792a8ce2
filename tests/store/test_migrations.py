from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect

import medshare.migrations
from medshare.infra.db import Database
from medshare.migrations import downgrade, upgrade
from medshare.migrations.tables import metadata


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
