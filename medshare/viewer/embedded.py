"""What an embedded page shows: the candidates of the one evaluation that it was opened for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from medshare.access.model import clinical_visibility
from medshare.care import service as care
from medshare.exams import service as exams
from medshare.exams.model import Exam
from medshare.imaging import service as imaging
from medshare.imaging.model import RetrievedInstance, Selection
from medshare.infra.perform import Context
from medshare.infra.uow import UnitOfWork
from medshare.kernel.audit import AuditObject
from medshare.kernel.errors import NotFoundError
from medshare.recognition.decisions import service as decisions
from medshare.recognition.decisions.model import DecisionDraft, ResultChangedError
from medshare.recognition.decisions.model import Recorded as Decision
from medshare.recognition.evaluations.model import Channel, Evaluation, ResultRef, Source
from medshare.recognition.model import Tier, Verdict
from medshare.viewer.hospitals import Hospital, hospitals
from medshare.viewer.standing import Choice
from medshare.viewer.timeline import Named


@dataclass(frozen=True, slots=True)
class Candidate:
    """A result that may stand for the order, with what was decided on it; numbered from 0."""

    number: int
    item: Named
    hospital: Hospital
    source: Source
    verdict: Verdict
    decision: Decision | None

    @property
    def version(self) -> int:
        """Return the version of the report that was judged; 0 where there is none."""
        return ResultRef.read(self.verdict.result).version

    @property
    def is_decidable(self) -> bool:
        """Tell whether anything is left to decide."""
        return self.decision is None and self.verdict.tier is not Tier.EXCLUDED


def candidates(uow: UnitOfWork, evaluation: Evaluation) -> Sequence[Candidate]:
    """Return the candidates in the order in which they were judged."""
    known = hospitals(uow)
    verdicts = [verdict for _item, verdict in evaluation.judgement.verdicts]
    sources = [evaluation.source_of(each.result) for each in verdicts]
    names = exams.item_names(uow, {each.item for each in sources})
    decided = {
        each.draft.result: each
        for each in decisions.of_evaluation(uow, evaluation)
        if each.revocation is None
    }
    return [
        Candidate(
            number,
            Named(*names.get(source.item, (source.item, source.item))),
            known[source.facility],
            source,
            verdict,
            decided.get(verdict.result),
        )
        for number, (source, verdict) in enumerate(zip(sources, verdicts, strict=True))
    ]


def attached(context: Context, uow: UnitOfWork, exam: Exam, position: int) -> RetrievedInstance:
    """Return one of the documents of an exam, by its place among them from 0, and tell the trail.

    Raises
    ------
    NotFoundError
        There is none in that place, or none that may be seen.
    """
    documents = imaging.documents_of(uow, exam.id)
    if position >= len(documents):
        raise NotFoundError
    named = documents[position]
    found = imaging.find_instances(
        uow,
        Selection(named.study_instance_uid, named.series_instance_uid, named.sop_instance_uid),
        clinical_visibility(context.principal),
        care.windows(context.house.settings),
    )
    context.touched(AuditObject("study", named.study_instance_uid))
    return found.instances[0]


def take(
    uow: UnitOfWork, evaluation: Evaluation, verdict: Verdict, choice: Choice, now: datetime
) -> Decision:
    """Record what was decided on a candidate.

    Raises
    ------
    ResultChangedError
        The report has another version than the one that was judged.
    InvalidError, ResultExcludedError, DecisionStandsError
        As of ``decisions.take``.
    """
    if choice.version != ResultRef.read(verdict.result).version:
        raise ResultChangedError
    asker, order = evaluation.asker, evaluation.draft
    draft = DecisionDraft(
        evaluation_id=evaluation.id,
        result=verdict.result,
        outcome=choice.outcome,
        decided_at=now,
        doctor=asker.doctor,
        department=asker.department,
        reason=choice.reason,
        free_text=choice.free_text,
        explained=choice.explanation,
        encounter=order.encounter,
        order_reference=order.reference,
        dwell_ms=choice.dwell_ms,
    )
    return decisions.take(uow, asker.facility, draft, Channel.PAGE).decision
