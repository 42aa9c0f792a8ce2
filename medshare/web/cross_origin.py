"""Which other web pages may call a door from a browser (CORS).

Nobody by default. Credentials of the browser's own (cookies) are never shared: a page brings a
token. A preflight is answered before anybody is authenticated, as it carries no credentials; it
tells of what may be asked and nothing else, so it leaves no entry.

References
----------
Fetch Standard section 3.3 (HTTP extensions).
"""

import re
from http import HTTPStatus

from flask import Flask, Response, request

from medshare.settings import SettingError

METHODS = "GET, HEAD, POST, DELETE, OPTIONS"
REQUEST_HEADERS = (
    "Accept, Accept-Language, Authorization, Content-Type, If-Match, If-None-Match, If-Range,"
    " Range, X-Acting-User, X-Acting-User-Name, X-Department, X-Purpose-Of-Use, X-Request-Id"
)
EXPOSED_HEADERS = (
    "Accept-Ranges, Content-Disposition, Content-Location, Content-Range, ETag, Link, Location,"
    " Retry-After, Warning, WWW-Authenticate, X-Request-Id, X-Total-Count"
)
PREFLIGHT_MAX_AGE_S = 600
_ORIGIN = re.compile(r"https?://[A-Za-z0-9.-]+(:\d{1,5})?")


def read_origins(text: str) -> frozenset[str]:
    """Read a list of origins such as ``https://ohif.example, http://localhost:3000``.

    Raises
    ------
    SettingError
        One of them is none; ``*`` is none either: who may call is named.
    """
    origins = frozenset(each.strip() for each in text.split(",") if each.strip())
    if not all(_ORIGIN.fullmatch(each) for each in origins):
        raise SettingError(
            "Name origins as scheme://host[:port], separated by commas.",
            params={"setting": "cross_origins"},
        )
    return origins


def open_to(app: Flask, prefix: str, origins: frozenset[str]) -> None:
    """Open the resources below a prefix to the pages of some origins."""
    if not origins:
        return

    @app.before_request
    def answer_a_preflight() -> Response | None:
        if not _is_preflight(prefix, origins):
            return None
        answer = Response(status=HTTPStatus.NO_CONTENT)
        answer.headers["Access-Control-Allow-Methods"] = METHODS
        answer.headers["Access-Control-Allow-Headers"] = REQUEST_HEADERS
        answer.headers["Access-Control-Max-Age"] = str(PREFLIGHT_MAX_AGE_S)
        return answer

    @app.after_request
    def let_the_page_read(answer: Response) -> Response:
        if request.path.startswith(prefix):
            answer.vary.add("Origin")
            if request.headers.get("Origin") in origins:
                answer.headers["Access-Control-Allow-Origin"] = request.headers["Origin"]
                answer.headers["Access-Control-Expose-Headers"] = EXPOSED_HEADERS
        return answer


def _is_preflight(prefix: str, origins: frozenset[str]) -> bool:
    return (
        request.method == "OPTIONS"
        and request.path.startswith(prefix)
        and "Access-Control-Request-Method" in request.headers
        and request.headers.get("Origin") in origins
    )
