"""What the tests of the checklist say of themselves."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Test = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of the standard and the test that shows it kept.

    Parameters
    ----------
    section
        Where it stands: of PS3.18 unless another part is named.
    """

    section: str
    sentence: str
    test: str


RULES: list[Rule] = []


def rule(section: str, sentence: str) -> Callable[[Test], Test]:
    """Say which rule a test shows kept."""

    def listed(test: Test) -> Test:
        module = test.__module__.rpartition(".")[2]
        RULES.append(Rule(section, sentence, f"{module}::{test.__name__}"))
        return test

    return listed
