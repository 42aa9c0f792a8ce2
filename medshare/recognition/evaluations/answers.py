"""The answer of an evaluation as it was given, kept: its words outlive the release's."""

import zlib
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

import orjson

from medshare.kernel.identifiers import FacilityCode, RecordId
from medshare.recognition.evaluations.model import Judgement, Source
from medshare.recognition.model import Tier, Verdict
from medshare.recognition.panels import PanelAnswer
from medshare.recognition.reasons import Code, Reason, Weight


def pack(judgement: Judgement, sources: tuple[Source, ...]) -> bytes:
    """Write an answer down, deflated; a reason that many verdicts share stands once."""
    numbers: dict[Reason, int] = {}
    verdicts = [
        {
            "item": item,
            "result": verdict.result,
            "tier": verdict.tier,
            "mark": verdict.mark,
            "valid_until": verdict.valid_until and verdict.valid_until.isoformat(),
            "reasons": [numbers.setdefault(each, len(numbers)) for each in verdict.reasons],
        }
        for item, verdict in judgement.verdicts
    ]
    panel = judgement.panel
    document = {
        "reasons": [asdict(each) for each in numbers],
        "verdicts": verdicts,
        "panel": panel and {"covered": dict(panel.covered), "order_only": list(panel.order_only)},
        "sources": [
            asdict(each) | {"performed_at": each.performed_at.isoformat()} for each in sources
        ],
    }
    return zlib.compress(orjson.dumps(document), 6)


def unpack(packed: bytes) -> tuple[Judgement, tuple[Source, ...]]:
    """Read what ``pack`` wrote."""
    document: dict[str, Any] = orjson.loads(zlib.decompress(packed))
    reasons = [_reason(each) for each in document["reasons"]]
    verdicts = tuple(
        (each["item"], _verdict(each, [reasons[number] for number in each["reasons"]]))
        for each in document["verdicts"]
    )
    panel = document["panel"]
    return (
        Judgement(
            verdicts,
            panel and PanelAnswer(panel["covered"], tuple(panel["order_only"])),
        ),
        tuple(_source(each) for each in document["sources"]),
    )


def _reason(kept: Mapping[str, Any]) -> Reason:
    return Reason(**{**kept, "code": Code(kept["code"]), "weight": Weight(kept["weight"])})


def _verdict(kept: Mapping[str, Any], reasons: list[Reason]) -> Verdict:
    until = kept["valid_until"]
    return Verdict(
        kept["result"],
        Tier(kept["tier"]),
        tuple(reasons),
        kept["mark"],
        until and datetime.fromisoformat(until),
    )


def _source(kept: Mapping[str, Any]) -> Source:
    return Source(
        **{
            **kept,
            "facility": FacilityCode(kept["facility"]),
            "record_id": RecordId(kept["record_id"]),
            "performed_at": datetime.fromisoformat(kept["performed_at"]),
        }
    )
