"""Request bodies: read whole or refused, never half; then loaded by a schema."""

import io
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import parse_qsl

import orjson
from flask import request
from marshmallow import Schema, ValidationError
from werkzeug.exceptions import ClientDisconnected

from medshare.infra.paging import CURSOR_LIMIT, LIMIT_DEFAULT, LIMIT_MAX
from medshare.kernel.errors import (
    InvalidError,
    Issue,
    MalformedError,
    TooLargeError,
    UnsupportedMediaTypeError,
)
from medshare.web.faults import issues_of
from medshare.web.fields import Input, QueryWhole, Text

FORM = "application/x-www-form-urlencoded"
FORM_LIMIT = 64 << 10
FORM_FIELDS_MAX = 20


class TruncatedUploadError(MalformedError):
    """The connection ended before the announced end of the body."""

    slug = "truncated-upload"
    title = "The body ended before its announced length; send it again"
    title_zh = "请求体在声明的长度之前中断，请重新发送"


class BrokenJsonError(MalformedError):
    """The body is not JSON."""

    slug = "broken-json"
    title = "The body is not valid JSON in UTF-8"
    title_zh = "请求体不是有效的 UTF-8 JSON"


def require_uncoded() -> None:
    """Refuse a body in a content coding: none is taken (RFC 9110 section 8.4).

    Raises
    ------
    UnsupportedMediaTypeError
        It is compressed, as its Content-Encoding says.
    """
    if request.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
        raise UnsupportedMediaTypeError(
            "Send the body without Content-Encoding.", "请勿使用 Content-Encoding 压缩请求体。"
        )


def read_body(limit_bytes: int) -> bytes:
    """Read the whole request body.

    Raises
    ------
    UnsupportedMediaTypeError
        It is in a content coding.
    TooLargeError
        It exceeds ``limit_bytes``.
    TruncatedUploadError
        It ended before its announced length: servers may show a cut upload as a clean end.
    """
    require_uncoded()
    announced = request.content_length
    if announced is not None and announced > limit_bytes:
        raise TooLargeError(params={"limit_bytes": limit_bytes})
    try:
        body = request.stream.read(limit_bytes + 1)
    except ClientDisconnected:
        raise TruncatedUploadError from None
    if len(body) > limit_bytes:
        raise TooLargeError(params={"limit_bytes": limit_bytes})
    if announced is not None and len(body) < announced:
        raise TruncatedUploadError
    return body


def peek_body(limit_bytes: int = 1 << 20) -> bytes:
    """Read the whole request body and put it back for whoever reads it next.

    Raises
    ------
    TooLargeError, TruncatedUploadError
        As of ``read_body``.
    """
    body = read_body(limit_bytes)
    request.stream = io.BytesIO(body)
    return body


def load_json(schema: Schema, limit_bytes: int = 1 << 20) -> Any:  # noqa: ANN401  # schemas give the type
    """Read a JSON body and load it by a schema.

    Raises
    ------
    UnsupportedMediaTypeError
        The Content-Type is not JSON.
    BrokenJsonError, InvalidError
        It cannot be read, or breaks rules that the issues name.
    """
    if request.mimetype != "application/json" and not request.mimetype.endswith("+json"):
        raise UnsupportedMediaTypeError(
            "Send the body as application/json.", "请以 application/json 发送请求体。"
        )
    try:
        document = orjson.loads(read_body(limit_bytes))
    except orjson.JSONDecodeError:
        raise BrokenJsonError from None
    return load(schema, document)


def load(schema: Schema, document: object) -> Any:  # noqa: ANN401  # schemas give the type
    """Load a document by a schema; its faults become the issues of an ``InvalidError``."""
    try:
        return schema.load(cast("Mapping[str, Any]", document))
    except ValidationError as error:
        raise InvalidError(issues=issues_of(error)) from None


def load_arguments(schema: Schema) -> Any:  # noqa: ANN401  # schemas give the type
    """Load the query string by a schema; a repeated parameter is a fault.

    Parameters come as text: use the ``Query*`` fields of :mod:`medshare.web.fields`.
    """
    return load_pairs(schema, list(request.args.items(multi=True)))


def load_form(schema: Schema) -> Any:  # noqa: ANN401  # schemas give the type
    """Load a form by a schema; a repeated parameter is a fault.

    Raises
    ------
    UnsupportedMediaTypeError, MalformedError, InvalidError
        It is no form, cannot be read, or breaks rules that the issues name.
    """
    return load_pairs(schema, form_pairs())


def load_pairs(schema: Schema, pairs: Sequence[tuple[str, str]]) -> Any:  # noqa: ANN401  # schemas give the type
    """Load parameters by a schema; a repeated one is a fault."""
    return load(schema, _each_once(pairs))


def form_pairs() -> list[tuple[str, str]]:
    """Read the parameters of a body that says it is a form, in order.

    Raises
    ------
    UnsupportedMediaTypeError
        The Content-Type is not that of a form.
    MalformedError
        It cannot be read.
    """
    if request.mimetype != FORM:
        raise UnsupportedMediaTypeError(f"Send the body as {FORM}.", f"请以 {FORM} 发送请求体。")
    try:
        return read_form()
    except ValueError:
        raise MalformedError from None


def read_form() -> list[tuple[str, str]]:
    """Read a form's parameters in order.

    Raises
    ------
    ValueError
        They are no form (its text is ASCII, what it encodes UTF-8), or too many.
    """
    text = read_body(FORM_LIMIT).decode("ascii")
    return parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=FORM_FIELDS_MAX)


def _each_once(pairs: Sequence[tuple[str, str]]) -> dict[str, str]:
    counts = Counter(name for name, _value in pairs)
    repeated = [name for name, count in counts.items() if count > 1]
    if repeated:
        issue = Issue(
            f"/{repeated[0]}",
            "repeated-parameter",
            "Send the parameter once.",
            "该参数只能出现一次。",
        )
        raise InvalidError(issues=[issue])
    return dict(pairs)


@dataclass(frozen=True, slots=True)
class PageArguments:
    """Which page of a list is asked for."""

    cursor: str | None
    limit: int


class PageSchema(Input):
    """The query parameters of a list that has no filter."""

    cursor = Text(load_default=None, high=CURSOR_LIMIT)
    limit = QueryWhole(load_default=LIMIT_DEFAULT, low=1, high=LIMIT_MAX)


PAGE = PageSchema()


def load_page_arguments() -> PageArguments:
    """Load ``cursor`` and ``limit`` of a list without a filter."""
    return PageArguments(**load_arguments(PAGE))
