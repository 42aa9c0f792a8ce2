"""Conditional changes: versions as entity tags (RFC 9110 sections 8.8.3 and 13.1.1)."""

import re

from flask import Response, request

from medshare.kernel.errors import PreconditionFailedError, PreconditionRequiredError

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
