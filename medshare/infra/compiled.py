"""Statements that are compiled once a dialect and then handed to the driver.

SQLAlchemy takes several times as long to look a statement up, wrap its cursor and map its rows as
the database takes to answer it: what a request runs always in the same words goes this way.
Errors come out as SQLAlchemy would raise them.
"""

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Protocol, cast

from sqlalchemy import (
    Float,
    Insert,
    LargeBinary,
    PoolProxiedConnection,
    Select,
    Table,
    TextClause,
    UpdateBase,
    insert,
)
from sqlalchemy.dialects.postgresql import insert as insert_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_sqlite
from sqlalchemy.engine import Dialect
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.exc import DBAPIError
from sqlalchemy.types import TypeEngine

from medshare.kernel.errors import MedshareError

if TYPE_CHECKING:
    import psycopg

Processor = Callable[[Any], Any]


class Wire(Protocol):
    """What statements are handed to: SQLAlchemy's ``Connection``, or the driver's without it."""

    @property
    def dialect(self) -> Dialect: ...
    @property
    def connection(self) -> PoolProxiedConnection: ...


Statement = Select[*tuple[Any, ...]] | UpdateBase | TextClause


class UngivenValueError(MedshareError):
    """A statement binds a value that no run of it gives."""

    slug = "ungiven-value"


@dataclass(frozen=True, slots=True)
class Prepared:
    """A statement as its driver takes it.

    Parameters
    ----------
    order
        Names of its parameters in order, where the driver counts them; else ``None``.
    constants
        Values of those that no run gives.
    processors
        What makes the driver's form of a value.
    readers
        What makes a value of the driver's form, by the places of the columns that need it.
    """

    sql: str
    order: tuple[str, ...] | None
    constants: Mapping[str, object]
    processors: Mapping[str, Processor]
    readers: Mapping[int, Processor] = field(default_factory=dict)

    def rows(self, connection: Wire, values: Mapping[str, object]) -> Sequence[Any]:
        """Run it and return every row."""
        with driver(connection, self.sql) as cursor:
            cursor.execute(self.sql, self._parameters(values))
            found = cursor.fetchall()
        return [self._read(row) for row in found] if self.readers else found

    def _read(self, row: Sequence[Any]) -> tuple[Any, ...]:
        values = list(row)
        for place, read in self.readers.items():
            values[place] = read(values[place])
        return tuple(values)

    def run(self, connection: Wire, values: Mapping[str, object]) -> None:
        """Run what returns no rows."""
        with driver(connection, self.sql) as cursor:
            cursor.execute(self.sql, self._parameters(values))

    def run_many(self, connection: Wire, rows: Sequence[Mapping[str, object]]) -> None:
        """Run it once for each row of values."""
        with driver(connection, self.sql) as cursor:
            cursor.executemany(self.sql, [self._parameters(each) for each in rows])

    def returned(self, connection: Wire, rows: Sequence[Mapping[str, object]]) -> Iterator[Any]:
        """Run it once for each row of values and yield the one value that each run returns."""
        with driver(connection, self.sql) as cursor:
            if connection.dialect.name == "postgresql":  # psycopg makes few round trips of it
                pipelined = cast("psycopg.Cursor[Any]", cursor)
                pipelined.executemany(
                    self.sql, [self._parameters(each) for each in rows], returning=True
                )
                yield from (each.fetchall()[0][0] for each in pipelined.results())
                return
            for row in rows:
                cursor.execute(self.sql, self._parameters(row))
                yield cursor.fetchall()[0][0]

    def _parameters(self, values: Mapping[str, object]) -> Any:  # noqa: ANN401  # as the driver asks
        given = {**self.constants, **values}
        for name, process in self.processors.items():
            given[name] = process(given[name])
        return given if self.order is None else [given[name] for name in self.order]


def named(table: Table, row: Sequence[Any]) -> Any:  # noqa: ANN401  # a row of that table
    """Return a row of all columns of a table, read by name as its mapped row is.

    It costs a tenth of that, and knows nothing of what is related to it.
    """
    return SimpleNamespace(**dict(zip(table.c.keys(), row, strict=True)))


def prepare(statement: Statement, dialect: Dialect, values: Mapping[str, object]) -> Prepared:
    """Compile a statement for a driver.

    Parameters
    ----------
    values
        Those of a first run, by the names that every run gives.

    Raises
    ------
    UngivenValueError
        A ``bindparam`` without a value of its own is not among them.
    """
    if isinstance(statement, Select):
        statement = statement.params(values)
    compiled = statement.compile(dialect=dialect, compile_kwargs={"render_postcompile": True})
    given = compiled.params
    processors = {}
    for bind, name in compiled.bind_names.items():
        if bind.required and name not in values:
            raise UngivenValueError(f"Give at every run: {name}")
        process = _processor(bind.type, dialect)
        if process is not None and name in given:
            processors[name] = process
    return Prepared(
        sql=str(compiled),
        order=_order(compiled.positiontup),
        constants={name: value for name, value in given.items() if name not in values},
        processors=processors,
        readers=_readers(statement, dialect) if isinstance(statement, Select) else {},
    )


def _readers(statement: Select[*tuple[Any, ...]], dialect: Dialect) -> dict[int, Processor]:
    """Return what converts the columns of a statement.

    Both drivers return bytes and floating numbers as what they are; SQLAlchemy's processor of
    numbers wants to know more of a column of PostgreSQL than is known before its first row.
    """
    columns = enumerate(statement.selected_columns)
    kinds = {n: each.type for n, each in columns if not isinstance(each.type, LargeBinary | Float)}
    found = {
        n: each.dialect_impl(dialect).result_processor(dialect, None) for n, each in kinds.items()
    }
    return {place: read for place, read in found.items() if read is not None}


class Fixed:
    """A statement whose text never changes.

    Parameters
    ----------
    statement
        What differs between two runs is a ``bindparam`` of it.
    """

    def __init__(self, statement: Statement) -> None:
        self._statement = statement
        self._prepared: dict[str, Prepared] = {}

    def rows(self, connection: Wire, **values: object) -> Sequence[Any]:
        """Run it and return every row."""
        return self._for(connection.dialect, values).rows(connection, values)

    def first(self, connection: Wire, **values: object) -> Any:  # noqa: ANN401  # a driver's row
        """Run it and return the first row, ``None`` when there is none."""
        found = self.rows(connection, **values)
        return found[0] if found else None

    def run(self, connection: Wire, **values: object) -> None:
        """Run what returns no rows."""
        self._for(connection.dialect, values).run(connection, values)

    def _for(self, dialect: Dialect, values: Mapping[str, object]) -> Prepared:
        if dialect.name not in self._prepared:
            self._prepared[dialect.name] = prepare(self._statement, dialect, values)
        return self._prepared[dialect.name]


class Insertion:
    """Inserts rows into one table.

    Parameters
    ----------
    table
        What the rows do not name is filled in by the database, never by SQLAlchemy.
    skips_known
        Whether rows whose key is there are left out without a word.
    """

    def __init__(self, table: Table, *, skips_known: bool = False) -> None:
        self._table = table
        self._skips_known = skips_known
        self._prepared: dict[Hashable, Prepared] = {}

    def run(self, connection: Wire, rows: Sequence[Mapping[str, object]]) -> None:
        """Insert rows, all of which name the same columns; none is no statement.

        Raises
        ------
        UngivenValueError
            They leave out a column that SQLAlchemy would fill in.
        """
        if rows:
            self._for(connection.dialect, tuple(rows[0])).run_many(connection, rows)

    def key(self, connection: Wire, row: Mapping[str, object]) -> int:
        """Insert one row and return the ``id`` that it got."""
        key = self.key_if_new(connection, row)
        if key is None:
            raise LookupError("The row was left out.")
        return key

    def key_if_new(self, connection: Wire, row: Mapping[str, object]) -> int | None:
        """Insert one row and return the ``id`` that it got, ``None`` where it was left out."""
        prepared = self._for(connection.dialect, tuple(row), returns_key=True)
        found = prepared.rows(connection, row)
        return int(found[0][0]) if found else None

    def keys(self, connection: Wire, rows: Sequence[Mapping[str, object]]) -> list[int]:
        """Insert rows, all of which name the same columns; return the ``id`` of each, in order."""
        if not rows:
            return []
        prepared = self._for(connection.dialect, tuple(rows[0]), returns_key=True)
        return [int(each) for each in prepared.returned(connection, rows)]

    def _for(
        self, dialect: Dialect, names: tuple[str, ...], *, returns_key: bool = False
    ) -> Prepared:
        known = self._prepared.get((dialect.name, names, returns_key))
        if known is None:
            known = self._prepare(dialect, names, returns_key=returns_key)
            self._prepared[dialect.name, names, returns_key] = known
        return known

    def _prepare(self, dialect: Dialect, names: Sequence[str], *, returns_key: bool) -> Prepared:
        statement = self._statement(dialect)
        if returns_key:
            statement = statement.returning(self._table.c.id)
        compiled = statement.compile(dialect=dialect, column_keys=list(names))
        ungiven = set(compiled.params) - set(names)
        if ungiven:
            raise UngivenValueError(f"Give at every run: {', '.join(sorted(ungiven))}")
        processors = {name: _processor(self._table.c[name].type, dialect) for name in names}
        return Prepared(
            sql=str(compiled),
            order=_order(compiled.positiontup),
            constants={},
            processors={name: each for name, each in processors.items() if each is not None},
        )

    def _statement(self, dialect: Dialect) -> Insert:
        if not self._skips_known:
            return insert(self._table)
        upsert = insert_sqlite if dialect.name == "sqlite" else insert_postgresql
        return upsert(self._table).on_conflict_do_nothing()


def _processor(kind: TypeEngine[Any], dialect: Dialect) -> Processor | None:
    return kind.dialect_impl(dialect).bind_processor(dialect)


def _order(names: Sequence[str] | None) -> tuple[str, ...] | None:
    return None if names is None else tuple(names)


class driver:  # noqa: N801  # used as a function, and quicker than a generator
    """Opens a cursor; an error of the driver comes out as SQLAlchemy would raise it."""

    __slots__ = ("_cursor", "_dialect", "_sql")

    def __init__(self, connection: Wire, sql: str) -> None:
        self._dialect, self._sql = connection.dialect, sql
        self._cursor = connection.connection.cursor()

    def __enter__(self) -> DBAPICursor:
        return self._cursor

    def __exit__(
        self, _kind: type[BaseException] | None, error: BaseException | None, _trace: object
    ) -> None:
        self._cursor.close()
        errors = self._dialect.loaded_dbapi.Error
        if isinstance(error, errors):
            raise DBAPIError.instance(
                self._sql, None, error, errors, hide_parameters=True, dialect=self._dialect
            ) from error
