"""Structured logs: one JSON line an event, on standard error.

Never a body, a query string, a header, a name or an identifier of a person: the request id, the
operation, the outcome and the duration are what a log line may say.
"""

import logging
import sys

import structlog


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
    ]
    structlog.configure(
        processors=[
            *processors,
            structlog.processors.dict_tracebacks,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=processors,
            processor=structlog.processors.JSONRenderer(ensure_ascii=False),
        )
    )
    logging.basicConfig(level=level, handlers=[handler], force=True)
