"""Engines, and what differs between SQLite and PostgreSQL.

SQLite: WAL, ``synchronous=FULL`` (a commit survives a power cut), foreign keys on, and every
write transaction behind a lock file whose waiters are served in turn: without it the worst of
four writers waits seconds. SQLite knows no time limit of statements: each is looked at again after
so many steps of its virtual machine.
"""

import fcntl
import math
import os
import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any

from sqlalchemy import (
    DateTime,
    MetaData,
    PoolProxiedConnection,
    TypeDecorator,
    create_engine,
    event,
)
from sqlalchemy.engine import Connection, Dialect, Engine, make_url
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import DeclarativeBase, Session

from medshare.infra.begun import BEGUN, BegunSession
from medshare.infra.compiled import Wire, driver
from medshare.infra.disk import disk_errors
from medshare.kernel.errors import StorageFullError, UnavailableError

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

CONNECT_TIMEOUT_S = 5
# 32 MiB of log: reached only where nobody checkpoints in time (``checkpoints``).
CHECKPOINT_PAGES = 8192
_SNAPSHOT: dict[str, Any] = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
_CHECKPOINT = "PRAGMA wal_checkpoint(PASSIVE)"
STEPS_BETWEEN_LOOKS = 1_000_000
_BEGIN_TO_WRITE = "BEGIN IMMEDIATE"
_FULL = frozenset({"SQLITE_FULL", "53100"})
_TOO_LONG = frozenset({"SQLITE_INTERRUPT", "57014"})
_NO_REFERENCE = frozenset({"SQLITE_CONSTRAINT_FOREIGNKEY", "23503"})


class Row(DeclarativeBase):
    """Base of every typed row; rows never leave the store that owns them."""

    metadata = MetaData(naming_convention=NAMING)


class Instant(TypeDecorator[datetime]):
    """An aware instant, kept as UTC; comes back aware on both databases."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Convert to UTC; SQLite gets the naive form, which sorts as text."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("An instant needs its offset.")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the zone back."""
        del dialect
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Database:
    """One database and the two ways into it: read and write.

    Parameters
    ----------
    url
        SQLAlchemy URL, ``sqlite:///...`` or ``postgresql+psycopg://...``.
    pool_size
        Connections kept open; callers beyond it wait.
    statement_timeout_s
        Seconds after which a statement is given up, 0 for never.
    """

    def __init__(self, url: str, *, pool_size: int = 16, statement_timeout_s: int = 0) -> None:
        self.url = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self._lock_path = Path(f"{self.url.database}.lock") if self.is_sqlite else None
        if self.is_sqlite and self.url.database:
            Path(self.url.database).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.engine = self._make_engine(pool_size, statement_timeout_s)
        self._readers = self.engine
        if self.is_sqlite:
            self._readers = self._make_engine(pool_size, statement_timeout_s)
            event.listen(self._readers, "connect", _refuse_changes)

    def _make_engine(self, pool_size: int, statement_timeout_s: int) -> Engine:
        engine = create_engine(
            self.url,
            pool_size=pool_size,
            max_overflow=pool_size * 3,
            pool_use_lifo=True,  # who was here last knows its statements and pages best
            pool_pre_ping=not self.is_sqlite,
            hide_parameters=True,  # they hold names and identifiers, and errors end up in logs
            connect_args=(
                {"check_same_thread": False, "factory": _TimedConnection}
                if self.is_sqlite
                else {"connect_timeout": CONNECT_TIMEOUT_S}
            ),
        )
        if self.is_sqlite:
            event.listen(engine, "connect", _prepare_sqlite)
            event.listen(engine, "begin", _begin_sqlite)
        if statement_timeout_s:
            limit = _limit_sqlite if self.is_sqlite else _limit_postgresql
            event.listen(engine, "connect", partial(limit, statement_timeout_s))
        return engine

    @contextmanager
    def read(self) -> Iterator[Session]:
        """Open a session that sees one state; a change in it is an error."""
        reading = self._reading_sqlite() if self.is_sqlite else self._reading_postgresql()
        with _translated(), reading as session:
            yield session

    @contextmanager
    def _reading_sqlite(self) -> Iterator[Session]:
        with _bare(self._readers) as wire:
            wire.connection.cursor().execute("BEGIN")  # touches no file: nothing can go wrong
            with BegunSession(self._readers, wire, autoflush=False) as session:
                yield session

    @contextmanager
    def _reading_postgresql(self) -> Iterator[Session]:
        with self.engine.connect() as connection:
            connection.execution_options(**_SNAPSHOT)  # given back should this fail
            with Session(bind=connection, expire_on_commit=False, autoflush=False) as session:
                yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """Open the one write transaction of a request; commits at the end, or rolls back."""
        with self._begun_to_write() as wire, BegunSession(self.engine, wire) as session:
            yield session
            session.flush()
            _commit(wire)

    @contextmanager
    def append(self) -> Iterator[Connection]:
        """Open a write transaction for rows alone, without a session."""
        with (
            _translated(),
            self._turn_to_write(),
            self.engine.connect().execution_options(medshare_write=True) as connection,
            connection.begin(),
        ):
            yield connection

    @contextmanager
    def append_prepared(self) -> Iterator[Wire]:
        """Open a write transaction for prepared statements alone.

        What SQLAlchemy puts around a connection costs more than the few rows of an entry.
        """
        with self._begun_to_write() as wire:
            yield wire
            _commit(wire)

    @contextmanager
    def _begun_to_write(self) -> Iterator[Wire]:
        with _translated(), self._turn_to_write(), _bare(self.engine) as wire:
            if self.is_sqlite:
                _run(wire, _BEGIN_TO_WRITE)
            yield wire

    def _turn_to_write(self) -> AbstractContextManager[None]:
        return _turn(self._lock_path) if self._lock_path else nullcontext()

    def checkpoint(self) -> None:
        """Move what is committed from SQLite's log into its file.

        First beside the writers; then the little that came meanwhile, in one's turn, for the log
        begins anew only after all of it was moved, and would grow as long as anybody writes.
        """
        if self._lock_path is None:
            return
        connection = self.engine.raw_connection()
        try:
            connection.cursor().execute(_CHECKPOINT)
            with _turn(self._lock_path):
                connection.cursor().execute(_CHECKPOINT)
        finally:
            connection.close()

    def log_written_ns(self) -> int:
        """Return when SQLite's log was written to, 0 where there is none."""
        try:
            return Path(f"{self.url.database}-wal").stat().st_mtime_ns
        except FileNotFoundError:
            return 0

    def dispose(self) -> None:
        """Close every pooled connection."""
        self.engine.dispose()
        self._readers.dispose()


def _prepare_sqlite(connection: Any, _record: object) -> None:  # noqa: ANN401  # a DBAPI connection
    connection.isolation_level = None
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "busy_timeout=10000",
        "trusted_schema=OFF",
        f"wal_autocheckpoint={CHECKPOINT_PAGES}",
    ):
        connection.execute(f"PRAGMA {pragma}")


class _TimedCursor(sqlite3.Cursor):
    """Notes when its statement began, or its next rows; many at once are ours and have no limit."""

    def execute(self, *arguments: Any) -> "_TimedCursor":  # noqa: ANN401  # the driver's own
        self.connection.began = monotonic()  # type: ignore[attr-defined]  # ours
        super().execute(*arguments)
        return self

    def executemany(self, *arguments: Any) -> "_TimedCursor":  # noqa: ANN401  # the driver's own
        self.connection.began = math.inf  # type: ignore[attr-defined]  # ours
        super().executemany(*arguments)
        return self

    def fetchone(self) -> Any:  # noqa: ANN401  # the driver's own
        self.connection.began = monotonic()  # type: ignore[attr-defined]  # ours
        return super().fetchone()

    def fetchmany(self, *arguments: Any) -> list[Any]:  # noqa: ANN401  # the driver's own
        self.connection.began = monotonic()  # type: ignore[attr-defined]  # ours
        return super().fetchmany(*arguments)


class _TimedConnection(sqlite3.Connection):
    """Knows when its statement began."""

    began = math.inf

    def cursor(self, factory: Any = _TimedCursor) -> Any:  # noqa: ANN401  # the driver's own
        return super().cursor(factory)


def _limit_sqlite(limit_s: int, connection: Any, _record: object) -> None:  # noqa: ANN401  # a DBAPI connection
    connection.set_progress_handler(
        lambda: monotonic() - connection.began > limit_s, STEPS_BETWEEN_LOOKS
    )


def _limit_postgresql(limit_s: int, connection: Any, _record: object) -> None:  # noqa: ANN401  # a DBAPI connection
    connection.autocommit = True  # else the first rollback would take it back
    connection.execute(f"SET statement_timeout = {limit_s * 1000}")
    connection.autocommit = False


def _begin_sqlite(connection: Connection) -> None:
    options = connection.get_execution_options()
    if options.get(BEGUN, False):
        return
    _run(connection, _BEGIN_TO_WRITE if options.get("medshare_write", False) else "BEGIN")


def _refuse_changes(connection: Any, _record: object) -> None:  # noqa: ANN401  # a DBAPI connection
    """Let a connection read only, once for all: each time it would forget its statements."""
    connection.execute("PRAGMA query_only=ON")


def _run(wire: Wire, sql: str) -> None:
    with driver(wire, sql) as cursor:
        cursor.execute(sql)


def _commit(wire: Wire) -> None:
    with driver(wire, "COMMIT"):
        wire.connection.commit()


@dataclass(frozen=True, slots=True)
class _Bare:
    """A connection of the pool without SQLAlchemy's around it; implements ``Wire``."""

    dialect: Dialect
    connection: PoolProxiedConnection


@contextmanager
def _bare(engine: Engine) -> Iterator[Wire]:
    """Take a connection out of the pool; what is not committed by the end is taken back."""
    errors = engine.dialect.loaded_dbapi.Error
    try:
        taken = engine.raw_connection()
    except errors as error:
        raise DBAPIError.instance(
            None, None, error, errors, hide_parameters=True, dialect=engine.dialect
        ) from error
    try:
        yield _Bare(engine.dialect, taken)
    finally:
        taken.close()


@contextmanager
def _turn(path: Path) -> Iterator[None]:
    """Wait for one's turn to write: ``flock`` queues threads and processes alike."""
    with disk_errors():
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def _translated() -> Iterator[None]:
    """Turn a database that is away, locked or full into the kernel's errors."""
    try:
        yield
    except PoolTimeoutError as error:
        raise UnavailableError("The database cannot be reached.", "无法连接数据库。") from error
    except DBAPIError as error:
        code = error_code(error)
        if code in _FULL:
            raise StorageFullError from error
        if code in _TOO_LONG:
            raise UnavailableError(
                "The database took too long; ask for less, or try again later.",
                "数据库响应超时，请缩小范围或稍后重试。",
            ) from error
        away = isinstance(error, OperationalError) and code != "SQLITE_ERROR"
        if away or error.connection_invalidated:
            raise UnavailableError("The database cannot be reached.", "无法连接数据库。") from error
        raise


def error_code(error: DBAPIError) -> str:
    """Return the driver's own code of an error: an SQLSTATE, or SQLite's name of it."""
    if isinstance(error.orig, sqlite3.Error):
        return getattr(error.orig, "sqlite_errorname", "")
    return getattr(error.orig, "sqlstate", None) or ""


def lacks_reference(error: IntegrityError) -> bool:
    """Tell whether a row was refused because what it refers to is not there."""
    return error_code(error) in _NO_REFERENCE
