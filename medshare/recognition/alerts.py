"""Reliance: who has to hear that a result they recognised is not what it was."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from medshare.recognition.model import Decision, Result, earlier_versions


class Severity(StrEnum):
    """What is asked of whom an alert reaches."""

    STOP = "stop"
    REVIEW = "review"
    NOTICE = "notice"


@dataclass(frozen=True, slots=True)
class SourceEvent:
    """Something that befell results: an amendment, a withdrawn mark, an unmerged patient.

    Parameters
    ----------
    kind
        What happened, such as ``amended``; told in the alert.
    significant
        Whether treatment may change by it.
    """

    kind: str
    results: frozenset[str]
    significant: bool


@dataclass(frozen=True, slots=True)
class RelianceAlert:
    """Word to the doctor of a decision that rests on what has changed."""

    decision: str
    to: str
    severity: Severity
    cause: str


def alerts_of(
    event: SourceEvent, decisions: Iterable[Decision], results: Iterable[Result]
) -> list[RelianceAlert]:
    """Return an alert to every live decision on a result or an earlier version of it.

    Parameters
    ----------
    results
        The versions that are known, to tell which replaced which.

    Returns
    -------
    list[RelianceAlert]
        In the order of the decisions' ids.
    """
    concerned = earlier_versions(event.results, results)
    severity = Severity.STOP if event.significant else Severity.REVIEW
    return [
        RelianceAlert(decision.id, decision.doctor, severity, event.kind)
        for decision in sorted(decisions, key=lambda each: each.id)
        if decision.relies and decision.result in concerned
    ]
