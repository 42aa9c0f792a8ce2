"""Structured logs: one JSON line an event, on standard error.

Never a body, a query string, a header, a name or an identifier of a person: the request id, the
operation, the outcome and the duration are what a log line may say. Exceptions are told by their
types and their lines of code. Their texts are not: a driver quotes the row that it refused, a
parser the value that it could not read.
"""

import errno
import json
import logging
import sys
import traceback
from collections.abc import Iterator
from contextlib import suppress

import orjson
import structlog
from sqlalchemy.exc import DBAPIError
from structlog.typing import EventDict, WrappedLogger

from medshare.infra.db import error_code
from medshare.kernel.errors import MedshareError

FRAMES_MAX = 20
QUOTING = ("py.warnings", "pydicom", "pynetdicom", "PIL", "sqlalchemy.pool")
"""Loggers of libraries whose messages quote the data that they read."""


def configure_logging(level: str) -> None:
    """Send every log line of the process to standard error as JSON.

    Parameters
    ----------
    level
        A level name of :mod:`logging`, for example ``INFO``.
    """
    processors: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        tell_exception,
    ]
    structlog.configure(
        processors=[*processors, structlog.processors.JSONRenderer(_as_json)],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        # Looked up at each line: whoever replaces the stream later must not leave us a closed one.
        logger_factory=lambda *_: _StandardError(),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=processors,
            processor=structlog.processors.JSONRenderer(_as_json),
        )
    )
    logging.basicConfig(level=level, handlers=[handler], force=True)
    logging.captureWarnings(capture=True)
    for name in QUOTING:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)


def _as_json(event: EventDict, **_usual: object) -> str:
    """Write an event as JSON; a text that is no UTF-8 costs the slower way, never the line."""
    try:
        return orjson.dumps(event, default=repr).decode()
    except TypeError:
        return json.dumps(event, default=repr)


class _StandardError:
    """Writes lines; one that a full disk does not take is lost, and no request with it."""

    def msg(self, line: str) -> None:
        with suppress(OSError):
            sys.stderr.write(line + "\n")
            sys.stderr.flush()

    debug = info = warning = error = critical = exception = msg


def tell_exception(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Replace an exception by its chain of types, codes and lines; its text stays behind."""
    given = event.pop("exc_info", None)
    error = given[1] if isinstance(given, tuple) else given
    if error is True:
        error = sys.exception()
    if isinstance(error, BaseException):
        event["exception"] = [_told(each) for each in _chain(error)]
    return event


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        hidden = None if current.__suppress_context__ else current.__context__
        current = current.__cause__ or hidden


def _told(error: BaseException) -> dict[str, object]:
    kind = type(error)
    frames = traceback.extract_tb(error.__traceback__)[-FRAMES_MAX:]
    told: dict[str, object] = {
        "type": f"{kind.__module__}.{kind.__qualname__}",
        "lines": [f"{each.filename}:{each.lineno} {each.name}" for each in frames],
    }
    if code := _code(error):
        told["code"] = code
    return told


def _code(error: BaseException) -> str:
    if isinstance(error, MedshareError):
        return error.slug
    if isinstance(error, DBAPIError):
        return error_code(error)
    if isinstance(error, OSError) and error.errno is not None:
        return errno.errorcode.get(error.errno, "")
    return ""
