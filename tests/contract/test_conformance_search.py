"""docs/conformance.md tells of searches what the code does."""

import re
from pathlib import Path

from medshare.dicomweb.qido import PARAMETERS
from medshare.imaging.attributes import ATTRIBUTES, Level

TEXT = (Path(__file__).parents[2] / "docs" / "conformance.md").read_text(encoding="utf-8")


def rows(heading: str) -> set[tuple[str, ...]]:
    """Return the cells of the first table behind a heading."""
    behind = TEXT.partition(f"{heading}\n")[2]
    lines = re.search(r"(?:^\|.*\n)+", behind, re.MULTILINE)
    assert lines is not None, heading
    cells = [line.strip("|\n").split("|") for line in lines[0].splitlines()[2:]]
    return {tuple(cell.strip() for cell in line) for line in cells}


def test_the_attributes_of_each_level_are_those_of_the_index() -> None:
    for level in Level:
        assert rows(f"#### Attributes of the {level} level") == {
            (
                each.tag,
                each.keyword,
                each.vr,
                str(each.matching),
                "always" if each.required else "on request",
            )
            for each in ATTRIBUTES
            if each.level is level
        }


def test_the_parameters_of_a_search_are_those_that_are_read() -> None:
    named = {name for row in rows("## Search (QIDO-RS)") for name in row[0].split(", ")}
    assert named == PARAMETERS - {"accept"}
