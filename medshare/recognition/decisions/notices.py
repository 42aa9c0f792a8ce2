"""What the patient is told of a decision, in Chinese and English."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from medshare.recognition.model import Outcome
from medshare.recognition.policies.model import RepeatReason


@dataclass(frozen=True, slots=True)
class Words:
    """A name in both languages."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class NoticeFacts:
    """What a notice speaks of.

    Parameters
    ----------
    performed_at
        When the existing exam was performed or its specimen collected.
    reason
        Why it is repeated; ``None`` where nothing was chosen.
    """

    outcome: Outcome
    item: Words
    source: Words
    receiver: Words
    performed_at: datetime
    zone: ZoneInfo
    reason: RepeatReason | None = None


def notice_of(facts: NoticeFacts) -> Words:
    """Return the notice of a decision."""
    day = facts.performed_at.astimezone(facts.zone)
    zh_what = f"您于{day.year}年{day.month}月{day.day}日在{facts.source.zh}所做的{facts.item.zh}"
    en_what = f"Your {facts.item.en} of {day:%Y-%m-%d} at {facts.source.en}"
    match facts.outcome:
        case Outcome.RECOGNISED:
            return Words(
                f"{zh_what}结果已由{facts.receiver.zh}认可，本次无需重复检查。",
                f"{en_what} was recognised by {facts.receiver.en}; it need not be repeated.",
            )
        case Outcome.PARTLY:
            return Words(
                f"{zh_what}结果已由{facts.receiver.zh}部分认可，仅需补做缺少的部分。",
                f"{en_what} was recognised in part by {facts.receiver.en}; only what is missing"
                " will be examined.",
            )
        case Outcome.REPEATED | Outcome.OVERLOOKED:
            zh_why = f"原因：{facts.reason.zh}。" if facts.reason else ""
            en_why = f" Reason: {facts.reason.en}." if facts.reason else ""
            return Words(
                f"{zh_what}本次需要重复检查。{zh_why}如有疑问，请向接诊医师咨询。",
                f"{en_what} will be repeated at {facts.receiver.en}.{en_why}"
                " Please ask your doctor if anything is unclear.",
            )
