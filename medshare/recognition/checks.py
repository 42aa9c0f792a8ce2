"""The checks of one result against one order; each yields its reasons, none stops another."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from medshare.recognition.equivalence import side_fault
from medshare.recognition.explanations import because
from medshare.recognition.model import (
    CareContext,
    ImageQuality,
    Laterality,
    Link,
    Order,
    Result,
    Status,
)
from medshare.recognition.programme import Item, ItemKind, ItemRule, LevelRule, Programme
from medshare.recognition.reasons import Code, Reason

_CONTEXTS = {
    CareContext.EMERGENCY: Code.EMERGENCY_REPEAT_PERMITTED,
    CareContext.PRE_OP: Code.CRITICAL_PROCEDURE_REPEAT_PERMITTED,
    CareContext.FORENSIC: Code.FORENSIC_REPEAT_PERMITTED,
}
_CONTEXT_ZH = {
    CareContext.EMERGENCY: "医嘱情形：急诊、急救",
    CareContext.PRE_OP: "医嘱情形：手术等重大医疗措施前",
    CareContext.FORENSIC: "医嘱情形：司法、伤残及病退鉴定",
}
_STATUS_ZH = {
    Status.PRELIMINARY: "初步",
    Status.FINAL: "终报",
    Status.AMENDED: "已修订",
    Status.CORRECTED: "已更正",
    Status.CANCELLED: "已取消",
    Status.ENTERED_IN_ERROR: "误录",
}
_SIDE_ZH = {
    Laterality.LEFT: "左侧",
    Laterality.RIGHT: "右侧",
    Laterality.BILATERAL: "双侧",
    None: "未知",
}


@dataclass(frozen=True, slots=True)
class Question:
    """What is the same for all results of one evaluation.

    Parameters
    ----------
    ordered
        The item that the order asks for.
    rule
        What the policy says of it; ``None`` where it is not in the catalogue.
    replaced
        Ids of the results that another candidate replaces, and by which.
    """

    programme: Programme
    order: Order
    ordered: Item
    rule: ItemRule | None
    replaced: dict[str, str]
    now: datetime


@dataclass(frozen=True, slots=True)
class Candidate:
    """A result that has to do with the order, and what is worked out of it.

    Parameters
    ----------
    fault
        By which facet its item falls short of the ordered one.
    refused
        Whether the patient refuses to share it and the glass is broken.
    """

    result: Result
    item: Item
    link: Link
    fault: Code | None
    refused: bool
    valid_until: datetime | None


Check = Callable[[Question, Candidate], Iterator[Reason]]


def check_person(_question: Question, candidate: Candidate) -> Iterator[Reason]:
    """Check that the result is the patient's, and by which right it is seen."""
    if candidate.link is Link.PROBABLE:
        yield because(
            Code.IDENTITY_UNCERTAIN, "the link to the patient is probable", "与患者的关联为疑似"
        )
    if candidate.refused:
        yield because(Code.BREAK_GLASS, "shown by break-glass in an emergency", "紧急情况下调阅")


def check_status(question: Question, candidate: Candidate) -> Iterator[Reason]:
    """Check that the result is a final report's, and its newest version."""
    result = candidate.result
    newer = question.replaced.get(result.id)
    if newer is not None:
        yield because(Code.SUPERSEDED, f"replaced by {newer}", f"已被 {newer} 取代")
    match result.status:
        case Status.PRELIMINARY:
            yield _of_status(Code.STATUS_NOT_FINAL, result.status)
        case Status.CANCELLED | Status.ENTERED_IN_ERROR:
            yield _of_status(Code.STATUS_INVALID, result.status)
        case Status.AMENDED | Status.CORRECTED:
            if newer is None:
                yield _of_status(Code.REPORT_AMENDED, result.status)
        case Status.FINAL:
            pass


def _of_status(code: Code, status: Status) -> Reason:
    return because(code, f"status {status}", f"状态：{_STATUS_ZH[status]}")


def check_item(question: Question, candidate: Candidate) -> Iterator[Reason]:
    """Check that the result answers what the order asks."""
    ordered, order, result = question.ordered, question.order, candidate.result
    if candidate.fault is not None:
        yield because(
            candidate.fault,
            f"{result.item} for {ordered.code}",
            f"结果为 {result.item}，申请为 {ordered.code}",
        )
    # The side of another body part says nothing about this one.
    if ordered.laterality and candidate.fault is not Code.BODY_PART_MISMATCH:
        fault = side_fault(order.laterality, result.laterality)
        if fault is not None:
            sides = f"{result.laterality or 'unknown'} for {order.laterality or 'unknown'}"
            have, wanted = _SIDE_ZH[result.laterality], _SIDE_ZH[order.laterality]
            yield because(fault, sides, f"结果为{have}，申请为{wanted}")
    if ordered.method_sensitive and order.method and result.method != order.method:
        methods = f"{result.method or 'unknown'} for {order.method}"
        methods_zh = f"结果为 {result.method or '未知'}，申请为 {order.method}"
        yield because(Code.METHOD_NOT_COMPARABLE, methods, methods_zh)


def check_time(question: Question, candidate: Candidate) -> Iterator[Reason]:
    """Check that the result is of a believable time, and recent enough."""
    result, until = candidate.result, candidate.valid_until
    if result.performed_at > question.now + question.programme.policy.clock_skew:
        at = _shown(result.performed_at)
        yield because(Code.FUTURE_DATED, f"performed {at}", f"检查时间 {at}")
    if not result.time_trusted:
        about = _shown(result.performed_at)
        yield because(Code.TIME_UNTRUSTED, f"performed about {about}", f"检查时间约 {about}")
    if until is not None and question.now > until:
        yield because(Code.EXPIRED, f"valid until {_shown(until)}", f"有效至 {_shown(until)}")


def _shown(at: datetime) -> str:
    return at.isoformat(" ", "seconds")


def check_catalogue(question: Question, candidate: Candidate) -> Iterator[Reason]:
    """Check what the programme asks of items and of facilities."""
    policy, levels = question.programme.policy, question.programme.levels
    if question.rule is None:
        yield because(Code.ITEM_NOT_IN_CATALOGUE, f"policy {policy.id}", f"政策 {policy.id}")
    if policy.level_rule is LevelRule.SAME_OR_HIGHER:
        source, receiver = levels[candidate.result.facility], levels[question.order.facility]
        if source < receiver:
            yield because(
                Code.LEVEL_RULE,
                f"level {source:d} for level {receiver:d}",
                f"出具机构等级 {source:d}，接收机构等级 {receiver:d}",
            )


def check_images(_question: Question, candidate: Candidate) -> Iterator[Reason]:
    """Check that there is an examination's result itself: a report is none."""
    if candidate.item.kind is not ItemKind.IMAGING:
        return
    if not candidate.result.images:
        yield because(Code.IMAGES_UNAVAILABLE, "no images stored", "未存有影像")
    if candidate.result.quality is ImageQuality.REJECT:
        yield because(Code.IMAGE_QUALITY_INSUFFICIENT, "rejected by quality control", "质控不合格")


def check_context(question: Question) -> Iterator[Reason]:
    """Tell for which circumstances the rules permit a repeat, the same for every result."""
    context = question.order.context
    if context is not None:
        yield because(_CONTEXTS[context], f"order context {context}", _CONTEXT_ZH[context])
    if question.rule is not None and question.rule.rapid:
        item = question.ordered.code
        yield because(Code.RAPID_CHANGE_REPEAT_PERMITTED, f"item {item}", f"项目 {item}")


CHECKS: tuple[Check, ...] = (
    check_person,
    check_status,
    check_item,
    check_time,
    check_catalogue,
    check_images,
)
