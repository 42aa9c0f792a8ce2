"""A catalogue as CSV files: facets, covers, panels and codes, each optional, each with a header.

Every fault is told with its file, line and column, and all of them at once.
"""

import csv
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from medshare.kernel.errors import Issue
from medshare.recognition.catalogue.model import (
    CardMode,
    Catalogue,
    CatalogueFileError,
    DoseClass,
    Facets,
)
from medshare.recognition.programme import Phase

Read = TypeVar("Read")
FILES: Mapping[str, tuple[str, ...]] = {
    "facets.csv": (
        "item",
        "phases",
        "specimen",
        "ucum",
        "comparability_group",
        "method_sensitive",
        "dose_class",
        "card_mode",
    ),
    "covers.csv": ("item", "covers"),
    "panels.csv": ("panel", "component"),
    "codes.csv": ("system", "code", "item"),
}
_LONGEST = 64


@dataclass(slots=True)
class _Reading:
    """What was read so far, and what was wrong with it."""

    known: Collection[str]
    issues: list[Issue] = field(default_factory=list)

    def fault(self, place: str, code: str, en: str, zh: str) -> None:
        self.issues.append(Issue(place, code, en, zh))

    def item(self, row: Mapping[str, str], column: str, place: str) -> str:
        """Return a managed item's code."""
        if row[column] not in self.known:
            self.fault(
                f"{place}/{column}",
                "item-unknown",
                "The item is not managed; correct the code.",
                "项目不在统一目录中，请更正代码。",
            )
        return row[column]

    def choice(
        self, row: Mapping[str, str], column: str, place: str, choices: Collection[str]
    ) -> bool:
        """Tell whether every word of a cell is one of some choices."""
        wrong = [word for word in row[column].split() or [""] if word not in choices]
        if wrong:
            allowed = ", ".join(each or "(empty)" for each in choices)
            self.fault(
                f"{place}/{column}",
                "not-a-choice",
                f"Write one of {allowed}.",
                f"可选值：{allowed}。",
            )
        return not wrong


def read_catalogue(texts: Mapping[str, str], known: Collection[str]) -> Catalogue:
    """Read a catalogue from the texts of its files.

    Parameters
    ----------
    texts
        By file name; a file that is not there brings nothing.
    known
        Codes of the managed items.

    Raises
    ------
    CatalogueFileError
        The issues name file, line and column, as ``/facets.csv/12/dose_class``.
    """
    reading = _Reading(known)
    for name in sorted(set(texts) - set(FILES)):
        reading.fault(f"/{name}", "unknown-file", "No such file is read; remove it.", "未知文件。")
    facets = _each(reading, texts, "facets.csv", _facets)
    covers = _each(reading, texts, "covers.csv", _covers)
    panels = _each(reading, texts, "panels.csv", _panels)
    codes = _each(reading, texts, "codes.csv", _codes)
    _refuse_twice(reading, "facets.csv", [each.item for each in facets if each])
    _refuse_twice(reading, "codes.csv", [each[0] for each in codes])
    if reading.issues:
        raise CatalogueFileError(issues=reading.issues)
    return Catalogue(
        {each.item: each for each in facets if each},
        frozenset(covers),
        _grouped(panels),
        dict(codes),
    )


def _each(
    reading: _Reading,
    texts: Mapping[str, str],
    name: str,
    read: Callable[[_Reading, Mapping[str, str], str], Read],
) -> list[Read]:
    if name not in texts:
        return []
    lines = csv.DictReader(texts[name].removeprefix("\ufeff").splitlines(), restval="")
    if tuple(lines.fieldnames or ()) != FILES[name]:
        header = ",".join(FILES[name])
        reading.fault(f"/{name}/1", "header", f"Begin with {header}.", f"首行应为 {header}。")
        return []
    return [
        read(reading, row, f"/{name}/{number}")
        for number, row in enumerate(lines, start=2)
        if _fits(reading, row, f"/{name}/{number}")
    ]


def _fits(reading: _Reading, row: Mapping[str | None, str], place: str) -> bool:
    fits = None not in row and all(len(cell) <= _LONGEST for cell in row.values())
    if not fits:
        reading.fault(
            place,
            "line",
            "Write as many cells as the header has, each of at most 64 characters.",
            "每行列数应与首行一致，每格最长 64 个字符。",
        )
    return fits


def _facets(reading: _Reading, row: Mapping[str, str], place: str) -> Facets | None:
    item = reading.item(row, "item", place)
    sound = [
        reading.choice(row, "phases", place, ["", *Phase]),
        reading.choice(row, "method_sensitive", place, ["", "true", "false"]),
        reading.choice(row, "dose_class", place, list(DoseClass)),
        reading.choice(row, "card_mode", place, list(CardMode)),
    ]
    if not all(sound):
        return None
    return Facets(
        item,
        frozenset(Phase(each) for each in row["phases"].split()),
        row["specimen"],
        row["ucum"],
        row["comparability_group"],
        row["method_sensitive"] == "true",
        DoseClass(row["dose_class"]),
        CardMode(row["card_mode"]),
    )


def _covers(reading: _Reading, row: Mapping[str, str], place: str) -> tuple[str, str]:
    return reading.item(row, "item", place), reading.item(row, "covers", place)


def _panels(reading: _Reading, row: Mapping[str, str], place: str) -> tuple[str, str]:
    return reading.item(row, "panel", place), reading.item(row, "component", place)


def _codes(reading: _Reading, row: Mapping[str, str], place: str) -> tuple[tuple[str, str], str]:
    if not row["system"] or not row["code"]:
        reading.fault(place, "missing", "Fill in system and code.", "请填写 system 和 code。")
    return (row["system"], row["code"]), reading.item(row, "item", place)


def _grouped(panels: Collection[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    grouped: dict[str, list[str]] = {}
    for panel, component in panels:
        grouped.setdefault(panel, []).append(component)
    return {panel: tuple(dict.fromkeys(each)) for panel, each in grouped.items()}


def _refuse_twice(reading: _Reading, name: str, keys: Collection[object]) -> None:
    if len(set(keys)) < len(keys):
        reading.fault(f"/{name}", "duplicate", "A key stands twice; keep one.", "存在重复行。")
