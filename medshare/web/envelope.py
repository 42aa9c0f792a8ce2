"""The envelope of every answer: the request's number and time, and what browsers must be told.

It stands around Flask, where headers are plain pairs, and so around whatever answers.
"""

import re
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from flask import request

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
SHIELDS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
}
"""What every answer tells browsers, unless it says otherwise itself."""
FRAMED = "X-Medshare-Framed"
"""Marks, inside the process, an answer whose own policy says who may frame it."""
STAY_WITH_TLS = "max-age=31536000; includeSubDomains"
_NUMBER = "medshare.request_id"
_BEGAN = "medshare.began"
Header = tuple[str, str]


def request_id() -> str:
    """Return the number of this thread's request."""
    return str(request.environ[_NUMBER])


def seconds_taken() -> float:
    """Return how long ago this thread's request began."""
    return time.perf_counter() - float(request.environ[_BEGAN])


class Envelope:
    """A WSGI application around another.

    Parameters
    ----------
    new_id
        Makes the number of a request that brings none that can be kept.
    base_url
        Where the outside finds the server; whether over TLS.
    """

    def __init__(
        self, application: "WSGIApplication", new_id: Callable[[], str], base_url: str
    ) -> None:
        self._application = application
        self._new_id = new_id
        self._shields = _shields(base_url)

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer a request (PEP 3333)."""
        offered = environ.get("HTTP_X_REQUEST_ID", "")
        number = offered if REQUEST_ID.fullmatch(offered) else self._new_id()
        environ[_NUMBER], environ[_BEGAN] = number, time.perf_counter()

        def start(status: str, headers: list[Header], *error: object) -> Callable[[bytes], object]:
            sealed = [*self._shielded(headers), ("X-Request-Id", number)]
            return start_response(status, sealed, *error)  # type: ignore[arg-type]  # as it came

        return self._application(environ, start)

    def _shielded(self, headers: list[Header]) -> list[Header]:
        said = {name.lower() for name, _value in headers}
        added = [shield for name, shield in self._shields if name not in said]
        if FRAMED.lower() in said:
            # X-Frame-Options can name no origin; the policy's frame-ancestors does.
            added = [each for each in added if each[0] != "X-Frame-Options"]
            headers = [each for each in headers if each[0] != FRAMED]
        return headers + added


def _shields(base_url: str) -> list[tuple[str, Header]]:
    """Return the headers of every answer by small names; over TLS also that it stays so.

    References
    ----------
    RFC 6797 (Strict-Transport-Security)
    """
    tls = {"Strict-Transport-Security": STAY_WITH_TLS} if base_url.startswith("https://") else {}
    return [(name.lower(), (name, value)) for name, value in (SHIELDS | tls).items()]
