"""docs/dicomweb-checklist.md lists the rules that the suite shows kept, each with its test."""

import importlib
import pkgutil
from pathlib import Path

from tests import checklist
from tests.checklist.rules import RULES, Rule

DOCUMENT = Path(__file__).parents[2] / "docs" / "dicomweb-checklist.md"


def listed() -> list[str]:
    lines = DOCUMENT.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line.startswith("| ")][2:]


def row(rule: Rule) -> str:
    return f"| {rule.section} | {rule.sentence} | `{rule.test}` |"


def named_in(module: str) -> list[str]:
    loaded = importlib.import_module(f"tests.checklist.{module}")
    return [f"{module}::{name}" for name in vars(loaded) if name.startswith("test_")]


def test_the_document_lists_every_rule_and_every_test_keeps_one() -> None:
    modules = [each.name for each in pkgutil.iter_modules(checklist.__path__)]
    tests = [test for module in modules for test in named_in(module)]

    assert "\n".join(listed()) == "\n".join(row(each) for each in sorted(RULES, key=in_order))
    assert sorted({each.test for each in RULES}) == sorted(tests)


def in_order(rule: Rule) -> tuple[list[int], str, str]:
    numbers = [int(part) for part in rule.section.split(".") if part.isdecimal()]
    return ([0] if rule.section[0].isdigit() else [1]) + numbers, rule.section, rule.sentence
