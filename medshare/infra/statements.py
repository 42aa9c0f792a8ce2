"""Statements that are built and compiled once for their shape, then handed to the driver.

Building a filtered search and looking it up in SQLAlchemy's cache costs several times what the
database takes to answer it. A shape is whatever the text of a statement and its constants depend
on; what differs between two runs of a shape comes in as values.

A value that is neither given at every run nor told by the shape would stay what it was at the first
one: another caller's, in the worst case. Such a statement is refused before it runs once.
"""

from collections import OrderedDict
from collections.abc import Callable, Collection, Hashable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, is_dataclass, replace
from datetime import datetime, timedelta
from threading import Lock
from typing import Any, TypeVar

from sqlalchemy import Select
from sqlalchemy.orm import Session

from medshare.infra.begun import wire_of
from medshare.infra.compiled import Prepared, Wire, prepare
from medshare.kernel.errors import MedshareError

SHAPES_MAX = 1024
NO_OFFSET = 0
"""What SQLAlchemy binds for SQLite beside a limit that has no offset."""
Value = TypeVar("Value")


class UnkeyedValueError(MedshareError):
    """A statement binds a value that neither its shape nor its runs tell."""

    slug = "unkeyed-value"


@dataclass(frozen=True, slots=True)
class Known:
    """A statement, and its constants that are instants as what they are later than the present."""

    prepared: Prepared
    offsets: Mapping[str, timedelta]

    def rows(self, connection: Wire, values: Mapping[str, object], now: datetime) -> Sequence[Any]:
        """Return every row."""
        moved = {name: now + offset for name, offset in self.offsets.items()}
        return self.prepared.rows(connection, {**moved, **values} if moved else values)


class Statements:
    """The statements of one store, the most recently used of them kept.

    Parameters
    ----------
    fixed
        Values that the code itself binds, the same for everybody; spans by which it shifts the
        present among them.
    """

    def __init__(self, *fixed: Hashable) -> None:
        self._fixed = frozenset((*fixed, NO_OFFSET))
        self._known: OrderedDict[Hashable, Known] = OrderedDict()
        self._lock = Lock()

    def rows(
        self,
        session: Session,
        shape: Hashable,
        build: Callable[[], Select[Any]],
        values: Mapping[str, object],
        now: datetime,
    ) -> Sequence[Any]:
        """Run the statement of a shape and return its rows as plain tuples.

        Parameters
        ----------
        build
            Builds it, at the first run of the shape.
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
        session.flush()
        connection = wire_of(session)
        key = (connection.dialect.name, shape)
        with self._lock:
            known = self._known.get(key)
            if known is not None:
                self._known.move_to_end(key)
        if known is None:
            known = _know(prepare(build(), connection.dialect, values), now)
            _require_told(known, {*_parts(shape), *self._fixed})
            with self._lock:
                self._known[key] = known
                if len(self._known) > SHAPES_MAX:
                    self._known.popitem(last=False)
        return known.rows(connection, values, now)


def padded(values: Sequence[Value]) -> list[Value]:
    """Repeat the last value up to a power of two: lists of many lengths share few statements."""
    if not values:
        return []
    length = 1 << (len(values) - 1).bit_length()
    return [*values, *[values[-1]] * (length - len(values))]


def _know(prepared: Prepared, now: datetime) -> Known:
    """Tell the instants among a statement's constants from the rest."""
    instants = {k: each for k, each in prepared.constants.items() if isinstance(each, datetime)}
    rest = {name: each for name, each in prepared.constants.items() if name not in instants}
    return Known(
        replace(prepared, constants=rest), {name: each - now for name, each in instants.items()}
    )


def _require_told(known: Known, told: Collection[object]) -> None:
    """Refuse a statement that would answer every run with a value of its first one."""
    untold = [name for name, value in known.prepared.constants.items() if value not in told]
    untold += [name for name, span in known.offsets.items() if abs(span) and abs(span) not in told]
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
