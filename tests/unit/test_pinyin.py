import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import pytest

from medshare.patients import pinyin

ROOT = Path(__file__).parents[2]


def test_the_table_is_what_its_script_writes() -> None:
    script = [sys.executable, str(ROOT / "scripts" / "pinyin-table")]
    written = subprocess.run(script, capture_output=True, check=True).stdout.decode()
    assert (files("medshare.patients") / "pinyin.csv").read_text(encoding="utf-8") == written


@pytest.mark.parametrize(
    ("name", "spelling"), [("王小明", "wangxiaoming"), ("吕布", "lvbu"), ("O王", "Owang")]
)
def test_a_name_is_spelled(name: str, spelling: str) -> None:
    assert spelling in pinyin.spellings(name)


def test_a_surname_with_two_readings_is_spelled_both_ways() -> None:
    assert {"zengwei", "cengwei"} <= pinyin.spellings("曾伟")
    assert {"zw", "cw"} <= pinyin.initials("曾伟")


def test_the_ways_of_spelling_are_limited() -> None:
    assert len(pinyin.spellings("曾" * 40)) == pinyin.SPELLINGS_MAX


def test_the_first_letters_are_those_that_people_type() -> None:
    assert pinyin.initials("欧阳锋") == {"oyf"}
