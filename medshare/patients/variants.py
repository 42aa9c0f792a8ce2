"""Which characters are written two ways: traditional and Japanese forms folded to simplified.

The table comes from OpenCC's (Apache-2.0) by ``scripts/variants-table``.
"""

import csv
from functools import cache
from importlib.resources import files


@cache
def _table() -> dict[int, str]:
    text = (files(__package__) / "variants.csv").read_text(encoding="utf-8")
    return {ord(character): simple for character, simple in csv.reader(text.splitlines()[1:])}


def fold(text: str) -> str:
    """Write every character in the form that the mainland uses."""
    return text.translate(_table())
