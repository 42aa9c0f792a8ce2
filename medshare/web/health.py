"""``/health/live``, ``/health/ready`` and ``/metrics``."""

from collections.abc import Callable
from http import HTTPStatus

import structlog
from flask import Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import text

from medshare.infra.perform import Context, House
from medshare.kernel.audit import Unrecorded
from medshare.kernel.permission import Public
from medshare.web.answers import json_answer
from medshare.web.endpoint import Routes

PROBE = Public("Probes and scrapers carry no credentials; the answers hold no data of persons.")
UNRECORDED = Unrecorded("Probes would bury the trail.")

log = structlog.get_logger(__name__)
routes = Routes()


@routes.endpoint("/health/live", name="health.live", access=PROBE, audit=UNRECORDED)
def live(_context: Context) -> Response:
    """Say that the process answers."""
    return json_answer({"status": "live"})


@routes.endpoint("/health/ready", name="health.ready", access=PROBE, audit=UNRECORDED)
def ready(context: Context) -> Response:
    """Say whether database and blob store can be used now."""
    house = context.house
    parts = {"database": _works(lambda: _ask(house)), "blobs": _works(house.blobs.check)}
    status = HTTPStatus.OK if all(parts.values()) else HTTPStatus.SERVICE_UNAVAILABLE
    words = {name: "ready" if works else "unavailable" for name, works in parts.items()}
    overall = "ready" if all(parts.values()) else "unavailable"
    return json_answer({"status": overall, "parts": words}, status)


@routes.endpoint("/metrics", name="health.metrics", access=PROBE, audit=UNRECORDED)
def metrics(_context: Context) -> Response:
    """Show the counters in Prometheus' text form."""
    return Response(generate_latest(), content_type=CONTENT_TYPE_LATEST)


def _ask(house: House) -> None:
    with house.database.read() as session:
        session.execute(text("select 1"))


def _works(check: Callable[[], None]) -> bool:
    try:
        check()
    except Exception:
        log.exception("not ready")
        return False
    return True
