"""How existing results would stand if the same were ordered now, and deciding on one of them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from medshare.exams.model import MANAGED_ITEMS, Coding, Exam
from medshare.infra.uow import UnitOfWork
from medshare.kernel.identifiers import ExamId, FacilityCode, PatientId
from medshare.patients.sight import Sight
from medshare.recognition.decisions import service as decisions
from medshare.recognition.decisions.model import (
    DecisionDraft,
    Explanation,
    ResultChangedError,
    View,
    ViewKind,
)
from medshare.recognition.decisions.model import Recorded as Decision
from medshare.recognition.evaluation import evaluate_each
from medshare.recognition.evaluations import service as evaluations
from medshare.recognition.evaluations.model import (
    Asker,
    Channel,
    Evaluation,
    OrderDraft,
    PatientNamed,
    ResultRef,
)
from medshare.recognition.model import Laterality, Outcome, Verdict
from medshare.recognition.policies.model import NoPolicyInForceError
from medshare.recognition.registers import load_programme


@dataclass(frozen=True, slots=True)
class Choice:
    """What somebody decides on the result that they read.

    Parameters
    ----------
    version
        The report version that was on the page.
    dwell_ms
        For how long it was.
    """

    version: int
    outcome: Outcome
    reason: str = ""
    free_text: str = ""
    explanation: Explanation | None = None
    dwell_ms: int | None = None


def verdicts(
    uow: UnitOfWork,
    sight: Sight,
    facility: FacilityCode,
    patient_id: PatientId,
    shown: Sequence[Exam],
    with_images: Collection[ExamId],
) -> Mapping[ExamId, Verdict]:
    """Return how the result of each exam shown would stand for an order of its own item.

    Nothing is kept of it, for nobody orders anything. Exams that nobody has mapped have none;
    neither has any while no policy is in force or the facility has no record of the person.

    Parameters
    ----------
    shown
        Exams of the person that may be seen.
    with_images
        Those of them whose images can be had.
    """
    if evaluations.find_record(uow, facility, PatientNamed(patient_id)) is None:
        return {}
    try:
        rules = load_programme(uow, uow.now())
    except NoPolicyInForceError:
        return {}
    priors = [each.as_prior for each in shown]
    past = evaluations.know_of(uow, sight, patient_id, priors, with_images, rules)
    judged = evaluate_each(rules.programme, past, facility, patient_id, uow.now())
    return {ResultRef.read(result).exam_id: verdict for result, verdict in judged.items()}


def own_decisions(
    uow: UnitOfWork, facility: FacilityCode | None, exams: Sequence[Exam]
) -> Mapping[ExamId, Decision]:
    """Return the facility's last standing decision on the current version of each exam."""
    current = {str(ResultRef(each.id, each.report_version)): each.id for each in exams}
    standing = decisions.live_on_exams(uow, [each.id for each in exams])
    return {
        current[each.draft.result]: each
        for each in standing
        if each.facility == facility and each.draft.result in current
    }


def decide(
    uow: UnitOfWork, sight: Sight, asker: Asker, exam: Exam, choice: Choice
) -> tuple[Evaluation, Decision]:
    """Evaluate an order of an exam's item, and record what was decided on its result.

    Raises
    ------
    ResultChangedError
        The report has another version than the one that was read.
    InvalidError, ResultExcludedError, ResultUnknownError
        As of ``decisions.take``.
    """
    if choice.version != exam.report_version or exam.patient_id is None:
        raise ResultChangedError
    (evaluation,) = evaluations.ask(uow, sight, asker, [_draft(uow, exam, exam.patient_id)])
    note_view(uow, evaluation, str(ResultRef(exam.id, choice.version)), choice.dwell_ms)
    draft = _decided(uow.now(), asker, evaluation, exam, choice)
    taken = decisions.take(uow, asker.facility, draft, Channel.PAGE)
    return evaluation, taken.decision


def note_view(
    uow: UnitOfWork, evaluation: Evaluation, result: str, dwell_ms: int | None = None
) -> None:
    """Note that the asker had a result's report before them."""
    asker = evaluation.asker
    viewed = View(
        evaluation.id,
        result,
        ViewKind.REPORT,
        asker.doctor,
        asker.department,
        uow.now(),
        dwell_ms,
    )
    decisions.view(uow, evaluation, viewed)


def _draft(uow: UnitOfWork, exam: Exam, patient_id: PatientId) -> OrderDraft:
    """Order the item again, by the catalogue's code: a local one means nothing elsewhere."""
    item = load_programme(uow, uow.now()).item_of(exam.facility, exam.order.item)
    side = exam.order.details.laterality
    return OrderDraft(
        PatientNamed(patient_id),
        Coding(MANAGED_ITEMS, item) if item else exam.order.item,
        laterality=Laterality(side) if side else None,
    )


def _decided(
    now: datetime, asker: Asker, evaluation: Evaluation, exam: Exam, choice: Choice
) -> DecisionDraft:
    return DecisionDraft(
        evaluation_id=evaluation.id,
        result=str(ResultRef(exam.id, choice.version)),
        outcome=choice.outcome,
        decided_at=now,
        doctor=asker.doctor,
        department=asker.department,
        reason=choice.reason,
        free_text=choice.free_text,
        explained=choice.explanation,
        dwell_ms=choice.dwell_ms,
    )
