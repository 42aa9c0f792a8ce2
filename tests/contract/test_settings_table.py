"""docs/settings.md equals the code."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from medshare.settings import PREFIX, SettingError, Settings, load_settings

ROOT = Path(__file__).parents[2]
LINE = re.compile(r"\| `(MEDSHARE_[A-Z0-9_]+)` \| (?:`([^`]*)`)? ?\| (.+) \|")


def shown(default: object) -> str | None:
    if default in ("", None):
        return None
    return str(default).lower() if isinstance(default, bool) else str(default)


def test_the_table_of_settings_is_that_of_the_code() -> None:
    written = [
        found.groups()
        for line in (ROOT / "docs" / "settings.md").read_text(encoding="utf-8").splitlines()
        if (found := LINE.fullmatch(line))
    ]
    assert written == [
        (PREFIX + each.name.upper(), shown(each.default), each.metadata["meaning"])
        for each in fields(Settings)
    ]


def test_a_misspelt_variable_stops_the_start() -> None:
    with pytest.raises(SettingError):
        load_settings({"MEDSHARE_PROT": "8080"})
