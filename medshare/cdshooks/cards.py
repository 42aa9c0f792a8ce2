"""What a doctor reads: cards made of verdicts, in Chinese or English."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from medshare.cdshooks.model import DraftOrder
from medshare.exams.model import MANAGED_ITEMS
from medshare.recognition.catalogue.model import CardMode
from medshare.recognition.evaluations.model import Evaluation, Source
from medshare.recognition.model import CareContext, Tier, Verdict
from medshare.recognition.policies.model import ReasonSet, RepeatReason

SUMMARY_MAX = 139
CANDIDATES_MAX = 3
REASON_SYSTEM = "urn:medshare:recognition:reason"
TOPIC_SYSTEM = "urn:medshare:recognition:tier"
REDUCE = "reduce"
REPEAT = "repeat:"
# What a client may know a card's mode by, to ask for a reason before the order is kept.
MODE_EXTENSION = "urn:medshare:recognition:card-mode"
Json = dict[str, Any]


class Language(StrEnum):
    """The languages of cards."""

    ZH = "zh"
    EN = "en"


@dataclass(frozen=True, slots=True)
class Wording:
    """What a card is worded with.

    Parameters
    ----------
    facilities, items
        Names by code, in the card's language.
    """

    language: Language
    zone: ZoneInfo
    facilities: Mapping[str, str]
    items: Mapping[str, str]
    source_url: str

    def pick(self, zh: str, en: str) -> str:
        """Return the text of the card's language."""
        return zh if self.language is Language.ZH else en

    def item(self, code: str) -> str:
        """Return an item's name."""
        return self.items.get(code, code)

    def facility(self, code: str) -> str:
        """Return a facility's name."""
        return self.facilities.get(code, code)

    def day(self, source: Source) -> str:
        """Return the day of an exam."""
        return f"{source.performed_at.astimezone(self.zone):%Y-%m-%d}"


@dataclass(frozen=True, slots=True)
class Asking:
    """How a doctor who repeats an item is asked why: the reasons, and the item's card mode."""

    reasons: ReasonSet
    mode: CardMode

    @property
    def at_one_click(self) -> tuple[RepeatReason, ...]:
        """Return the reasons that a card offers beside the results.

        A card that only informs spares the doctor a dialogue, for reasons that need no words; a
        mechanical one leaves the dialogue to the client.
        """
        if self.mode is CardMode.MECHANICAL:
            return ()
        return tuple(
            each for each in self.reasons.reasons if not each.parent and not each.needs_text
        )


def suggestion_id(evaluation_id: str, what: str) -> str:
    """Return the id of a card's suggestion: a result, ``REDUCE``, or ``REPEAT`` with a reason."""
    return str(uuid5(UUID(evaluation_id), what))


def offered(evaluation: Evaluation) -> list[Verdict]:
    """Return the verdicts on the ordered item that a card offers, best first."""
    own = [verdict for item, verdict in evaluation.judgement.verdicts if item == evaluation.item]
    return [each for each in own if each.tier is not Tier.EXCLUDED][:CANDIDATES_MAX]


def order_card(
    evaluation: Evaluation, draft: DraftOrder, asking: Asking, wording: Wording
) -> Json | None:
    """Return the card on a draft order, ``None`` where nothing existing could stand for it."""
    verdicts = offered(evaluation)
    if verdicts:
        return _card(evaluation, draft, verdicts, asking, wording)
    if evaluation.judgement.panel is not None and evaluation.judgement.panel.covered:
        return _panel_card(evaluation, draft, asking, wording)
    return None


def reminder_card(card_id: str, due: Sequence[Source], wording: Wording) -> Json:
    """Return the card that tells of valid results when a patient is seen."""
    lines = [
        f"- {wording.item(each.item)}, {wording.facility(each.facility)}, {wording.day(each)}"
        for each in due
    ]
    summary = wording.pick(
        f"该患者有{len(due)}项可互认的检查检验结果", f"{len(due)} results that are to be recognised"
    )
    return {
        "uuid": card_id,
        "summary": _shortened(summary),
        "detail": "\n".join(lines),
        "indicator": "info",
        "source": _source(Tier.DUE, wording),
    }


def _card(
    evaluation: Evaluation,
    draft: DraftOrder,
    verdicts: Sequence[Verdict],
    asking: Asking,
    wording: Wording,
) -> Json:
    best = verdicts[0]
    source = evaluation.source_of(best.result)
    what = f"{wording.facility(source.facility)} {wording.day(source)} {wording.item(source.item)}"
    due = best.tier is Tier.DUE
    summary = wording.pick(
        f"已有结果应予互认：{what}" if due else f"已有结果可供参考：{what}",
        f"To be recognised: {what}" if due else f"May be recognised: {what}",
    )
    return _framed(evaluation, best.tier, summary, asking, wording) | {
        "detail": "\n\n".join(
            [
                *(_told(evaluation, each, wording) for each in verdicts),
                *_demand(best.tier, asking, wording),
            ]
        ),
        "suggestions": [
            {
                "label": _use(evaluation, each, wording),
                "uuid": suggestion_id(evaluation.id, each.result),
                "isRecommended": each.tier is Tier.DUE,
                "actions": [_delete(draft, wording)],
            }
            for each in verdicts
        ]
        + _repeats(evaluation, asking, wording),
        "selectionBehavior": "at-most-one",
    }


def _panel_card(
    evaluation: Evaluation, draft: DraftOrder, asking: Asking, wording: Wording
) -> Json:
    panel = evaluation.judgement.panel
    covered, missing = (list(panel.covered), panel.order_only) if panel else ([], ())
    have, want = (", ".join(map(wording.item, each)) for each in (covered, missing))
    summary = wording.pick(
        f"组合中{len(covered)}项已有结果应予互认，只需补做{len(missing)}项",
        f"{len(covered)} of the panel's items are to be recognised; order {len(missing)} only",
    )
    label = wording.pick("只开缺少的项目", "Order only what is missing")
    return _framed(evaluation, Tier.DUE, summary, asking, wording) | {
        "detail": "\n\n".join(
            [
                wording.pick(f"已有：{have}", f"Exists: {have}"),
                wording.pick(f"补做：{want}", f"Order: {want}"),
                *_demand(Tier.DUE, asking, wording),
            ]
        ),
        "suggestions": [
            {
                "label": label,
                "uuid": suggestion_id(evaluation.id, REDUCE),
                "isRecommended": True,
                "actions": [
                    _delete(draft, wording),
                    *(_create(draft, each, wording) for each in missing),
                ],
            },
            *_repeats(evaluation, asking, wording),
        ],
        "selectionBehavior": "at-most-one",
    }


def _framed(
    evaluation: Evaluation, tier: Tier, summary: str, asking: Asking, wording: Wording
) -> Json:
    """Return what every card on an order has: never critical, for the doctor judges."""
    urgent = evaluation.draft.context is CareContext.EMERGENCY
    warns = tier is Tier.DUE and not urgent
    return {
        "uuid": evaluation.id,
        "summary": _shortened(summary),
        "indicator": "warning" if warns else "info",
        "source": _source(tier, wording),
        "overrideReasons": [
            {
                "code": each.code,
                "system": REASON_SYSTEM,
                "display": wording.pick(each.zh, each.en),
            }
            for each in asking.reasons.reasons
        ],
        "extension": {MODE_EXTENSION: asking.mode},
    }


def _demand(tier: Tier, asking: Asking, wording: Wording) -> list[str]:
    """Say that a mechanical item that is due is repeated for a reason only."""
    if asking.mode is CardMode.INFORMATIVE or tier is not Tier.DUE:
        return []
    return [
        wording.pick("如需重复检查，请选择原因。", "To order it all the same, choose a reason.")
    ]


def _repeats(evaluation: Evaluation, asking: Asking, wording: Wording) -> list[Json]:
    """Offer to keep the order for a reason, by one click."""
    return [
        {
            "label": wording.pick(f"仍需检查：{each.zh}", f"Order all the same: {each.en}"),
            "uuid": suggestion_id(evaluation.id, REPEAT + each.code),
        }
        for each in asking.at_one_click
    ]


def _told(evaluation: Evaluation, verdict: Verdict, wording: Wording) -> str:
    source = evaluation.source_of(verdict.result)
    head = f"**{wording.facility(source.facility)} {wording.day(source)}**"
    return "\n".join([head, *_lines(verdict, wording)])


def _lines(verdict: Verdict, wording: Wording) -> Iterator[str]:
    if verdict.mark:
        yield f"- {wording.pick('互认标识', 'Mark')}: {verdict.mark}"
    if verdict.valid_until:
        until = f"{verdict.valid_until:%Y-%m-%d %H:%M}"
        yield f"- {wording.pick('有效至', 'Valid until')}: {until}"
    for reason in verdict.reasons:
        said = wording.pick(reason.zh, reason.en)
        remedy = wording.pick(reason.remedy_zh, reason.remedy_en)
        evidence = wording.pick(reason.evidence_zh or reason.evidence, reason.evidence)
        yield f"- {said} ({evidence}). {remedy}"


def _use(evaluation: Evaluation, verdict: Verdict, wording: Wording) -> str:
    source = evaluation.source_of(verdict.result)
    where = f"{wording.facility(source.facility)} {wording.day(source)}"
    return wording.pick(
        f"采用{where}的结果，取消本次医嘱", f"Use the result of {where}; cancel the order"
    )


def _delete(draft: DraftOrder, wording: Wording) -> Json:
    return {
        "type": "delete",
        "description": wording.pick("取消医嘱草稿", "Cancel the draft order"),
        "resourceId": draft.reference,
    }


def _create(draft: DraftOrder, item: str, wording: Wording) -> Json:
    kept = {name: value for name, value in draft.resource.items() if name != "id"}
    name = wording.item(item)
    coding = {"system": MANAGED_ITEMS, "code": item, "display": name}
    return {
        "type": "create",
        "description": wording.pick(f"补做{name}", f"Order {name}"),
        "resource": kept | {"code": {"coding": [coding], "text": name}},
    }


def _source(tier: Tier, wording: Wording) -> Json:
    return {
        "label": wording.pick("medshare 检查检验结果互认", "medshare mutual recognition"),
        "url": wording.source_url,
        "topic": {"system": TOPIC_SYSTEM, "code": tier},
    }


def _shortened(text: str) -> str:
    return text if len(text) <= SUMMARY_MAX else text[: SUMMARY_MAX - 1] + "…"
