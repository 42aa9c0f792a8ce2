"""Excerpts: what a search returns, kept as lines of JSON so that no search has to parse it.

Each line is one member of a DICOM JSON object, ``"00080020":{"vr":"DA","Value":["20260301"]}``.
Lines of several levels, sorted and joined by commas, are an object with its keys ascending: a
line begins with its tag, and JSON without layout holds no line feed.
"""

from collections.abc import Collection, Mapping

import orjson

from medshare.imaging.attributes import ATTRIBUTES, DataSet, Level


def write_excerpt(dataset: DataSet, level: Level) -> bytes:
    """Write what the index keeps of a data set at a level; what has no value stands empty."""
    kept = [each for each in ATTRIBUTES if each.level is level and not each.computed]
    return b"\n".join(line(each.tag, dataset.get(each.tag) or {"vr": each.vr}) for each in kept)


def line(tag: str, element: Mapping[str, object]) -> bytes:
    """Write one attribute."""
    return b'"%b":%b' % (tag.encode(), orjson.dumps(element))


def lines_of(excerpt: bytes, tags: Collection[bytes]) -> list[bytes]:
    """Return those lines of an excerpt that are of some tags."""
    return [each for each in excerpt.split(b"\n") if each[1:9] in tags]


def join_lines(lines: list[bytes]) -> bytes:
    """Join lines to one object, ascending."""
    lines.sort()
    return b"{" + b",".join(lines) + b"}"


def read_excerpt(excerpt: bytes) -> DataSet:
    """Return an excerpt as a data set."""
    found: DataSet = orjson.loads(join_lines(excerpt.split(b"\n")))
    return found
