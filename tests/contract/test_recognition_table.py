"""docs/recognition.md tells every reason of a verdict as the code does."""

import re
from pathlib import Path

from medshare.recognition.explanations import because
from medshare.recognition.reasons import Code

TEXT = (Path(__file__).parents[2] / "docs" / "recognition.md").read_text(encoding="utf-8")
LINE = re.compile(r"\| `([A-Z_]+)` \| (\w+) \| (.+)<br>(.+) \| (.+)<br>(.+) \|")


def test_the_table_of_reasons_is_that_of_the_code() -> None:
    written = [found.groups() for each in TEXT.splitlines() if (found := LINE.fullmatch(each))]
    reasons = [because(code, "", "") for code in Code]
    assert written == [
        (each.code, each.weight, each.zh, each.en, each.remedy_zh, each.remedy_en)
        for each in reasons
    ]
