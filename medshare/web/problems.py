"""The one mapping from the error model to HTTP: RFC 9457 problem documents.

No other module knows a status code for an error.
"""

from http import HTTPStatus

import orjson
from flask import Response, request

from medshare.kernel.errors import ErrorKind, Issue, MedshareError
from medshare.web.envelope import request_id

STATUSES = {
    ErrorKind.MALFORMED: HTTPStatus.BAD_REQUEST,
    ErrorKind.INVALID: HTTPStatus.UNPROCESSABLE_ENTITY,
    ErrorKind.UNAUTHENTICATED: HTTPStatus.UNAUTHORIZED,
    ErrorKind.FORBIDDEN: HTTPStatus.FORBIDDEN,
    ErrorKind.NOT_FOUND: HTTPStatus.NOT_FOUND,
    ErrorKind.METHOD_NOT_ALLOWED: HTTPStatus.METHOD_NOT_ALLOWED,
    ErrorKind.NOT_ACCEPTABLE: HTTPStatus.NOT_ACCEPTABLE,
    ErrorKind.CONFLICT: HTTPStatus.CONFLICT,
    ErrorKind.GONE: HTTPStatus.GONE,
    ErrorKind.PRECONDITION_FAILED: HTTPStatus.PRECONDITION_FAILED,
    ErrorKind.PRECONDITION_REQUIRED: HTTPStatus.PRECONDITION_REQUIRED,
    ErrorKind.TOO_LARGE: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    ErrorKind.UNSUPPORTED_MEDIA_TYPE: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    ErrorKind.RANGE_NOT_SATISFIABLE: HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE,
    ErrorKind.TOO_MANY_REQUESTS: HTTPStatus.TOO_MANY_REQUESTS,
    ErrorKind.INTERNAL: HTTPStatus.INTERNAL_SERVER_ERROR,
    ErrorKind.UNAVAILABLE: HTTPStatus.SERVICE_UNAVAILABLE,
    ErrorKind.STORAGE_FULL: HTTPStatus.INSUFFICIENT_STORAGE,
}
RETRY_AFTER_S = 5


def problem(error: MedshareError) -> Response:
    """Write an error as ``application/problem+json`` in the caller's language."""
    chinese = prefers_chinese()
    status = STATUSES[error.kind]
    document: dict[str, object] = {
        "type": f"urn:medshare:problem:{error.slug}",
        "title": error.title_zh if chinese else error.title,
        "status": status.value,
        "detail": (chinese and error.detail_zh) or error.detail,
        "request_id": request_id(),
    }
    if error.issues:
        document["errors"] = [_issue(each, chinese=chinese) for each in error.issues]
    if error.params:
        document["params"] = error.params
    response = Response(
        orjson.dumps(document), status=status.value, content_type="application/problem+json"
    )
    response.headers["Content-Language"] = "zh-CN" if chinese else "en"
    if status is HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
        response.headers["Content-Range"] = f"bytes */{error.params['size_bytes']}"
    if status is HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = 'Bearer realm="medshare"'
    return response


def say_when(response: Response, error: MedshareError) -> None:
    """Tell a caller who is to come back how many seconds to wait (RFC 9110 section 10.2.3)."""
    if response.status_code in (HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS):
        response.headers["Retry-After"] = str(error.params.get("retry_after_s", RETRY_AFTER_S))


def _issue(issue: Issue, *, chinese: bool) -> dict[str, str]:
    sentence = issue.zh if chinese and issue.zh else issue.en
    return {"pointer": issue.pointer, "code": issue.code, "detail": sentence}


def prefers_chinese() -> bool:
    """Whether Chinese, in whatever script or region, is asked for before English."""
    for tag, quality in request.accept_languages:
        language = tag.lower().partition("-")[0]
        if quality > 0 and language in ("zh", "en"):
            return language == "zh"
    return False
