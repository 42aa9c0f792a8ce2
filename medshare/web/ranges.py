"""A part of a value that a request asks for (RFC 9110 section 14)."""

from collections.abc import Callable, Iterable
from http import HTTPStatus

from flask import Response, request

from medshare.kernel.errors import ErrorKind, MedshareError


class RangeNotSatisfiableError(MedshareError):
    """What is asked for lies behind the end."""

    kind = ErrorKind.RANGE_NOT_SATISFIABLE
    slug = "range-not-satisfiable"
    title = "The range begins behind the last byte"
    title_zh = "请求的字节范围超出内容末尾"


def load_range(size: int, tag: str) -> range | None:
    """Return the bytes that are asked for, ``None`` for all of them.

    A range that cannot be read, several at once, and one that holds under another entity tag only
    (``If-Range``) are as if not sent, as the standard allows.

    Parameters
    ----------
    size
        Bytes there are.
    tag
        The entity tag under which they are sent.

    Raises
    ------
    RangeNotSatisfiableError
        There is none of them.
    """
    asked = request.range
    if asked is None or asked.units != "bytes" or len(asked.ranges) != 1:
        return None
    if request.headers.get("If-Range", f'"{tag}"') != f'"{tag}"':
        return None
    first, end = asked.ranges[0]
    found = range(max(size + first, 0) if first < 0 else first, min(end or size, size))
    if not found:
        raise RangeNotSatisfiableError(params={"size_bytes": size})
    return found


def ranged_answer(
    chunks: Callable[[range], Iterable[bytes]], size: int, tag: str, content_type: str
) -> Response:
    """Answer all bytes of something, or the part of them that is asked for.

    Parameters
    ----------
    chunks
        Yields a part.

    Raises
    ------
    RangeNotSatisfiableError
        The part lies behind the end.
    """
    asked = load_range(size, tag)
    if asked is None:
        response = Response(chunks(range(size)), content_type=content_type)
    else:
        response = partial_answer(chunks(asked), asked, size, content_type)
    response.content_length = size if asked is None else len(asked)
    response.headers["Accept-Ranges"] = "bytes"
    return response


def partial_answer(
    body: bytes | Iterable[bytes], part: range, size: int, content_type: str
) -> Response:
    """Answer a part of a value of some size."""
    response = Response(body, HTTPStatus.PARTIAL_CONTENT, content_type=content_type)
    response.headers["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{size}"
    return response
