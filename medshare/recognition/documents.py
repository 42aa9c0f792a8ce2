"""Reading JSON of a fixed form: what is missing, unknown or of another kind is named."""

import re
from collections.abc import Callable
from datetime import datetime
from enum import Enum
from typing import TypeVar, overload
from zoneinfo import ZoneInfo

from medshare.kernel.errors import InvalidError, Issue
from medshare.recognition.programme import Window, WindowUnit

Read = TypeVar("Read")
Default = TypeVar("Default")
Choice = TypeVar("Choice", bound=Enum)
Reader = Callable[[object, str], Read]
_WINDOW = re.compile(r"([1-9][0-9]{0,3})(h|d|mo)")


class Missing(Enum):
    """The default of what has none."""

    MISSING = "missing"


class ScenarioFileError(InvalidError):
    """A scenarios file is not of the form; the issues name the places."""

    slug = "scenario-file"
    title = "The scenarios file does not have the required form"
    title_zh = "场景文件格式不正确"


def fail(pointer: str, code: str, en: str, zh: str) -> ScenarioFileError:
    """Return the error for one place of a file."""
    return ScenarioFileError(issues=[Issue(pointer, code, en, zh)])


class Node:
    """An object of the file: a key that nobody has taken when it is closed is unknown."""

    def __init__(self, value: object, pointer: str) -> None:
        if not isinstance(value, dict):
            raise fail(pointer, "not-an-object", "An object belongs here.", "此处应为对象。")
        self._values: dict[str, object] = value
        self._taken: set[str] = set()
        self.pointer = pointer

    @overload
    def take(self, key: str, read: Reader[Read]) -> Read: ...
    @overload
    def take(self, key: str, read: Reader[Read], default: Default) -> Read | Default: ...
    def take(
        self, key: str, read: Reader[Read], default: Default | Missing = Missing.MISSING
    ) -> Read | Default:
        """Read one value; without a default it has to be there."""
        self._taken.add(key)
        place = f"{self.pointer}/{key}"
        if key in self._values:
            return read(self._values[key], place)
        if default is Missing.MISSING:
            raise fail(place, "missing", "This key is required.", "缺少必填项。")
        return default

    def has(self, key: str) -> bool:
        """Tell whether a key is there."""
        return key in self._values

    def close(self) -> None:
        """Refuse every key that nobody took."""
        unknown = [key for key in self._values if key not in self._taken]
        if unknown:
            raise ScenarioFileError(
                issues=[
                    Issue(f"{self.pointer}/{key}", "unknown-key", "No such key exists.", "未知键。")
                    for key in unknown
                ]
            )


def listed(read: Reader[Read]) -> Reader[tuple[Read, ...]]:
    """Read a list, each member in the same way."""

    def read_all(value: object, pointer: str) -> tuple[Read, ...]:
        if not isinstance(value, list):
            raise fail(pointer, "not-a-list", "A list belongs here.", "此处应为列表。")
        return tuple(read(each, f"{pointer}/{number}") for number, each in enumerate(value))

    return read_all


def mapped(read: Reader[Read]) -> Reader[dict[str, Read]]:
    """Read an object whose keys are names, each value in the same way."""

    def read_all(value: object, pointer: str) -> dict[str, Read]:
        if not isinstance(value, dict):
            raise fail(pointer, "not-an-object", "An object belongs here.", "此处应为对象。")
        return {name: read(each, f"{pointer}/{name}") for name, each in value.items()}

    return read_all


def record(read: Callable[["Node"], Read]) -> Reader[Read]:
    """Read an object of known keys; another key is refused."""

    def read_whole(value: object, pointer: str) -> Read:
        node = Node(value, pointer)
        whole = read(node)
        node.close()
        return whole

    return read_whole


def one_of(choices: type[Choice]) -> Reader[Choice]:
    """Read a member of an enumeration by its value."""

    def read(value: object, pointer: str) -> Choice:
        for choice in choices:
            if type(value) is not bool and value == choice.value:
                return choice
        names = ", ".join(str(choice.value) for choice in choices)
        raise fail(pointer, "not-a-choice", f"Choose one of {names}.", f"可选值：{names}。")

    return read


def text(value: object, pointer: str) -> str:
    """Read a text."""
    if not isinstance(value, str):
        raise fail(pointer, "not-a-text", "A text belongs here.", "此处应为文本。")
    return value


def flag(value: object, pointer: str) -> bool:
    """Read true or false."""
    if not isinstance(value, bool):
        raise fail(pointer, "not-a-flag", "Write true or false.", "此处应为 true 或 false。")
    return value


def integer(value: object, pointer: str) -> int:
    """Read a whole number."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise fail(pointer, "not-an-integer", "A whole number belongs here.", "此处应为整数。")
    return value


def instant(value: object, pointer: str) -> datetime:
    """Read an instant of ISO 8601; without its offset it would be a guess."""
    try:
        at = datetime.fromisoformat(text(value, pointer))
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise fail(pointer, "not-an-instant", "Write a time with its offset.", "时间须带时区偏移。")
    return at


def zone(value: object, pointer: str) -> ZoneInfo:
    """Read a time zone by its IANA name."""
    try:
        return ZoneInfo(text(value, pointer))
    except (KeyError, ValueError, OSError):
        raise fail(
            pointer, "not-a-zone", "Write the name of a time zone.", "此处应为时区名称。"
        ) from None


def window(value: object, pointer: str) -> Window:
    """Read a window such as ``6h``, ``30d`` or ``1mo``."""
    match = _WINDOW.fullmatch(text(value, pointer))
    if match is None:
        raise fail(
            pointer,
            "not-a-window",
            "Write a window such as 6h, 30d or 1mo.",
            "时限如 6h、30d、1mo。",
        )
    return Window(int(match[1]), WindowUnit(match[2]))


def json_value(value: object, _pointer: str) -> object:
    """Take a value as it stands."""
    return value
