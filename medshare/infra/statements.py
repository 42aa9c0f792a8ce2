"""Statements that are built and compiled once for their shape, then handed to the driver.

Building a filtered search and looking it up in SQLAlchemy's cache costs several times what the
database takes to answer it. A shape is whatever the text of a statement and its constants depend
on; what differs between two runs of a shape comes in as values.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import Any

from sqlalchemy import Connection, Select
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import Session

SHAPES_MAX = 1024
Processor = Callable[[Any], Any]


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
        return connection.exec_driver_sql(self.sql, parameters).fetchall()


class Statements:
    """The statements of one store, the most recently used of them kept."""

    def __init__(self) -> None:
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
        """
        connection = session.connection()
        key = (connection.dialect.name, shape)
        with self._lock:
            known = self._known.get(key)
            if known is not None:
                self._known.move_to_end(key)
        if known is None:
            known = prepare(build(), connection.dialect, values, now)
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
