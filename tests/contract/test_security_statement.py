"""SECURITY.md names tests; each of them exists."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
NAMED = re.findall(r"`((?:tests|benchmarks)/[\w/]+\.py)(?:::(\w+))?`", TEXT)
API_RISKS = range(1, 11)
ASVS_CHAPTERS = range(1, 18)


def test_every_test_that_security_names_exists() -> None:
    for file, name in NAMED:
        path = ROOT / file
        assert path.is_file(), file
        if name:
            source = path.read_text(encoding="utf-8")
            assert re.search(rf"^ *def {name}\(", source, re.MULTILINE), name


def test_no_risk_and_no_chapter_is_left_out() -> None:
    for marks in ([f"API{each}" for each in API_RISKS], [f"V{each}" for each in ASVS_CHAPTERS]):
        rows = [line for line in TEXT.splitlines() if line.startswith(f"| {marks[0][:-1]}")]
        assert [row.split()[1] for row in rows] == marks
        for row in rows:
            assert "`tests/" in row or "Does not apply" in row, row


def test_what_protects_against_each_threat_is_shown() -> None:
    threats = TEXT.partition("### Threats")[2].partition("### Left")[0]
    rows = [line for line in threats.splitlines() if line.startswith("| ")][2:]
    assert len(rows) > 10
    assert all("`tests/" in row for row in rows)
