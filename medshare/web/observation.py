"""What an operator sees of each request: one log line and the counters of ``/metrics``.

The operation, the status and the duration: never an address, a query, a body or a name.
"""

from functools import cache

import structlog
from flask import Response, request
from prometheus_client import Counter, Histogram

from medshare.web.envelope import request_id, seconds_taken

REQUESTS = Counter("medshare_requests", "Requests answered.", ["operation", "status"])
DURATION = Histogram("medshare_request_seconds", "Time until the answer began.", ["operation"])
UNMATCHED = "http.unmatched"

log = structlog.get_logger(__name__)


def observe(response: Response) -> Response:
    """Write the line and count; a body that streams is still on its way then."""
    seconds = seconds_taken()
    operation = (request.endpoint or UNMATCHED).partition(":")[0]
    _counter(operation, response.status_code).inc()
    _histogram(operation).observe(seconds)
    log.info(
        "request",
        request_id=request_id(),
        operation=operation,
        status=response.status_code,
        duration_ms=round(seconds * 1000, 1),
    )
    return response


@cache  # looking a series up by its labels costs more than counting
def _counter(operation: str, status: int) -> Counter:
    return REQUESTS.labels(operation, status)


@cache
def _histogram(operation: str) -> Histogram:
    return DURATION.labels(operation)
