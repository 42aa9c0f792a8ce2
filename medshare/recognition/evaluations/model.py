"""What is asked of an evaluation, what it answers, and how a result is named."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from medshare.exams.model import Coding
from medshare.kernel.audit import Subject
from medshare.kernel.errors import InvalidError, NotFoundError
from medshare.kernel.identifiers import ExamId, FacilityCode, PatientId, RecordId
from medshare.recognition.evaluation import evaluate
from medshare.recognition.model import CareContext, Laterality, Order, Past, Verdict
from medshare.recognition.panels import PanelAnswer, answer_of, evaluate_components
from medshare.recognition.programme import Programme

BATCH_MAX = 50


class Channel(StrEnum):
    """The door through which an order asked."""

    REST = "rest"
    CDS_HOOKS = "cds-hooks"
    PAGE = "page"


@dataclass(frozen=True, slots=True)
class ResultRef:
    """A version of a result: an exam's report version, or one item that it measured.

    As text ``<exam>@<version>`` or ``<exam>@<version>/<item>``; version 0 has no report yet.
    """

    exam_id: ExamId
    version: int
    component: str = ""

    def __str__(self) -> str:
        """Write it down."""
        return f"{self.exam_id}@{self.version}" + (f"/{self.component}" if self.component else "")

    @classmethod
    def read(cls, text: str) -> "ResultRef":
        """Read what ``str`` wrote.

        Raises
        ------
        ResultUnknownError
            It names no result.
        """
        exam_id, _, rest = text.partition("@")
        version, _, component = rest.partition("/")
        if not exam_id or not (version.isascii() and version.isdigit()):
            raise ResultUnknownError
        return cls(ExamId(exam_id), int(version), component)


@dataclass(frozen=True, slots=True)
class PatientNamed:
    """Whom an order is for: our key, or an identifier that the ordering facility uses."""

    patient_id: PatientId | None = None
    system: str = ""
    value: str = ""


@dataclass(frozen=True, slots=True)
class OrderDraft:
    """An order that a doctor is about to place.

    Parameters
    ----------
    item
        A code of the catalogue, or the ordering facility's own.
    reference
        The ordering system's own id of the draft.
    at
        The instant to judge by, where it is not the present: quality control and replay.
    """

    patient: PatientNamed
    item: Coding
    laterality: Laterality | None = None
    method: str = ""
    context: CareContext | None = None
    encounter: str = ""
    reference: str = ""
    department: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks: the ordering facility, and the person behind its system."""

    facility: FacilityCode
    doctor: str = ""
    department: str = ""
    channel: Channel = Channel.REST


@dataclass(frozen=True, slots=True)
class Source:
    """Where a candidate comes from, as far as it is shown beside its verdict."""

    result: str
    facility: FacilityCode
    record_id: RecordId
    item: str
    performed_at: datetime
    status: str
    images: bool


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdicts on an order, by the item that each answers, and a panel's coverage.

    Parameters
    ----------
    verdicts
        Those on the ordered item first, then those on the components of a panel in its order.
    """

    verdicts: tuple[tuple[str, Verdict], ...]
    panel: PanelAnswer | None = None


@dataclass(frozen=True, slots=True)
class Evaluation:
    """An evaluation as it is kept.

    Parameters
    ----------
    patient_id
        The person that the order was for when it was asked.
    record_id
        The ordering facility's own record of the person.
    item
        The catalogue's code of what is ordered.
    at
        The instant that was judged by; ``asked_at`` is when.
    is_trial
        Whether it was judged by another instant than the present; no decision rests on it.
    """

    id: str
    patient_id: PatientId
    record_id: RecordId
    asker: Asker
    item: str
    draft: OrderDraft
    asked_at: datetime
    at: datetime
    policy_id: str
    policy_hash: str
    judgement: Judgement
    sources: tuple[Source, ...]

    @property
    def is_trial(self) -> bool:
        """Tell whether it was judged by another instant than that of asking."""
        return self.at != self.asked_at

    @property
    def subjects(self) -> tuple[Subject, ...]:
        """Return whose data was judged: the orderer's record, and those of the candidates."""
        records = dict.fromkeys([self.record_id, *(each.record_id for each in self.sources)])
        return tuple(Subject(self.patient_id, each) for each in records)

    def source_of(self, result: str) -> Source:
        """Return where a result comes from."""
        return next(each for each in self.sources if each.result == result)


@dataclass(frozen=True, slots=True)
class Replay:
    """An evaluation judged again on what was kept of it.

    Parameters
    ----------
    same
        Whether the verdicts are those that were given.
    policy_stands
        Whether the policy of that name still has the content that was judged by.
    """

    evaluation: Evaluation
    judgement: Judgement
    same: bool
    policy_stands: bool


class EvaluationUnknownError(NotFoundError):
    """There is no such evaluation, or it is another facility's."""

    slug = "evaluation-unknown"
    title = "There is no such evaluation"
    title_zh = "没有该互认评估"


class ResultUnknownError(NotFoundError):
    """The evaluation knows of no such result."""

    slug = "result-unknown"
    title = "The evaluation names no such result"
    title_zh = "该评估中没有此结果"


class SnapshotDamagedError(InvalidError):
    """What was kept of an evaluation cannot be read."""

    slug = "snapshot-damaged"
    title = "What was kept of the evaluation cannot be read; tell the operator"
    title_zh = "评估留存的数据无法读取，请联系运维人员"


def judge(programme: Programme, past: Past, order: Order, now: datetime) -> Judgement:
    """Judge an order: the item itself, and each component where it is a panel."""
    verdicts = [(order.item, each) for each in evaluate(programme, past, order, now)]
    if not programme.items[order.item].components:
        return Judgement(tuple(verdicts))
    components = evaluate_components(programme, past, order, now)
    for component, judged in components.items():
        verdicts += [(component, each) for each in judged]
    return Judgement(tuple(verdicts), answer_of(components))
