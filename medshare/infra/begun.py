"""Sessions in a transaction that prepared statements may use without SQLAlchemy.

What a usual request asks are statements of ``compiled``: for them SQLAlchemy's connection, its
begin and its end would cost several times what the driver takes. It is made when asked for.
"""

from typing import Any

from sqlalchemy.engine import Connection, Engine
from sqlalchemy.orm import Session

from medshare.infra.compiled import Wire

BEGUN = "medshare_begun"
"""The option of a connection whose transaction was begun by the driver."""
_WIRE = "wire"


class BegunSession(Session):
    """A session in a transaction which the driver has begun, and will end."""

    def __init__(self, engine: Engine, wire: Wire, *, autoflush: bool = True) -> None:
        super().__init__(expire_on_commit=False, autoflush=autoflush)
        self._engine = engine
        self._around: Connection | None = None
        self.info[_WIRE] = wire

    def get_bind(self, *_asked: Any, **_options: Any) -> Connection:  # noqa: ANN401  # SQLAlchemy's
        """Return SQLAlchemy's connection around the driver's, made at the first call."""
        if self._around is None:
            connection = Connection(self._engine, self.info[_WIRE].connection)
            self._around = connection.execution_options(**{BEGUN: True})
        return self._around

    def close(self) -> None:
        """Let go of what SQLAlchemy was asked for; where nothing was, there is nothing."""
        if self._around is not None:
            super().close()


def wire_of(session: Session) -> Wire:
    """Return what prepared statements of a session's transaction are handed to.

    What the session holds and has not sent yet they do not see: it is flushed before.
    """
    wire: Wire | None = session.info.get(_WIRE)
    if wire is None:
        wire = session.info[_WIRE] = session.connection()
    return wire
