"""Use cases of evaluations: ask, show, replay."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from medshare.care.sight import behind_glass
from medshare.exams import service as exams
from medshare.exams.model import Coding, Prior
from medshare.imaging import service as imaging
from medshare.infra.uow import UnitOfWork
from medshare.kernel.errors import InvalidError, Issue
from medshare.kernel.identifiers import ExamId, FacilityCode, PatientId
from medshare.patients import service as patients
from medshare.patients.model import LinkedRecord
from medshare.patients.sight import Sight
from medshare.recognition.evaluation import evaluate
from medshare.recognition.evaluations import store
from medshare.recognition.evaluations.model import (
    Asker,
    Evaluation,
    EvaluationUnknownError,
    Judgement,
    OrderDraft,
    PatientNamed,
    Replay,
    ResultRef,
    Source,
    judge,
)
from medshare.recognition.evaluations.past import past_of, sources_of
from medshare.recognition.evaluations.snapshot import Snapshot, narrowed, pack, unpack
from medshare.recognition.model import Order, Past
from medshare.recognition.policies import service as policies
from medshare.recognition.registers import InForce, load_programme

NO_OWN_RECORD = Issue(
    "/patient",
    "no-own-record",
    "The facility has registered no such patient; register the patient first.",
    "本机构未登记该患者，请先登记患者。",
)
ITEM_UNMAPPED = Issue(
    "/item",
    "item-unmapped",
    "The item is not in the catalogue and nobody has mapped it; send a code of the catalogue, or"
    " ask for the mapping.",
    "该项目不在目录中且尚未对照；请使用目录代码，或申请对照。",
)


@dataclass(frozen=True, slots=True)
class Known:
    """What is recorded of a person, in the evaluator's form."""

    record: LinkedRecord
    past: Past
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """One order, who asks, by the catalogue's code of its item, under which rules."""

    asker: Asker
    draft: OrderDraft
    item: str
    rules: InForce

    def order(self, known: Known) -> Order:
        """Return it as the evaluator takes it."""
        draft, patient = self.draft, known.record.patient_id
        facility = self.asker.facility
        return Order(self.item, facility, patient, draft.laterality, draft.method, draft.context)


def ask(
    uow: UnitOfWork,
    sight: Sight,
    asker: Asker,
    drafts: Sequence[OrderDraft],
    *,
    place: str = "",
) -> list[Evaluation]:
    """Judge orders that are about to be placed, and keep each judgement with its inputs.

    What is wrong with one stops all; each patient is looked up once.

    Parameters
    ----------
    place
        Where an order stands in what was sent, ``{}`` for its number.

    Raises
    ------
    NoPolicyInForceError
        No policy is in force at the instant that an order is judged by.
    InvalidError
        The facility has not registered the patient, or an item is not known.
    """
    in_force: dict[datetime, InForce] = {}
    known: dict[tuple[PatientNamed, str], Known] = {}
    evaluations = []
    for number, draft in enumerate(drafts):
        at = draft.at or uow.now()
        if at not in in_force:
            in_force[at] = load_programme(uow, at)
        rules = in_force[at]
        whom = draft.patient, rules.policy_hash
        try:
            asked = Asked(asker, draft, require_item(asker.facility, draft, rules), rules)
            if whom not in known:
                known[whom] = know(uow, sight, asker.facility, draft.patient, rules)
        except InvalidError as error:
            raise error.below(place.format(number)) from None
        evaluations.append(_keep(uow, asked, known[whom]))
    return evaluations


def first_known(
    uow: UnitOfWork, facility: FacilityCode, codings: Sequence[Coding]
) -> Coding | None:
    """Return the first of several codes of one order that the catalogue knows or maps."""
    rules = load_programme(uow, uow.now())
    items = rules.programme.items
    return next((each for each in codings if rules.item_of(facility, each) in items), None)


def reminders(
    uow: UnitOfWork, sight: Sight, facility: FacilityCode, named: PatientNamed
) -> tuple[LinkedRecord, list[Source]]:
    """Return the results of other facilities that would be due if they were ordered again.

    Newest first; nothing is kept of it, for nobody has ordered anything.

    Raises
    ------
    NoPolicyInForceError, InvalidError
        As of ``ask``.
    """
    rules = load_programme(uow, uow.now())
    known = know(uow, sight, facility, named, rules)
    due: set[str] = set()
    for item in sorted({each.item for each in known.past.results}):
        order = Order(item, facility, known.record.patient_id)
        verdicts = evaluate(rules.programme, known.past, order, uow.now())
        due |= {each.result for each in verdicts if each.recognisable}
    return known.record, [
        each for each in known.sources if each.result in due and each.facility != facility
    ]


def require_item(facility: FacilityCode, draft: OrderDraft, rules: InForce) -> str:
    """Return the catalogue's code of what is ordered.

    Raises
    ------
    InvalidError
        Nobody has mapped the item.
    """
    item = rules.item_of(facility, draft.item)
    if item is None or item not in rules.programme.items:
        raise InvalidError(issues=[ITEM_UNMAPPED])
    return item


def know(
    uow: UnitOfWork, sight: Sight, facility: FacilityCode, named: PatientNamed, rules: InForce
) -> Known:
    """Gather what the asker may see of a person, in a handful of queries.

    Raises
    ------
    InvalidError
        The facility has no record of the person.
    """
    record = find_record(uow, facility, named)
    if record is None:
        raise InvalidError(issues=[NO_OWN_RECORD])
    priors = exams.priors(uow, sight, record.patient_id)
    with_images = imaging.exams_with_images(uow, [each.id for each in priors])
    past = know_of(uow, sight, record.patient_id, priors, with_images, rules)
    return Known(record, past, sources_of(past, priors))


def know_of(
    uow: UnitOfWork,
    sight: Sight,
    patient_id: PatientId,
    priors: Sequence[Prior],
    with_images: Collection[ExamId],
    rules: InForce,
) -> Past:
    """Bring exams of a person that the asker may see into the evaluator's form."""
    past = past_of(
        patient_id,
        priors,
        with_images=with_images,
        item_of=rules.item_of,
        zone=rules.programme.policy.zone,
    )
    known_items = tuple(each for each in past.results if each.item in rules.programme.items)
    opened = _opened(uow, sight, patient_id, priors)
    glass = frozenset(each.id for each in known_items if ResultRef.read(each.id).exam_id in opened)
    return replace(past, results=known_items, behind_glass=glass)


def _opened(
    uow: UnitOfWork, sight: Sight, patient_id: PatientId, priors: Sequence[Prior]
) -> frozenset[ExamId]:
    """Return which of a person's exams the asker sees by emergency access only."""
    plain = behind_glass(sight)
    if plain is None:
        return frozenset()
    return frozenset(each.id for each in priors) - {
        each.id for each in exams.priors(uow, plain, patient_id)
    }


def find_record(
    uow: UnitOfWork, facility: FacilityCode, named: PatientNamed
) -> LinkedRecord | None:
    """Return the facility's own record of whom an order names, if it has one."""
    if named.patient_id is not None:
        return patients.own_record(uow, facility, named.patient_id)
    return patients.find_record(uow, facility, named.system, named.value)


def get(uow: UnitOfWork, facility: FacilityCode, evaluation_id: str) -> Evaluation:
    """Return an evaluation that a facility asked for, as it was answered.

    Raises
    ------
    EvaluationUnknownError
        The facility has asked for none of this id.
    """
    evaluation = store.find(uow.session, facility, evaluation_id)
    if evaluation is None:
        raise EvaluationUnknownError
    return evaluation


def replay(uow: UnitOfWork, evaluation: Evaluation) -> Replay:
    """Judge again on what was kept, and tell whether the policy is still what it was."""
    kept = unpack(store.find_snapshot(uow.session, evaluation.id))
    judgement = judge(kept.programme, kept.past, kept.order, kept.now)
    same = judgement == evaluation.judgement
    stands = policies.hash_of_version(uow, evaluation.policy_id) == evaluation.policy_hash
    return Replay(evaluation, judgement, same, stands)


def _keep(uow: UnitOfWork, asked: Asked, known: Known) -> Evaluation:
    now = uow.now()
    at = asked.draft.at or now
    programme, order = asked.rules.programme, asked.order(known)
    judgement = judge(programme, known.past, order, at)
    evaluation = Evaluation(
        id=uow.new_key(),
        patient_id=known.record.patient_id,
        record_id=known.record.record_id,
        asker=replace(asked.asker, department=asked.draft.department or asked.asker.department),
        item=asked.item,
        draft=asked.draft,
        asked_at=now,
        at=at,
        policy_id=programme.policy.id,
        policy_hash=asked.rules.policy_hash,
        judgement=judgement,
        sources=_shown(judgement, known.sources),
    )
    kept = Snapshot(narrowed(programme, known.past, order), known.past, order, at)
    store.add(uow.session, evaluation, pack(kept))
    return evaluation


def _shown(judgement: Judgement, sources: tuple[Source, ...]) -> tuple[Source, ...]:
    named = {verdict.result for _, verdict in judgement.verdicts}
    return tuple(each for each in sources if each.result in named)
