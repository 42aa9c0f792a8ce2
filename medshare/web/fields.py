"""The fields of inbound schemas: strict, bounded, and each fault named with its remedy."""

import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any, TypeVar

from marshmallow import RAISE, Schema, ValidationError, fields

from medshare.web.faults import NOT_LIST, NOT_OBJECT, NOT_TEXT, NULL, REQUIRED, UNKNOWN, Fault

TEXT_LIMIT = 1000
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]|[\ud800-\udfff]")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_INSTANT = re.compile(
    r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?([Zz]|[+-]\d{2}:[0-5]\d)?", re.ASCII
)
_DIGITS = re.compile(r"-?[0-9]{1,15}")
BASE: dict[str, Any] = {"required": REQUIRED, "null": NULL, "validator_failed": NOT_OBJECT}
Choice = TypeVar("Choice", bound=StrEnum)


class Input(Schema):
    """Base of every inbound schema: unknown fields are faults."""

    error_messages = {"unknown": UNKNOWN, "type": NOT_OBJECT}

    class Meta:
        """Refuse what is not declared."""

        unknown = RAISE


class Text(fields.String):
    """A text without control characters, normalised to NFC and trimmed.

    Parameters
    ----------
    low, high
        Least and greatest length in characters, after trimming.
    pattern
        A regular expression that the whole text must match, with the fault if it does not.
    """

    default_error_messages = {
        **BASE,
        "invalid": NOT_TEXT,
        "invalid_utf8": NOT_TEXT,
        "control": Fault(
            "control-character",
            "The text holds control characters; remove them.",
            "文本含有控制字符，请删除。",
        ),
        "short": Fault("too-short", "The text is empty or too short.", "文本为空或过短。"),
        "long": Fault("too-long", "The text is longer than allowed; shorten it.", "文本过长。"),
    }

    def __init__(
        self,
        *,
        low: int = 1,
        high: int = TEXT_LIMIT,
        pattern: tuple[str, Fault] | None = None,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.low, self.high = low, high
        self._pattern = (re.compile(pattern[0]), pattern[1]) if pattern else None

    def _deserialize(
        self,
        value: Any,
        attr: str | None,
        data: Mapping[str, Any] | None,
        **kwargs: Any,
    ) -> str:
        if not isinstance(value, str):
            raise self.make_error("invalid")
        del attr, data, kwargs
        if _CONTROL.search(value):
            raise self.make_error("control")
        text = unicodedata.normalize("NFC", value).strip()
        if len(text) < self.low:
            raise self.make_error("short")
        if len(text) > self.high:
            raise self.make_error("long")
        if self._pattern and not self._pattern[0].fullmatch(text):
            raise ValidationError(self._pattern[1])
        return text


class Code(Text):
    """A short token: printable, without white space, at most 64 characters."""

    def __init__(self, **options: Any) -> None:
        fault = Fault(
            "token",
            "Send a code without white space, at most 64 characters.",
            "请填写不含空格的代码，最长 64 个字符。",
        )
        super().__init__(high=64, pattern=(r"\S+", fault), **options)


class OneOf(fields.Field[Any]):
    """One value of a ``StrEnum``; the fault lists what is allowed, never what was sent."""

    default_error_messages = BASE

    def __init__(self, choices: type[Choice], **options: Any) -> None:
        super().__init__(**options)
        self.choices = choices
        allowed = ", ".join(str(each.value) for each in choices)
        self._fault = Fault("choice", f"Send one of: {allowed}.", f"请填写以下之一：{allowed}。")

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> StrEnum:
        del args, kwargs
        if isinstance(value, str) and value in {each.value for each in self.choices}:
            return self.choices(value)
        raise ValidationError(self._fault)

    def _serialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        del args, kwargs
        return None if value is None else str(value)


class Day(fields.Field[date]):
    """A calendar date as ``YYYY-MM-DD``."""

    default_error_messages = {
        **BASE,
        "invalid": Fault(
            "date", "Send a date that exists as YYYY-MM-DD.", "请按 YYYY-MM-DD 填写存在的日期。"
        ),
    }

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> date:
        del args, kwargs
        if not isinstance(value, str) or not _DATE.fullmatch(value):
            raise self.make_error("invalid")
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise self.make_error("invalid") from None

    def _serialize(self, value: date | None, *args: Any, **kwargs: Any) -> Any:
        del args, kwargs
        return None if value is None else value.isoformat()


class OffsetDateTime(fields.Field[datetime]):
    """An instant by RFC 3339 *with* its offset; comes in aware, keeps the offset."""

    default_error_messages = {
        **BASE,
        "invalid": Fault(
            "date-time",
            "Send a time that exists by RFC 3339, for example 2026-03-01T09:30:00+08:00.",
            "请按 RFC 3339 填写存在的时间，例如 2026-03-01T09:30:00+08:00。",
        ),
        "offset": Fault(
            "time-without-offset",
            "The time has no offset; add one, for example +08:00.",
            "时间缺少时区偏移，请补充，例如 +08:00。",
        ),
    }

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> datetime:
        del args, kwargs
        found = _INSTANT.fullmatch(value) if isinstance(value, str) else None
        if found is None:
            raise self.make_error("invalid")
        if not found[3]:
            raise self.make_error("offset")
        try:
            instant = datetime.fromisoformat(found[0].upper())
            instant.astimezone(UTC)  # an instant that UTC cannot name cannot be stored
        except (ValueError, OverflowError):
            raise self.make_error("invalid") from None
        return instant

    def _serialize(self, value: datetime | None, *args: Any, **kwargs: Any) -> Any:
        del args, kwargs
        return None if value is None else value.isoformat().replace("+00:00", "Z")


class Whole(fields.Integer):
    """A whole number within bounds; ``5.9`` and ``"5"`` are faults."""

    default_error_messages = {
        **BASE,
        "invalid": Fault("integer", "Send a whole number.", "请填写整数。"),
        "too_large": Fault("integer", "Send a whole number.", "请填写整数。"),
        "range": Fault("out-of-range", "The number is out of range.", "数值超出范围。"),
    }

    def __init__(self, *, low: int, high: int, **options: Any) -> None:
        super().__init__(strict=True, **options)
        self.low, self.high = low, high

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise self.make_error("invalid")
        number: int = super()._deserialize(value, *args, **kwargs)
        if not self.low <= number <= self.high:
            raise self.make_error("range")
        return number


class QueryWhole(Whole):
    """A whole number in a query string, where everything is text."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> int:
        if not isinstance(value, str) or not _DIGITS.fullmatch(value):
            raise self.make_error("invalid")
        return super()._deserialize(int(value), *args, **kwargs)


class Flag(fields.Boolean):
    """``true`` or ``false``, nothing that merely resembles them."""

    default_error_messages = {
        **BASE,
        "invalid": Fault("boolean", "Send true or false.", "请填写 true 或 false。"),
    }
    truthy = {True}
    falsy = {False}

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> bool:
        del args, kwargs
        if not isinstance(value, bool):
            raise self.make_error("invalid")
        return value


class QueryFlag(Flag):
    """``true`` or ``false`` in a query string, where everything is text."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> bool:
        read = {"true": True, "false": False}.get(value) if isinstance(value, str) else value
        return super()._deserialize(read, *args, **kwargs)


class Sub(fields.Nested):
    """A nested object."""

    default_error_messages = {**BASE, "type": NOT_OBJECT}


class Items(fields.List[Any]):
    """A list with a least and a greatest length; ``unique``: whose items differ."""

    default_error_messages = {
        **BASE,
        "invalid": NOT_LIST,
        "few": Fault("too-few", "The list has too few items.", "列表项过少。"),
        "many": Fault("too-many", "The list has too many items; split it.", "列表项过多，请拆分。"),
        "twice": Fault("duplicate", "An item stands twice; send it once.", "列表项重复，请去重。"),
    }

    def __init__(
        self,
        inner: fields.Field[Any],
        *,
        low: int = 0,
        high: int = 100,
        unique: bool = False,
        **options: Any,
    ) -> None:
        super().__init__(inner, **options)
        self.low, self.high, self.unique = low, high, unique

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> list[Any]:
        if not isinstance(value, list):
            raise self.make_error("invalid")
        if len(value) < self.low:
            raise self.make_error("few")
        if len(value) > self.high:
            raise self.make_error("many")
        items = super()._deserialize(value, *args, **kwargs)
        if self.unique and len(set(items)) < len(items):
            raise self.make_error("twice")
        return items
