"""Conditional requests: entity tags of versions and of contents (RFC 9110 sections 8.8.3, 13.1)."""

import hashlib
import re
from base64 import urlsafe_b64encode
from collections.abc import Callable
from http import HTTPStatus

from flask import Response, request

from medshare.kernel.errors import PreconditionFailedError, PreconditionRequiredError

TAG_BYTES = 15
_TAG = re.compile(r'"([1-9][0-9]{0,9})"')


def load_version() -> int:
    """Return the version that the caller changed, from ``If-Match``.

    Raises
    ------
    PreconditionRequiredError
        There is none; ``*`` names no version, so a lost update would go unseen.
    PreconditionFailedError
        It is not one of our tags, hence not the version that stands.
    """
    sent = request.headers.get("If-Match", "").strip()
    if sent in ("", "*"):
        raise PreconditionRequiredError
    found = _TAG.fullmatch(sent)
    if found is None:
        raise PreconditionFailedError
    return int(found[1])


def tagged(response: Response, version: int) -> Response:
    """Give an answer the entity tag of a version."""
    response.headers["ETag"] = f'"{version}"'
    return response


def content_tag(content: bytes) -> str:
    """Return the entity tag of a content: another for every other."""
    return urlsafe_b64encode(hashlib.sha256(content).digest()[:TAG_BYTES]).decode()


def is_unchanged(tag: str) -> bool:
    """Tell whether the caller holds what has this entity tag (RFC 9110 section 13.1.2)."""
    sent = request.headers.get("If-None-Match")
    if sent is None:
        return False
    held = [each.strip().removeprefix("W/") for each in sent.split(",")]
    return sent.strip() == "*" or f'"{tag}"' in held


def not_modified(tag: str, *, weak: bool = False) -> Response:
    """Answer that what the caller holds still stands; without a body."""
    response = content_tagged(Response(status=HTTPStatus.NOT_MODIFIED), tag, weak=weak)
    del response.headers["Content-Type"]
    return response


def content_tagged(response: Response, tag: str, *, weak: bool = False) -> Response:
    """Give an answer the entity tag of its content.

    It stays ``no-store`` as every other: a program that keeps it may ask whether it still stands,
    a browser's cache on a shared workstation does not get to keep it.

    Parameters
    ----------
    weak
        Whether two answers under the tag may differ in bytes that mean nothing, as boundaries do.
    """
    response.headers["ETag"] = f'W/"{tag}"' if weak else f'"{tag}"'
    return response


def unless_held(tag: str, make: Callable[[], Response], *, weak: bool = False) -> Response:
    """Make an answer, unless the caller holds what has its entity tag."""
    if is_unchanged(tag):
        return not_modified(tag, weak=weak)
    return content_tagged(make(), tag, weak=weak)
