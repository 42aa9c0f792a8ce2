"""``Idempotency-Key``: a POST that is repeated because its answer got lost changes nothing again.

The header is that of draft-ietf-httpapi-idempotency-key-header, whose value may come quoted. The
answer is kept in the transaction of the change, so there is never one without the other.
"""

import hashlib
import re
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

import orjson
from flask import Response, request

from medshare.infra import idempotency
from medshare.infra.idempotency import Answer
from medshare.infra.locks import take_turns
from medshare.infra.perform import Context
from medshare.kernel.audit import AuditObject, Subject
from medshare.kernel.errors import InvalidError, Issue
from medshare.kernel.identifiers import PatientId, RecordId
from medshare.web.body import peek_body

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
_KEY = re.compile(r'"?([!#-~]{1,255})"?')
_KEPT_HEADERS = ("Content-Type", "Location", "ETag", "Retry-After")
KEY_WRONG = Issue(
    HEADER,
    "idempotency-key",
    "Send a key of 1 to 255 printable ASCII characters without spaces, such as a UUID.",
    "请填写 1 至 255 个不含空格的可打印 ASCII 字符，例如 UUID。",
)


class KeyReusedError(InvalidError):
    """The key stands for another request of the same caller."""

    slug = "idempotency-key-reused"
    title = "The Idempotency-Key was sent with another request; make a new key for a new request"
    title_zh = "该 Idempotency-Key 已用于其他请求；新的请求请使用新的键"


def idempotent(view: Callable[..., Response]) -> Callable[..., Response]:
    """Let a view be repeated under the caller's own key for 24 hours.

    Only what succeeded is kept: a refusal changed nothing, and may turn out otherwise next time.
    """

    @wraps(view)
    def once(context: Context, **arguments: object) -> Response:
        key = _sent_key()
        if key is None:
            return view(context, **arguments)
        name, digest = _name(context, key), _digest(context)
        with context.whole() as uow:
            take_turns(uow.session, f"idempotency:{name}")
            given = idempotency.find(uow.session, name, uow.now())
            if given is not None:
                return _again(context, given, digest)
            response = view(context, **arguments)
            kept = Answer(
                digest,
                response.status_code,
                {each: told for each in _KEPT_HEADERS if (told := response.headers.get(each))},
                response.get_data(),
                _concerns(context),
            )
            idempotency.keep(uow.session, name, kept, uow.now())
        return response

    return once


def _sent_key() -> str | None:
    sent = request.headers.get(HEADER)
    if sent is None:
        return None
    found = _KEY.fullmatch(sent.strip())
    if found is None:
        raise InvalidError(issues=[KEY_WRONG])
    return found[1]


def _name(context: Context, key: str) -> str:
    """Name the answer: two callers, or two operations, may use the same key."""
    parts = [context.principal.kind, context.principal.id, context.operation.name, key]
    return _hash(orjson.dumps(parts))


def _digest(context: Context) -> str:
    """Return what the request is told from another one by; who acts belongs to it."""
    principal = context.principal
    acting = principal.acting_user.id if principal.acting_user else ""
    head = [request.method, request.full_path, acting, principal.purpose or ""]
    return _hash(orjson.dumps(head) + peek_body())


def _hash(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()


def _concerns(context: Context) -> Mapping[str, Any]:
    return {
        "subjects": [[each.patient_id, each.record_id] for each in context.subjects],
        "objects": [[each.kind, each.id] for each in context.objects],
    }


def _again(context: Context, given: Answer, digest: str) -> Response:
    """Give an answer again; the trail hears of it as of the first time."""
    if given.digest != digest:
        raise KeyReusedError
    context.reason = "replayed"
    context.touched(*(AuditObject(*each) for each in given.concerns["objects"]))
    subjects = [
        Subject(patient and PatientId(patient), record and RecordId(record))
        for patient, record in given.concerns["subjects"]
    ]
    if subjects:
        context.concerns(*subjects)
    else:
        context.concerns_nobody("replayed")
    response = Response(given.body, status=given.status)
    if "Content-Type" not in given.headers:
        del response.headers["Content-Type"]
    response.headers.update(given.headers)
    response.headers[REPLAYED] = "true"
    return response
