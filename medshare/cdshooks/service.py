"""Use cases of CDS Hooks: answer a call with cards, turn feedback into decisions."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from medshare.cdshooks.cards import (
    REDUCE,
    REPEAT,
    Asking,
    Json,
    Language,
    Wording,
    offered,
    order_card,
    reminder_card,
    suggestion_id,
)
from medshare.cdshooks.model import DraftOrder, Feedback, FeedbackOutcome, HookCall
from medshare.exams import service as exams
from medshare.facilities import service as facilities
from medshare.infra.uow import UnitOfWork
from medshare.kernel.audit import Subject
from medshare.kernel.identifiers import FacilityCode
from medshare.patients.sight import Sight
from medshare.recognition.catalogue.model import CardMode
from medshare.recognition.decisions import service as decisions
from medshare.recognition.decisions.model import DecisionDraft, Recorded
from medshare.recognition.evaluations import service as evaluations
from medshare.recognition.evaluations.model import (
    Asker,
    Channel,
    Evaluation,
    EvaluationUnknownError,
    OrderDraft,
    PatientNamed,
    Source,
)
from medshare.recognition.model import Outcome
from medshare.recognition.registers import InForce, load_programme

REMINDED_MAX = 10


@dataclass(frozen=True, slots=True)
class Desk:
    """Where a call comes from, and how its cards are worded."""

    facility: FacilityCode
    language: Language
    source_url: str


@dataclass(frozen=True, slots=True)
class Answer:
    """The cards of a call, and whose data was looked at for them."""

    cards: list[Json]
    subjects: tuple[Subject, ...]
    evaluations: tuple[Evaluation, ...] = ()


def find_patient(uow: UnitOfWork, desk: Desk, call: HookCall) -> PatientNamed | None:
    """Return how the facility knows the patient of a call, ``None`` where it does not."""
    home = facilities.get(uow, desk.facility)
    named = [PatientNamed(None, system, value) for system, value in call.identifiers]
    # Its own number says it most surely; others, such as a citizen's number, come after.
    named.sort(key=lambda each: each.system != home.patient_identifier_system)
    if call.patient_number:
        named.append(PatientNamed(None, home.patient_identifier_system, call.patient_number))
    found = (each for each in named if evaluations.find_record(uow, desk.facility, each))
    return next(found, None)


def remind(uow: UnitOfWork, sight: Sight, desk: Desk, named: PatientNamed) -> Answer:
    """Tell of the valid results of other hospitals when a patient is seen."""
    record, due = evaluations.reminders(uow, sight, desk.facility, named)
    subjects = tuple(
        Subject(record.patient_id, each)
        for each in dict.fromkeys([record.record_id, *(source.record_id for source in due)])
    )
    if not due:
        return Answer([], subjects)
    wording = _wording(uow, desk, due)
    return Answer([reminder_card(uow.new_key(), due[:REMINDED_MAX], wording)], subjects)


def advise(
    uow: UnitOfWork, sight: Sight, desk: Desk, named: PatientNamed, call: HookCall
) -> Answer:
    """Judge the draft orders of a call; an item that nobody has mapped gets no card."""
    drafts = [
        (draft, coding)
        for draft in call.drafts
        if (coding := evaluations.first_known(uow, desk.facility, draft.codings))
    ]
    asker = Asker(desk.facility, call.user_id, channel=Channel.CDS_HOOKS)
    orders = [
        OrderDraft(
            named,
            coding,
            draft.laterality,
            context=draft.context,
            encounter=call.encounter,
            reference=draft.reference,
        )
        for draft, coding in drafts
    ]
    judged = evaluations.ask(uow, sight, asker, orders)
    cards = _cards(uow, desk, judged, [draft for draft, _ in drafts])
    return Answer(cards, (), tuple(judged))


def take_feedback(
    uow: UnitOfWork, facility: FacilityCode, told: Iterable[Feedback]
) -> list[Recorded]:
    """Record what doctors did with cards.

    A card of nobody's, and one that was dismissed without a reason, lead to no decision: after
    its time the result counts as overlooked.
    """
    taken = []
    for each in told:
        try:
            evaluation = evaluations.get(uow, facility, each.card)
        except EvaluationUnknownError:
            continue
        taken += [
            decisions.take(uow, facility, draft, Channel.CDS_HOOKS).decision
            for draft in _decided(uow, evaluation, each)
        ]
    return taken


def _decided(uow: UnitOfWork, evaluation: Evaluation, told: Feedback) -> list[DecisionDraft]:
    reason = told.reason or _chosen_reason(uow, evaluation, told)
    if told.outcome is FeedbackOutcome.OVERRIDDEN or reason:
        told = replace(told, reason=reason)
        return [
            _draft(uow, evaluation, each, told, Outcome.REPEATED)
            for each in _passed_over(evaluation)
            if reason
        ]
    panel = evaluation.judgement.panel
    if panel is not None and suggestion_id(evaluation.id, REDUCE) in told.suggestions:
        covered = dict.fromkeys(panel.covered.values())
        return [_draft(uow, evaluation, each, told, Outcome.RECOGNISED) for each in covered]
    return [
        _draft(uow, evaluation, each.result, told, Outcome.RECOGNISED)
        for each in offered(evaluation)
        if suggestion_id(evaluation.id, each.result) in told.suggestions
    ]


def _chosen_reason(uow: UnitOfWork, evaluation: Evaluation, told: Feedback) -> str:
    """Return the reason of an accepted suggestion to keep the order, empty without one."""
    reasons = load_programme(uow, evaluation.asked_at).reasons.reasons
    return next(
        (
            each.code
            for each in reasons
            if suggestion_id(evaluation.id, REPEAT + each.code) in told.suggestions
        ),
        "",
    )


def _passed_over(evaluation: Evaluation) -> list[str]:
    """Return the results against which an order is kept: the best one, or those of a panel."""
    best = [each.result for each in offered(evaluation)[:1]]
    panel = evaluation.judgement.panel
    return best or (list(dict.fromkeys(panel.covered.values())) if panel else [])


def _draft(
    uow: UnitOfWork, evaluation: Evaluation, result: str, told: Feedback, outcome: Outcome
) -> DecisionDraft:
    return DecisionDraft(
        evaluation_id=evaluation.id,
        result=result,
        outcome=outcome,
        decided_at=uow.now(),
        doctor=evaluation.asker.doctor,
        department=evaluation.asker.department,
        reason=told.reason if outcome is Outcome.REPEATED else "",
        free_text=told.comment,
        encounter=evaluation.draft.encounter,
        order_reference=evaluation.draft.reference,
    )


def _cards(
    uow: UnitOfWork, desk: Desk, judged: Sequence[Evaluation], drafts: Sequence[DraftOrder]
) -> list[Json]:
    if not judged:
        return []
    rules = load_programme(uow, uow.now())
    sources = [source for each in judged for source in each.sources]
    components = {item for each in judged for item, _ in each.judgement.verdicts}
    missing = {
        item for each in judged if (panel := each.judgement.panel) for item in panel.order_only
    }
    wording = _wording(uow, desk, sources, components | missing)
    made = (
        order_card(evaluation, draft, _asking(rules, evaluation.item), wording)
        for evaluation, draft in zip(judged, drafts, strict=True)
    )
    return [card for card in made if card is not None]


def _asking(rules: InForce, item: str) -> Asking:
    terms = rules.terms.get(item)
    return Asking(rules.reasons, terms.card_mode if terms else CardMode.INFORMATIVE)


def _wording(
    uow: UnitOfWork, desk: Desk, sources: Sequence[Source], items: Collection[str] = ()
) -> Wording:
    number = 0 if desk.language is Language.ZH else 1
    codes = {each.facility for each in sources}
    homes = [facilities.get(uow, code) for code in sorted(codes)]
    named = exams.item_names(uow, {each.item for each in sources} | set(items))
    zone: ZoneInfo = facilities.get(uow, desk.facility).zone
    places: Mapping[str, str] = {each.code: (each.name_zh, each.name_en)[number] for each in homes}
    return Wording(
        desk.language,
        zone,
        places,
        {code: names[number] for code, names in named.items()},
        desk.source_url,
    )
