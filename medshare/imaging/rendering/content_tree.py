"""The content of a structured report as lines, in reading order; walked without recursion.

References
----------
DICOM PS3.3 sections C.17.3 (content tree), C.18 (value types).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from medshare.imaging.rendering.labels import Labels
from medshare.imaging.rendering.reading import (
    DataSet,
    coded,
    day,
    first,
    items,
    moment,
    text,
    time_of_day,
    values,
)

CONTENT, TEXT_VALUE = "0040A730", "0040A160"
LINES_MAX = 20_000
CHARACTERS_MAX = 1 << 21
DEPTH_MAX = 64
NUMBERS_MAX = 8
_REFERENCES = ("IMAGE", "COMPOSITE", "WAVEFORM")
_UNITLESS = ("", "1", "{no units}")


@dataclass(frozen=True, slots=True)
class Line:
    """A content item.

    Parameters
    ----------
    depth
        0 for the root.
    is_container
        Its name is a heading then.
    is_flowing
        It stands in a container whose content is CONTINUOUS: read as one text.
    is_aside
        It stands below an item that flows.
    """

    depth: int
    value_type: str
    name: str
    value: str
    is_flowing: bool = False
    is_aside: bool = False

    @property
    def is_container(self) -> bool:
        """Whether it holds others rather than a value."""
        return self.value_type == "CONTAINER"


@dataclass(frozen=True, slots=True)
class Content:
    """What a document says; ``is_whole`` is false where a cap cut it."""

    lines: tuple[Line, ...]
    is_whole: bool = True


def content_of(dataset: DataSet, long_texts: Mapping[str, str], say: Labels) -> Content:
    """Read a content tree.

    Parameters
    ----------
    long_texts
        Text values that are no part of the metadata, by their path.
    """
    found: list[Line] = []
    characters, is_whole = 0, True
    waiting = [(dataset, "", 0, False, False)]
    while waiting:
        item, path, depth, flows, is_aside = waiting.pop()
        value = value_of(item, say, long_texts.get(path + TEXT_VALUE, ""))
        value_type = text(item, "0040A040")
        name = coded(item, "0040A043") or _unnamed(value_type, say)
        line = Line(depth, value_type, name, value, flows, is_aside)
        characters += len(line.name) + len(line.value)
        if len(found) == LINES_MAX or characters > CHARACTERS_MAX:
            return Content(tuple(found), is_whole=False)
        found.append(line)
        children = items(item, CONTENT)
        if depth == DEPTH_MAX:
            is_whole &= not children
            continue
        flows_below = _flows(item) if line.is_container else flows
        below = (depth + 1, flows_below, flows_below and not line.is_container)
        waiting += [
            (child, f"{path}{CONTENT}/{number}/", *below)
            for number, child in reversed(list(enumerate(children, 1)))
        ]
    return Content(tuple(found), is_whole)


def _unnamed(value_type: str, say: Labels) -> str:
    """Return what a reference without a name is called."""
    return say(value_type) if value_type in _REFERENCES else ""


def _flows(item: DataSet) -> bool:
    return text(item, "0040A050") == "CONTINUOUS"


def value_of(item: DataSet, say: Labels, long_text: str = "") -> str:
    """Write the value of a content item as it is read; empty for a container."""
    target = [str(each) for each in values(item, "0040DB73")]
    if target:
        return f"{say('see')} {'.'.join(target)}"
    if long_text:
        return long_text
    write = _WRITERS.get(text(item, "0040A040"))
    return "" if write is None else write(item, say)


def _number(item: DataSet, _: Labels) -> str:
    for measured in items(item, "0040A300")[:1]:
        unit = "".join(text(each, "00080100") for each in items(measured, "004008EA")[:1])
        number = first(measured, "0040A30A")
        written = f"{number:.12g}" if isinstance(number, float) else text(measured, "0040A30A")
        return written if unit in _UNITLESS else f"{written} {unit}"
    return coded(item, "0040A301")


def _reference(item: DataSet, say: Labels) -> str:
    """Name what is referred to: PS3.3 table 10-3."""
    for referred in items(item, "00081199")[:1]:
        written = text(referred, "00081155")
        frames = [str(each) for each in values(referred, "00081160")]
        if frames:
            written += f", {say('frames')} {_shortened(frames)}"
        return written
    return ""


def _coordinates(item: DataSet, _: Labels) -> str:
    numbers = [f"{each:g}" for each in values(item, "00700022") if isinstance(each, int | float)]
    return f"{text(item, '00700023')} {_shortened(numbers)}".strip()


def _times(item: DataSet, _: Labels) -> str:
    keys = ("0040A132", "0040A138", "0040A13A")
    numbers = [str(each) for key in keys for each in values(item, key)]
    return f"{text(item, '0040A130')} {_shortened(numbers)}".strip()


def _shortened(written: list[str]) -> str:
    more = ["…"] if len(written) > NUMBERS_MAX else []
    return ", ".join(written[:NUMBERS_MAX] + more)


_WRITERS: Mapping[str, Callable[[DataSet, Labels], str]] = {
    "TEXT": lambda item, _: text(item, TEXT_VALUE),
    "CODE": lambda item, _: coded(item, "0040A168"),
    "NUM": _number,
    "PNAME": lambda item, _: text(item, "0040A123"),
    "DATETIME": lambda item, _: moment(text(item, "0040A120")),
    "DATE": lambda item, _: day(text(item, "0040A121")),
    "TIME": lambda item, _: time_of_day(text(item, "0040A122")),
    "UIDREF": lambda item, _: text(item, "0040A124"),
    "IMAGE": _reference,
    "COMPOSITE": _reference,
    "WAVEFORM": _reference,
    "SCOORD": _coordinates,
    "SCOORD3D": _coordinates,
    "TCOORD": _times,
}
