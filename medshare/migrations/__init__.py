"""The database's history: numbered, linear, small steps, on SQLite and PostgreSQL alike."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, func, select

from medshare.infra.db import Database
from medshare.kernel.errors import MedshareError

ONE_AT_A_TIME = 0x6D656473
"""Number of the lock under which servers that start together migrate one after another."""


INDEX = "versions"
"""The history of the index database."""

LEDGER = "ledger"
"""The history of the ledger of reads, where it is a file of its own."""


class BrokenReferenceError(MedshareError):
    """A migration would leave a row that refers to nothing; nothing of it was kept."""

    slug = "broken-reference"


def upgrade(database: Database, revision: str = "head", *, history: str = INDEX) -> None:
    """Bring a database to a revision, the newest by default; harmless when it is there."""
    _run(database, history, lambda config: command.upgrade(config, revision))


def downgrade(database: Database, revision: str, *, history: str = INDEX) -> None:
    """Take a database back to a revision."""
    _run(database, history, lambda config: command.downgrade(config, revision))


def _run(database: Database, history: str, step: Callable[[Config], None]) -> None:
    config = Config()
    config.set_main_option("version_locations", str(Path(__file__).parent / history))
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("path_separator", "os")
    with database.engine.connect() as connection:
        writing = connection.execution_options(medshare_write=True)
        with _references_checked_at_the_end(writing), writing.begin():
            if not database.is_sqlite:  # SQLite's write transaction is a lock already
                writing.execute(select(func.pg_advisory_xact_lock(ONE_AT_A_TIME)))
            config.attributes["connection"] = writing
            step(config)
            if database.is_sqlite and writing.exec_driver_sql("PRAGMA foreign_key_check").first():
                raise BrokenReferenceError("A migration left a row that refers to nothing.")


@contextmanager
def _references_checked_at_the_end(connection: Connection) -> Iterator[None]:
    """Let SQLite's tables be built anew while others refer to them (sqlite.org/lang_altertable)."""
    if connection.dialect.name != "sqlite":
        yield
        return
    driver = connection.connection  # a transaction that SQLAlchemy began would make it a no-op
    driver.cursor().execute("PRAGMA foreign_keys=OFF")
    try:
        yield
    finally:
        driver.cursor().execute("PRAGMA foreign_keys=ON")
