import subprocess
import sys
from importlib.resources import files
from pathlib import Path

from medshare.patients import variants

ROOT = Path(__file__).parents[2]


def test_the_table_is_what_its_script_writes() -> None:
    script = [sys.executable, str(ROOT / "scripts" / "variants-table")]
    written = subprocess.run(script, capture_output=True, check=True).stdout.decode()
    assert (files("medshare.patients") / "variants.csv").read_text(encoding="utf-8") == written


def test_traditional_and_japanese_characters_are_folded_to_simplified_ones() -> None:
    assert variants.fold("劉廣澤") == variants.fold("劉広沢") == "刘广泽"
