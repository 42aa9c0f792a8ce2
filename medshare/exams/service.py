"""Use cases of exams and of their report versions."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace

import orjson

from medshare.care.sensitivity import service as sensitivity
from medshare.exams import store
from medshare.exams.items import Item, LocalUse, issues_of_order, packaged_items
from medshare.exams.model import (
    MANAGED_ITEMS,
    AccessionInUseError,
    Details,
    Exam,
    ExamFilter,
    ExamLink,
    ExamOrder,
    ExamRegistered,
    ExamStatus,
    ExamUnknownError,
    ExamWithdrawnError,
    IdentifierRef,
    Prior,
    StudyInUseError,
    faults_of_change,
    is_in_future,
    may_become,
    time_name,
)
from medshare.exams.reports import IN_FUTURE
from medshare.facilities import service as facilities
from medshare.infra.paging import Page, read_cursor, write_cursor
from medshare.infra.uow import UnitOfWork
from medshare.kernel.audit import Subject
from medshare.kernel.errors import InvalidError, Issue, PreconditionFailedError
from medshare.kernel.identifiers import ExamId, FacilityCode, PatientId, RecordId, StudyInstanceUid
from medshare.patients import service as patients
from medshare.patients.links import graph
from medshare.patients.model import LinkedRecord, RecordRegistered
from medshare.patients.sight import Sight

# More than anybody has within any window of validity.
PRIORS_MAX = 2000
PATIENT_UNKNOWN = Issue(
    "",
    "patient-unknown-to-facility",
    "The facility has no record of this patient; register the patient first, or send the"
    " facility's own patient number.",
    "本机构没有该患者的登记；请先登记患者，或填写本机构的患者编号。",
)


@dataclass(frozen=True, slots=True)
class Registered:
    """An exam, and whether it was new."""

    exam: Exam
    fresh: bool


def seed_items(uow: UnitOfWork) -> None:
    """Bring the managed items of this release into the database; harmless again."""
    store.put_items(uow.session, packaged_items())


def managed_items(uow: UnitOfWork) -> list[Item]:
    """Return every managed item, by code."""
    return store.managed_items(uow.session)


def find_item(uow: UnitOfWork, code: str) -> Item | None:
    """Return a managed item."""
    return store.find_item(uow.session, code)


def local_codes(uow: UnitOfWork) -> list[LocalUse]:
    """List the facilities' own codes that their exams bear, the busiest first."""
    return store.local_uses(uow.session)


def register(uow: UnitOfWork, facility: FacilityCode, order: ExamOrder) -> Registered:
    """Register an exam of a facility.

    Equal content again changes nothing, whatever became of the exam since. A patient named by the
    facility's own number may be registered later: the exam waits and finds them.

    Raises
    ------
    InvalidError
        The item, the time or the patient cannot be.
    AccessionInUseError
        The accession number stands for other content or another patient.
    StudyInUseError
        A study belongs to another exam of the facility.
    """
    digest = _digest_of_order(order)
    stands = store.find_by_accession(uow.session, facility, order.accession_number)
    if stands is not None:
        return _repeated(*stands, digest)
    exam = _new_exam(uow, facility, order)
    if not store.add_exam(uow.session, exam, digest):
        stands = store.find_by_accession(uow.session, facility, order.accession_number)
        if stands is None:
            raise StudyInUseError
        return _repeated(*stands, digest)
    _tell(uow, exam)
    return Registered(exam, fresh=True)


def change(
    uow: UnitOfWork, facility: FacilityCode, exam_id: ExamId, details: Details, revision: int
) -> Exam:
    """Change the details of a facility's exam.

    Parameters
    ----------
    revision
        The revision that the change was made on.

    Raises
    ------
    ExamUnknownError
        The facility has no such exam.
    PreconditionFailedError
        The exam has another revision by now.
    ExamWithdrawnError
        It was entered in error, and its status would change.
    InvalidError
        Its item asks for a side, there is no such class of sensitive results, or the class
        changes without a reason.
    StudyInUseError
        A study belongs to another exam of the facility.
    """
    exam = hold_own(uow, facility, exam_id)
    if exam.revision != revision:
        raise PreconditionFailedError
    present = exam.order.details
    if details.sensitivity == present.sensitivity and not details.sensitivity_reason:
        details = replace(details, sensitivity_reason=present.sensitivity_reason)
    if details == present:
        return exam
    if not may_become(present.status, details.status):
        raise ExamWithdrawnError
    order = replace(exam.order, details=details)
    issues = issues_of_order(order, _managed_item(uow, order), facility)
    issues += faults_of_change(present, details)
    issues += sensitivity.faults_of(uow, details.sensitivity)
    if issues:
        raise InvalidError(issues=issues)
    store.change_exam(uow.session, exam_id, details)
    changed = replace(exam, order=order, revision=revision + 1)
    _tell(uow, changed)
    return changed


def hold_own(uow: UnitOfWork, facility: FacilityCode, exam_id: ExamId) -> Exam:
    """Return a facility's own exam, held against other changes until the transaction ends.

    Raises
    ------
    ExamUnknownError
        The facility has no such exam.
    """
    exam = store.hold_own(uow.session, facility, exam_id)
    if exam is None:
        raise ExamUnknownError
    return exam


def find_status(uow: UnitOfWork, exam_id: ExamId) -> ExamStatus | None:
    """Return how far an exam has come, if there is one."""
    return store.find_status(uow.session, exam_id)


def subjects_of(uow: UnitOfWork, exam_ids: Collection[ExamId]) -> Mapping[ExamId, Subject]:
    """Return whom exams are about; those that wait for their patient are left out."""
    return store.subjects_of(uow.session, exam_ids)


def item_names(uow: UnitOfWork, codes: Collection[str]) -> Mapping[str, tuple[str, str]]:
    """Return the Chinese and the English name of managed items, by code."""
    return store.item_names(uow.session, codes)


def hold_version(uow: UnitOfWork, exam_id: ExamId) -> int:
    """Return an exam's current report version, held against a newer one until the commit.

    Raises
    ------
    ExamUnknownError
        There is no such exam.
    """
    version = store.hold_version(uow.session, exam_id)
    if version is None:
        raise ExamUnknownError
    return version


def require_own(uow: UnitOfWork, facility: FacilityCode, exam_id: ExamId) -> None:
    """Let a facility go on with an exam of its own, holding nothing.

    Raises
    ------
    ExamUnknownError
        The facility has no such exam.
    """
    if not store.is_own(uow.session, facility, exam_id):
        raise ExamUnknownError


def get(uow: UnitOfWork, sight: Sight, exam_id: ExamId) -> Exam:
    """Return an exam.

    Raises
    ------
    ExamUnknownError
        There is none, or none that may be seen.
    """
    exam = store.find_seen(uow.session, sight, exam_id)
    if exam is None:
        raise ExamUnknownError
    return exam


def page(
    uow: UnitOfWork, sight: Sight, wanted: ExamFilter, *, cursor: str | None, limit: int
) -> Page[Exam]:
    """List the exams that fit and may be seen, by the time performed or collected, newest first.

    The id of a person that was retired stands for the one that replaced it.
    """
    if wanted.patient_id is not None:
        wanted = replace(wanted, patient_id=graph.current_id(uow, wanted.patient_id))
    keys = read_cursor(cursor, 1)
    after = ExamId(keys[0]) if keys else None
    found = store.page_seen(uow.session, sight, wanted, after=after, limit=limit + 1)
    more = len(found) > limit
    return Page(found[:limit], write_cursor(found[limit - 1].id) if more else None)


def priors(
    uow: UnitOfWork, sight: Sight, patient_id: PatientId, *, limit: int = PRIORS_MAX
) -> Sequence[Prior]:
    """Return a person's exams that may be seen, newest first, at most ``limit`` of them."""
    return store.priors_seen(uow.session, sight, patient_id, limit=limit)


def find_by_accession(
    uow: UnitOfWork, facility: FacilityCode, accession_number: str
) -> ExamLink | None:
    """Return the exam that a facility's accession number names, if any."""
    return store.link_of_accession(uow.session, facility, accession_number)


def find_by_study(
    uow: UnitOfWork, facility: FacilityCode, study_instance_uid: StudyInstanceUid
) -> ExamLink | None:
    """Return the exam of a facility that a study belongs to, if any."""
    return store.link_of_study(uow.session, facility, study_instance_uid)


def attach_to_record(uow: UnitOfWork, fact: RecordRegistered) -> Sequence[Subject]:
    """Give a new record the exams that came before it."""
    facility, record_id = FacilityCode(fact.facility), RecordId(fact.record_id)
    attached: list[Exam] = []
    for system, value in fact.identifiers:
        named = IdentifierRef(system, value)
        attached += store.attach_waiting(uow.session, facility, named, record_id)
    return _attached(uow, attached)


def attach_exam(uow: UnitOfWork, fact: ExamRegistered) -> Sequence[Subject]:
    """Look once more for the record of an exam that waits.

    The record may have been registered in the moment between the exam's look and its commit;
    then its own fact met no exam.
    """
    facility = FacilityCode(fact.facility)
    found = store.find_by_accession(uow.session, facility, fact.accession_number)
    if found is None or found[0].record_id is not None:
        return []
    named = found[0].order.patient
    if not isinstance(named, IdentifierRef):
        return []
    record = patients.find_record(uow, facility, named.system, named.value)
    if record is None:
        return []
    return _attached(uow, store.attach_waiting(uow.session, facility, named, record.record_id))


def digest_of(content: object) -> str:
    """Return the SHA-256 of a dataclass or dictionary in lower-case hex."""
    return hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()


def subject_of(exam: Exam) -> Subject | None:
    """Return whom an exam is about, ``None`` while its patient has not been registered."""
    if exam.record_id is None:
        return None
    return Subject(exam.patient_id, exam.record_id)


def _digest_of_order(order: ExamOrder) -> str:
    """Return the digest of an order; without a class it is what it was before there were any."""
    content = asdict(order)
    if order.details.sensitivity is None:
        del content["details"]["sensitivity"], content["details"]["sensitivity_reason"]
    return digest_of(content)


def _repeated(exam: Exam, stands: str, digest: str) -> Registered:
    if stands != digest:
        raise AccessionInUseError(params={"examId": exam.id})
    return Registered(exam, fresh=False)


def _new_exam(uow: UnitOfWork, facility: FacilityCode, order: ExamOrder) -> Exam:
    item = _managed_item(uow, order)
    issues = issues_of_order(order, item, facility)
    issues += sensitivity.faults_of(uow, order.details.sensitivity)
    if is_in_future(order.happened.at, uow.now()):
        issues.append(replace(IN_FUTURE, pointer="/" + time_name(order.kind)))
    record = _record_of(uow, facility, order)
    if record is None and not _may_wait(uow, facility, order):
        named = "patient" if isinstance(order.patient, IdentifierRef) else "patientId"
        issues.append(replace(PATIENT_UNKNOWN, pointer=f"/{named}"))
    if issues:
        raise InvalidError(issues=issues)
    return Exam(
        id=ExamId(uow.new_key()),
        facility=facility,
        order=_completed(order, item),
        record_id=record.record_id if record else None,
        patient_id=record.patient_id if record else None,
    )


def _managed_item(uow: UnitOfWork, order: ExamOrder) -> Item | None:
    if order.item.system != MANAGED_ITEMS:
        return None
    return store.find_item(uow.session, order.item.code)


def _record_of(uow: UnitOfWork, facility: FacilityCode, order: ExamOrder) -> LinkedRecord | None:
    if isinstance(order.patient, IdentifierRef):
        return patients.find_record(uow, facility, order.patient.system, order.patient.value)
    return patients.own_record(uow, facility, order.patient)


def _may_wait(uow: UnitOfWork, facility: FacilityCode, order: ExamOrder) -> bool:
    """Tell whether the facility itself will one day register who the order names."""
    if not isinstance(order.patient, IdentifierRef):
        return False
    return order.patient.system == facilities.get(uow, facility).patient_identifier_system


def _completed(order: ExamOrder, item: Item | None) -> ExamOrder:
    """Fill in what the managed item says and the order leaves out."""
    if item is None:
        return order
    return replace(
        order,
        item=replace(order.item, display=order.item.display or item.name_zh),
        modality=order.modality or item.modality or None,
        body_site=order.body_site or item.body_site,
    )


def _tell(uow: UnitOfWork, exam: Exam) -> None:
    uids = [str(each) for each in exam.order.details.study_instance_uids]
    uow.tell(ExamRegistered(exam.id, exam.facility, exam.order.accession_number, uids))


def _attached(uow: UnitOfWork, exams: Sequence[Exam]) -> list[Subject]:
    for each in exams:
        _tell(uow, each)
    return [subject for each in exams if (subject := subject_of(each)) is not None]


def _link(exam: Exam) -> ExamLink:
    order = exam.order
    return ExamLink(exam.id, exam.record_id, exam.facility, order.accession_number)
