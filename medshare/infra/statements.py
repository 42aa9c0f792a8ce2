"""Statements that are built and compiled once for their shape, then handed to the driver.

Building a filtered search and looking it up in SQLAlchemy's cache costs several times what the
database takes to answer it. A shape is whatever the text of a statement and its constants depend
on; what differs between two runs of a shape comes in as values.

A value that is neither given at every run nor told by the shape would stay what it was at the first
one: another caller's, in the worst case. Such a statement is refused before it runs once.
"""

from collections import OrderedDict
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import astuple, dataclass, is_dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import Any

from sqlalchemy import Connection, Select, Table, insert
from sqlalchemy.engine import Dialect
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from medshare.kernel.errors import MedshareError

SHAPES_MAX = 1024
Processor = Callable[[Any], Any]


class UnkeyedValueError(MedshareError):
    """A statement binds a value that neither its shape nor its runs tell."""

    slug = "unkeyed-value"


@dataclass(frozen=True, slots=True)
class Prepared:
    """A statement as its driver takes it.

    Parameters
    ----------
    order
        Names of its parameters in order, where the driver counts them; else ``None``.
    constants
        Values of those that no run gives.
    offsets
        Instants among those, as what they are later than the present: they move with it.
    processors
        What makes the driver's form of a value.
    """

    sql: str
    order: tuple[str, ...] | None
    constants: Mapping[str, object]
    offsets: Mapping[str, timedelta]
    processors: Mapping[str, Processor]

    def run(
        self, connection: Connection, values: Mapping[str, object], now: datetime
    ) -> Sequence[Any]:
        """Return every row."""
        given = {**self.constants, **values}
        for name, offset in self.offsets.items():
            given[name] = now + offset
        for name, process in self.processors.items():
            given[name] = process(given[name])
        parameters = given if self.order is None else tuple(given[name] for name in self.order)
        with _driver(connection, self.sql) as cursor:
            cursor.execute(self.sql, parameters)
            return cursor.fetchall()


class Statements:
    """The statements of one store, the most recently used of them kept.

    Parameters
    ----------
    fixed
        Values that the code itself binds, the same for everybody; spans by which it shifts the
        present among them.
    """

    def __init__(self, *fixed: Hashable) -> None:
        self._fixed = frozenset(fixed)
        self._known: OrderedDict[Hashable, Prepared] = OrderedDict()
        self._lock = Lock()

    def rows(
        self,
        session: Session,
        shape: Hashable,
        build: Callable[[], Select[Any]],
        values: Mapping[str, object],
        now: datetime,
    ) -> Sequence[Any]:
        """Run the statement of a shape and return its rows as the driver gives them.

        Parameters
        ----------
        build
            Builds it, at the first run of the shape. Columns must be of types that need no
            conversion on the way back.
        values
            Those of its named parameters, all of them at every run.
        now
            The present, with which ``build`` was made to work.

        Raises
        ------
        UnkeyedValueError
            It binds a value that is none of ``values``, no part of ``shape``, not fixed, and not
            the present, shifted by a span that is.
        """
        connection = session.connection()
        key = (connection.dialect.name, shape)
        with self._lock:
            known = self._known.get(key)
            if known is not None:
                self._known.move_to_end(key)
        if known is None:
            known = prepare(build(), connection.dialect, values, now)
            _require_told(known, {*_parts(shape), *self._fixed})
            with self._lock:
                self._known[key] = known
                if len(self._known) > SHAPES_MAX:
                    self._known.popitem(last=False)
        return known.run(connection, values, now)


def prepare(
    statement: Select[Any], dialect: Dialect, values: Mapping[str, object], now: datetime
) -> Prepared:
    """Compile a statement for a driver."""
    compiled = statement.params(values).compile(
        dialect=dialect, compile_kwargs={"render_postcompile": True}
    )
    given = compiled.params
    constants = {name: value for name, value in given.items() if name not in values}
    instants = {name: each for name, each in constants.items() if isinstance(each, datetime)}
    processors = {}
    for bind, name in compiled.bind_names.items():
        process = bind.type.dialect_impl(dialect).bind_processor(dialect)
        if process is not None and name in given:
            processors[name] = process
    order = compiled.positiontup
    return Prepared(
        sql=str(compiled),
        order=None if order is None else tuple(order),
        constants={name: each for name, each in constants.items() if name not in instants},
        offsets={name: each - now for name, each in instants.items()},
        processors=processors,
    )


def _require_told(prepared: Prepared, told: Collection[object]) -> None:
    """Refuse a statement that would answer every run with a value of its first one."""
    untold = [name for name, value in prepared.constants.items() if value not in told]
    untold += [
        name for name, span in prepared.offsets.items() if abs(span) and abs(span) not in told
    ]
    if untold:
        raise UnkeyedValueError(f"Put into the shape, or give at every run: {', '.join(untold)}")


def _parts(shape: Hashable) -> Iterator[Hashable]:
    """Yield the values that a shape is made of; flags are none that a statement could bind."""
    if isinstance(shape, tuple):
        for each in shape:
            yield from _parts(each)
    elif is_dataclass(shape) and not isinstance(shape, type):
        yield from _parts(astuple(shape))
    elif not isinstance(shape, bool):
        yield shape


@contextmanager
def _driver(connection: Connection, sql: str) -> Iterator[DBAPICursor]:
    """Give the driver's own cursor; its errors come out as SQLAlchemy would raise them."""
    errors = connection.dialect.loaded_dbapi.Error
    cursor = connection.connection.cursor()
    try:
        yield cursor
    except errors as error:
        raise DBAPIError.instance(
            sql, None, error, errors, hide_parameters=True, dialect=connection.dialect
        ) from error
    finally:
        cursor.close()


class Insertion:
    """Inserts rows into one table by a statement that is compiled once and given to the driver.

    Parameters
    ----------
    table
        Every column of it is given by every row: nothing is filled in.
    """

    def __init__(self, table: Table) -> None:
        self._table = table
        self._compiled: dict[str, tuple[str, Sequence[Processor], bool]] = {}

    def run(self, connection: Connection, rows: Iterable[Mapping[str, object]]) -> None:
        """Insert rows, each with all columns by name."""
        dialect = connection.dialect
        sql, processors, is_positional = self._for(dialect)
        names = [column.name for column in self._table.columns]
        given = [
            [process(row[name]) for name, process in zip(names, processors, strict=True)]
            for row in rows
        ]
        if not given:
            return
        parameters = (
            given if is_positional else [dict(zip(names, each, strict=True)) for each in given]
        )
        with _driver(connection, sql) as cursor:
            cursor.executemany(sql, parameters)

    def _for(self, dialect: Dialect) -> tuple[str, Sequence[Processor], bool]:
        known = self._compiled.get(dialect.name)
        if known is None:
            compiled = insert(self._table).compile(dialect=dialect)
            processors = [
                column.type.dialect_impl(dialect).bind_processor(dialect) or _as_it_is
                for column in self._table.columns
            ]
            known = self._compiled[dialect.name] = (str(compiled), processors, compiled.positional)
        return known


def _as_it_is(value: object) -> object:
    return value
