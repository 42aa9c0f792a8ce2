"""Statistics as they are answered: a document, and the same figures as rows of a table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from medshare.recognition.statistics.flags import Flag, flags_of
from medshare.recognition.statistics.model import (
    Dimension,
    Funnel,
    Judged,
    Rate,
    funnel_of,
    grouped,
    rates_of,
    reasons_of,
)
from medshare.recognition.statistics.savings import (
    FORMULA_EN,
    FORMULA_ZH,
    Amounts,
    Proof,
    savings_of,
)
from medshare.recognition.statistics.service import Findings

Row = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer in both forms: ``document`` without the frame of the question, and ``rows``."""

    document: Mapping[str, object]
    rows: Sequence[Row]


def statistics(findings: Findings, by: Dimension | None) -> Answer:
    """Answer funnel and rates, of all chances or broken down."""
    parted = grouped(findings.judged, *([by] if by else []))
    groups = parted if by else {(): list(findings.judged)}
    shown = [_group(by and key[0], judged) for key, judged in groups.items()]
    rows = [
        {"key": each.get("key", ""), **row}
        for each in shown
        for row in (*each["rates"], *_counts(each))
    ]
    return Answer({"groups": shown}, rows)


def flow(findings: Findings) -> Answer:
    """Answer who recognises whose results."""
    items = [
        {"facility": receiving, "sourceFacility": source, **_funnel(funnel_of(judged))}
        for (receiving, source), judged in grouped(
            findings.judged, Dimension.FACILITY, Dimension.SOURCE_FACILITY
        ).items()
    ]
    return Answer({"items": items}, items)


def reasons(findings: Findings) -> Answer:
    """Answer why results were declined."""
    counted = reasons_of(findings.judged)
    total = sum(each.count for each in counted)
    items: list[dict[str, object]] = [
        {
            "parent": each.parent,
            "reason": each.reason,
            "numerator": each.count,
            "denominator": total,
            "value": each.count / total,
        }
        for each in counted
    ]
    return Answer({"items": items}, items)


def savings(findings: Findings) -> Answer:
    """Answer what was saved, claimed and by how far it is proven."""
    sums = savings_of(findings.judged, findings.rulebooks, findings.question.as_of)
    claimed = sum(sums.values(), Amounts())
    named = {"claimed": amounts(claimed)} | {each.value: amounts(sums[each]) for each in Proof}
    document = {**named, "formulaZh": FORMULA_ZH, "formulaEn": FORMULA_EN}
    return Answer(document, [{"state": name, **each} for name, each in named.items()])


def flags(findings: Findings) -> Answer:
    """Answer what should be looked into."""
    items = [_flag(each) for each in flags_of(findings.judged)]
    return Answer({"items": items}, items)


def _group(key: str | None, judged: Sequence[Judged]) -> dict[str, Any]:
    group: dict[str, Any] = {} if key is None else {"key": key}
    group["funnel"] = _funnel(funnel_of(judged))
    group["rates"] = [_rate(each) for each in rates_of(judged)]
    return group


def _counts(group: Mapping[str, Any]) -> list[Row]:
    return [{"code": f"count:{name}", "numerator": n} for name, n in group["funnel"].items()]


def _funnel(funnel: Funnel) -> dict[str, object]:
    return {
        "eligible": funnel.eligible,
        "shown": funnel.shown,
        "viewed": funnel.viewed,
        **{str(fate): count for fate, count in funnel.fates.items()},
        "repeatedAnyway": funnel.repeated_anyway,
    }


def _rate(rate: Rate) -> dict[str, object]:
    definition = rate.definition
    return {
        "code": definition.code,
        "zh": definition.zh,
        "en": definition.en,
        "definitionZh": definition.text_zh,
        "definitionEn": definition.text_en,
        "numerator": rate.numerator,
        "denominator": rate.denominator,
        "value": rate.value,
    }


def amounts(sums: Amounts) -> dict[str, object]:
    """Show sums of orders and what they cost."""
    return {
        "orders": sums.orders,
        "unpriced": sums.unpriced,
        "yuan": round(sums.yuan, 2),
        "minutes": sums.minutes,
        "mSv": round(sums.msv, 3),
    }


def _flag(flag: Flag) -> dict[str, object]:
    return {
        "code": flag.sign.code,
        "facility": flag.facility,
        "department": flag.department,
        "numerator": flag.numerator,
        "denominator": flag.denominator,
        "value": flag.numerator / flag.denominator,
        "raised": flag.is_raised,
        "zh": flag.sign.zh,
        "en": flag.sign.en,
    }
