"""A broken rule of an input, as one sentence per language with a language-neutral code."""

from collections.abc import Iterator
from itertools import islice
from typing import Self

from marshmallow import ValidationError

from medshare.kernel.errors import Issue

ISSUES_MAX = 100


class Fault(str):
    """A validation message that remembers its code and its Chinese sentence.

    It is a ``str``, so it passes through marshmallow untouched.
    """

    code: str
    zh: str
    __slots__ = ("code", "zh")

    def __new__(cls, code: str, en: str, zh: str) -> Self:
        """Make a message ``en`` with its ``code`` and its ``zh``."""
        fault = super().__new__(cls, en)
        fault.code = code
        fault.zh = zh
        return fault

    def format(self, *args: object, **kwargs: object) -> Self:
        """Stay what it is: faults never hold values of the input."""
        del args, kwargs
        return self


REQUIRED = Fault("required", "The field is required; send it.", "该字段必填，请补充。")
NULL = Fault(
    "not-null", "The field must not be null; leave it out or fill it.", "该字段不能为空值。"
)
UNKNOWN = Fault(
    "unknown-field", "There is no such field; check its spelling.", "没有此字段，请检查拼写。"
)
NOT_OBJECT = Fault("object", "Send a JSON object here.", "此处应为 JSON 对象。")
NOT_LIST = Fault("list", "Send a JSON array here.", "此处应为 JSON 数组。")
NOT_TEXT = Fault("text", "Send a text here.", "此处应为文本。")


def issues_of(error: ValidationError) -> list[Issue]:
    """Flatten marshmallow's nested messages into issues with JSON pointers (RFC 6901).

    At most ``ISSUES_MAX`` of them: a body of nothing but faults must not be answered by a far
    larger one.
    """
    return list(islice(_flatten(error.messages, ""), ISSUES_MAX))


def _flatten(messages: object, pointer: str) -> Iterator[Issue]:
    if isinstance(messages, dict):
        for key, nested in messages.items():
            step = "" if key == "_schema" else "/" + str(key).replace("~", "~0").replace("/", "~1")
            yield from _flatten(nested, pointer + step)
    elif isinstance(messages, list):
        for nested in messages:
            yield from _flatten(nested, pointer)
    elif isinstance(messages, Fault):
        yield Issue(pointer, messages.code, str(messages), messages.zh)
    else:
        yield Issue(pointer, "invalid", "The value does not fit the field.", "该值不符合要求。")
