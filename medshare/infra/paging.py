"""Cursor pages: a cursor is an opaque text that says after which row to go on."""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import orjson

from medshare.kernel.errors import InvalidError, Issue

Item_co = TypeVar("Item_co", covariant=True)

LIMIT_DEFAULT = 50
LIMIT_MAX = 200
CURSOR_LIMIT = 400


@dataclass(frozen=True, slots=True)
class Page(Generic[Item_co]):
    """Some items in order, and the cursor behind the last one when there are more."""

    items: Sequence[Item_co]
    next_cursor: str | None = None


def write_cursor(*keys: str) -> str:
    """Make the cursor that stands behind a row with these sort keys."""
    return base64.urlsafe_b64encode(orjson.dumps(keys)).rstrip(b"=").decode("ascii")


def read_cursor(text: str | None, length: int) -> tuple[str, ...] | None:
    """Return the sort keys in a cursor, ``None`` without one.

    Raises
    ------
    InvalidError
        It is not one of our cursors with ``length`` keys.
    """
    if text is None:
        return None
    try:
        keys = orjson.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (binascii.Error, ValueError):
        keys = None
    fits = isinstance(keys, list) and len(keys) == length
    if not fits or not all(isinstance(key, str) and key.isprintable() for key in keys):
        raise InvalidError(
            issues=[
                Issue(
                    "/cursor",
                    "cursor",
                    "Send the cursor as an earlier page gave it, or leave it out.",
                    "请原样发送上一页返回的游标，或省略该参数。",
                )
            ]
        )
    return tuple(keys)
