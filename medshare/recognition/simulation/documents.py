"""Findings as a document: what a simulation answers, and what it goes on from step by step."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from medshare.recognition.model import Tier
from medshare.recognition.reasons import Code
from medshare.recognition.simulation.model import Findings, Share
from medshare.recognition.statistics.answers import amounts
from medshare.recognition.statistics.savings import Amounts


def dump_findings(findings: Findings) -> dict[str, Any]:
    """Write findings down; whatever has no count is left out."""
    codes = sorted(findings.gained.keys() | findings.lost.keys())
    moves = sorted(findings.moves.items())
    return {
        **_share(findings.total),
        "unreadable": findings.unreadable,
        "moves": [
            {"before": before, "after": after, "verdicts": count}
            for (before, after), count in moves
        ],
        "reasons": [
            {"code": code, "gained": findings.gained[code], "lost": findings.lost[code]}
            for code in codes
        ],
        "items": [
            {"item": item, **_share(share)} for item, share in sorted(findings.items.items())
        ],
    }


def read_findings(document: Mapping[str, Any]) -> Findings:
    """Read what ``dump_findings`` wrote; nothing was found in an empty document."""
    if not document:
        return Findings()
    reasons = document["reasons"]
    return Findings(
        _read_share(document),
        document["unreadable"],
        Counter(
            {
                (Tier(each["before"]), Tier(each["after"])): each["verdicts"]
                for each in document["moves"]
            }
        ),
        Counter({Code(each["code"]): each["gained"] for each in reasons}),
        Counter({Code(each["code"]): each["lost"] for each in reasons}),
        {each["item"]: _read_share(each) for each in document["items"]},
    )


def _share(share: Share) -> dict[str, Any]:
    before, after = amounts(share.before), amounts(share.after)
    return {
        "orders": share.orders,
        "changed": share.changed,
        "before": before,
        "after": after,
        "difference": amounts(share.after - share.before),
    }


def _read_share(document: Mapping[str, Any]) -> Share:
    return Share(
        document["orders"],
        document["changed"],
        _read_amounts(document["before"]),
        _read_amounts(document["after"]),
    )


def _read_amounts(document: Mapping[str, Any]) -> Amounts:
    return Amounts(
        document["orders"],
        document["unpriced"],
        document["yuan"],
        document["minutes"],
        document["mSv"],
    )
