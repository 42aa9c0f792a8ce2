"""Answers: JSON bodies, pages, created things."""

from collections.abc import Mapping, Sequence
from html import escape
from http import HTTPStatus
from urllib.parse import quote, urlencode

import orjson
from flask import Response, request

from medshare.infra.paging import Page

HTML = "text/html; charset=utf-8"
_ONWARDS = """<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8"><meta http-equiv="refresh" content="0;url={next}">
<title>medshare</title></head><body><p><a href="{next}">继续 · Continue</a></p></body></html>
"""


def json_answer(document: Mapping[str, object], status: int = HTTPStatus.OK) -> Response:
    """Answer a JSON object."""
    body = orjson.dumps(document, option=orjson.OPT_UTC_Z)
    return Response(body, status=status, content_type="application/json")


def created(document: Mapping[str, object], location: str, *, fresh: bool = True) -> Response:
    """Answer what was created: 201 with its address, or 200 when it stood already."""
    status = HTTPStatus.CREATED if fresh else HTTPStatus.OK
    response = json_answer(document, status)
    response.headers["Location"] = location
    return response


def page_answer(page: Page[object], items: Sequence[object]) -> Response:
    """Answer one page: ``items``, and where more follow ``next`` with a ``Link`` header."""
    following = {} if page.next_cursor is None else {"next": page.next_cursor}
    return link_to_next(json_answer({"items": items, **following}), page)


def link_to_next(response: Response, page: Page[object]) -> Response:
    """Give the answer of a GET a ``Link`` to the next page, where there is one."""
    if page.next_cursor is not None and request.method == "GET":
        arguments = request.args.to_dict() | {"cursor": page.next_cursor}
        address = f"{quote(request.path)}?{urlencode(arguments)}"
        response.headers["Link"] = f'<{address}>; rel="next"'
    return response


def moved(document: Mapping[str, object], location: str) -> Response:
    """Answer that the thing has another address for ever, for the same method (308)."""
    response = json_answer(document, HTTPStatus.PERMANENT_REDIRECT)
    response.headers["Location"] = location
    return response


def lead_on(address: str) -> Response:
    """Answer a page that leads on to an address of ours.

    The session's cookie is SameSite=Strict, so it does not travel on a redirect that another site
    began; it does where a page of our own leads on.
    """
    return Response(_ONWARDS.format(next=escape(address, quote=True)), content_type=HTML)


def no_content() -> Response:
    """Answer that it is done and there is nothing to say."""
    return Response(status=HTTPStatus.NO_CONTENT)
