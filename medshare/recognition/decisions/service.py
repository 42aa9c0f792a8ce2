"""Use cases of decisions: take, undo, view, write back."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from medshare.exams import service as exams
from medshare.exams.model import VOID, ExamUnknownError
from medshare.facilities import service as facilities
from medshare.infra.locks import take_turns
from medshare.infra.uow import UnitOfWork
from medshare.kernel.errors import InvalidError
from medshare.kernel.identifiers import ExamId, FacilityCode, RecordId
from medshare.patients.sight import Sight
from medshare.recognition.decisions import store
from medshare.recognition.decisions.model import (
    DecisionDraft,
    DecisionStandsError,
    DecisionUnknownError,
    Recorded,
    ResultChangedError,
    ResultExcludedError,
    Revocation,
    TrialEvaluationError,
    UndoTooLateError,
    View,
    WriteBack,
    is_overlooked,
    issues_of,
    may_undo,
)
from medshare.recognition.decisions.notices import NoticeFacts, Words, notice_of
from medshare.recognition.defects import service as defects
from medshare.recognition.defects.model import Declined
from medshare.recognition.equivalence import repeats
from medshare.recognition.evaluations import service as evaluations
from medshare.recognition.evaluations.model import (
    Channel,
    Evaluation,
    ResultRef,
    ResultUnknownError,
)
from medshare.recognition.model import Laterality, Outcome, Tier, Verdict
from medshare.recognition.policies.model import RepeatReason
from medshare.recognition.registers import load_programme


@dataclass(frozen=True, slots=True)
class Taken:
    """A decision, and whether it was new."""

    decision: Recorded
    fresh: bool


def take(
    uow: UnitOfWork, facility: FacilityCode, draft: DecisionDraft, channel: Channel = Channel.REST
) -> Taken:
    """Record what a doctor decided on one result; the same again changes nothing.

    Raises
    ------
    EvaluationUnknownError, ResultUnknownError
        The facility asked for no such evaluation, or it does not name the result.
    TrialEvaluationError, ResultExcludedError, ResultChangedError
        Nothing can be decided on it.
    InvalidError
        Something is wrong with the decision in itself; the issues name each.
    DecisionStandsError
        It was decided otherwise.
    """
    evaluation = evaluations.get(uow, facility, draft.evaluation_id)
    item, verdict = verdict_on(evaluation, draft.result)
    take_turns(uow.session, f"decision:{evaluation.id}|{draft.result}")
    standing = store.find_live(uow.session, evaluation.id, draft.result)
    if standing is not None:
        return _repeated(standing, draft)
    _require_decidable(uow, evaluation, verdict, draft)
    reasons = load_programme(uow, evaluation.asked_at).reasons
    reason = reasons.find(draft.reason) if draft.reason else None
    decision = _recorded(uow, evaluation, item, verdict, draft, channel)
    decision = replace(
        decision,
        reason_set=reasons.id if reason else "",
        reason_parent=reason.counted_as if reason else "",
    )
    store.add(uow.session, decision)
    if reason is not None and reason.opens_defect:
        defects.open_case(uow, _declined(decision, reason))
    return Taken(decision, fresh=True)


def take_batch(
    uow: UnitOfWork, facility: FacilityCode, drafts: Sequence[DecisionDraft]
) -> list[Recorded]:
    """Record the decisions of a batch as ``take`` does; what is wrong with one stops all."""
    decisions = []
    for number, draft in enumerate(drafts):
        try:
            decisions.append(take(uow, facility, draft).decision)
        except InvalidError as error:
            raise error.below(f"/decisions/{number}") from None
    return decisions


def verdict_on(evaluation: Evaluation, result: str) -> tuple[str, Verdict]:
    """Return the verdict of an evaluation on a result, and the item that it answers.

    Raises
    ------
    ResultUnknownError
        There is none.
    """
    for item, verdict in evaluation.judgement.verdicts:
        if verdict.result == result:
            return item, verdict
    raise ResultUnknownError


def get(uow: UnitOfWork, facility: FacilityCode, decision_id: str) -> Recorded:
    """Return a facility's decision.

    Raises
    ------
    DecisionUnknownError
        The facility has made no such decision.
    """
    decision = store.find(uow.session, facility, decision_id)
    if decision is None:
        raise DecisionUnknownError
    return decision


def of_evaluation(uow: UnitOfWork, evaluation: Evaluation) -> Sequence[Recorded]:
    """Return the decisions on an evaluation, oldest first, undone ones among them."""
    return store.of_evaluation(uow.session, evaluation.id)


def live_on_exams(uow: UnitOfWork, exam_ids: Collection[ExamId]) -> Sequence[Recorded]:
    """Return the decisions on any version of some exams that were not undone."""
    return store.live_on_exams(uow.session, exam_ids)


def live_of_records(uow: UnitOfWork, record_ids: Collection[RecordId]) -> Sequence[Recorded]:
    """Return the live decisions that have one of these records on either side."""
    return store.live_of_records(uow.session, record_ids)


def live_from(
    uow: UnitOfWork, facility: FacilityCode, items: Collection[str], since: datetime
) -> Sequence[Recorded]:
    """Return the live decisions on a facility's results of some items performed since then."""
    return store.live_from(uow.session, facility, items, since)


def views_without_decision(
    uow: UnitOfWork, exam_ids: Collection[ExamId]
) -> Sequence[tuple[FacilityCode, View]]:
    """Return who looked at some exams and left it undecided."""
    return store.views_without_decision(uow.session, exam_ids)


def overlooked(
    uow: UnitOfWork,
    sight: Sight,
    evaluation: Evaluation,
    decisions: Sequence[Recorded],
    *,
    limit: timedelta,
) -> list[str]:
    """Return the due results on which nobody decided in time, or before the exam was done again.

    Ignored cards send no word, so this is inferred.
    """
    if evaluation.is_trial:
        return []
    decided = {each.draft.result for each in decisions if each.revocation is None}
    open_ = [
        (item, verdict.result)
        for item, verdict in evaluation.judgement.verdicts
        if verdict.tier is Tier.DUE and verdict.result not in decided
    ]
    if not open_ or is_overlooked(evaluation.asked_at, uow.now(), limit):
        return [result for _, result in open_]
    again = _done_since(uow, sight, evaluation)
    return [result for item, result in open_ if again(item)]


def _done_since(uow: UnitOfWork, sight: Sight, evaluation: Evaluation) -> Callable[[str], bool]:
    """Return what tells whether an item was done after the order was judged."""
    rules, side = load_programme(uow, evaluation.asked_at), evaluation.draft.laterality
    items = rules.programme.items
    done = [
        (items[code], Laterality(each.laterality) if each.laterality else None)
        for each in exams.priors(uow, sight, evaluation.patient_id)
        if each.happened_at > evaluation.asked_at
        and each.status not in VOID
        and (code := rules.item_of(each.facility, each.item))
    ]
    return lambda item: item in items and any(repeats(each, (items[item], side)) for each in done)


def notice(uow: UnitOfWork, decision: Recorded) -> Words:
    """Return what the patient is told of a decision."""
    evaluation = evaluations.get(uow, decision.facility, decision.draft.evaluation_id)
    source = evaluation.source_of(decision.draft.result)
    receiver = facilities.get(uow, decision.facility)
    origin = facilities.get(uow, source.facility)
    zh, en = exams.item_names(uow, [source.item]).get(source.item, (source.item, source.item))
    reasons = load_programme(uow, evaluation.asked_at).reasons
    return notice_of(
        NoticeFacts(
            decision.draft.outcome,
            Words(zh, en),
            Words(origin.name_zh, origin.name_en),
            Words(receiver.name_zh, receiver.name_en),
            source.performed_at,
            receiver.zone,
            reasons.find(decision.draft.reason),
        )
    )


def undo(uow: UnitOfWork, decision: Recorded, by: str, note: str, *, limit: timedelta) -> Recorded:
    """Undo a decision; again changes nothing.

    Raises
    ------
    UndoTooLateError
        The time for it is over.
    """
    take_turns(uow.session, f"decision:{decision.draft.evaluation_id}|{decision.draft.result}")
    decision = get(uow, decision.facility, decision.id)
    if decision.revocation is not None:
        return decision
    if not may_undo(decision.recorded_at, uow.now(), limit):
        raise UndoTooLateError
    store.add_revocation(uow.session, decision.id, Revocation(uow.now(), by, note))
    return get(uow, decision.facility, decision.id)


def write_back(uow: UnitOfWork, decision: Recorded, state: WriteBack) -> Recorded:
    """Note what a step of writing back into the hospital's system has come to."""
    store.add_write_back(uow.session, uow.new_key(), decision.id, state)
    return get(uow, decision.facility, decision.id)


def view(uow: UnitOfWork, evaluation: Evaluation, viewed: View) -> None:
    """Note that somebody looked at a result.

    Raises
    ------
    ResultUnknownError
        The evaluation does not name it.
    """
    verdict_on(evaluation, viewed.result)
    store.add_view(uow.session, uow.new_key(), evaluation.asker.facility, viewed)


def _repeated(standing: Recorded, draft: DecisionDraft) -> Taken:
    same = (standing.draft.outcome, standing.draft.reason, standing.draft.doctor) == (
        draft.outcome,
        draft.reason,
        draft.doctor,
    )
    if not same:
        raise DecisionStandsError(params={"decisionId": standing.id})
    return Taken(standing, fresh=False)


def _require_decidable(
    uow: UnitOfWork, evaluation: Evaluation, verdict: Verdict, draft: DecisionDraft
) -> None:
    if evaluation.is_trial:
        raise TrialEvaluationError
    if verdict.tier is Tier.EXCLUDED and draft.outcome is not Outcome.REPEATED:
        raise ResultExcludedError
    reasons = load_programme(uow, evaluation.asked_at).reasons
    issues = issues_of(draft, verdict.tier, reasons, uow.now())
    if issues:
        raise InvalidError(issues=issues)
    ref = ResultRef.read(draft.result)
    try:
        changed = exams.hold_version(uow, ref.exam_id) != ref.version
    except ExamUnknownError:
        changed = True
    if changed:
        raise ResultChangedError


def _recorded(
    uow: UnitOfWork,
    evaluation: Evaluation,
    item: str,
    verdict: Verdict,
    draft: DecisionDraft,
    channel: Channel,
) -> Recorded:
    source = evaluation.source_of(draft.result)
    return Recorded(
        id=uow.new_key(),
        facility=evaluation.asker.facility,
        patient_id=evaluation.patient_id,
        record_id=evaluation.record_id,
        source_record_id=source.record_id,
        source_facility=source.facility,
        source_item=source.item,
        performed_at=source.performed_at,
        item=item,
        tier=verdict.tier,
        channel=channel,
        draft=draft,
        recorded_at=uow.now(),
    )


def _declined(decision: Recorded, reason: RepeatReason) -> Declined:
    """Say what was unfit of an offer, to those who map items or judge images."""
    return Declined(
        decision.id,
        reason.code,
        decision.item,
        ResultRef.read(decision.draft.result).exam_id,
        decision.source_facility,
        decision.facility,
        reason.defect,
    )
