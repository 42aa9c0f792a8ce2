"""How a study finds its patient and its exam, whichever of the three comes first.

A study that arrives looks for both. What it does not find is looked for again when a record or an
exam is registered, and once more after its own arrival has committed, for both may come in the
same moment.
"""

from collections.abc import Sequence

from medshare.exams import service as exams
from medshare.exams.model import ExamLink, ExamRegistered
from medshare.imaging import store
from medshare.imaging.model import StudyArrived, StudyClaim, StudyLinks
from medshare.infra.uow import UnitOfWork
from medshare.kernel.audit import Subject
from medshare.kernel.identifiers import FacilityCode, RecordId
from medshare.patients import service as patients
from medshare.patients.model import RecordRegistered


def find_links(uow: UnitOfWork, claim: StudyClaim, known: StudyLinks | None = None) -> StudyLinks:
    """Find the record and the exam that a study belongs to, as far as they are known.

    An exam of another person than the study's is not its exam.
    """
    known = known or StudyLinks()
    record_id = known.record_id or _find_record(uow, claim)
    if known.exam_id is not None:
        return StudyLinks(record_id, known.exam_id)
    exam = _find_exam(uow, claim)
    if exam is None or (record_id is not None and exam.record_id not in (None, record_id)):
        return StudyLinks(record_id)
    return StudyLinks(record_id, exam.exam_id)


def _find_record(uow: UnitOfWork, claim: StudyClaim) -> RecordId | None:
    if not claim.patient_id:
        return None
    system = claim.patient_identifier_system
    record = patients.find_record(uow, claim.facility, system, claim.patient_id)
    return record.record_id if record else None


def _find_exam(uow: UnitOfWork, claim: StudyClaim) -> ExamLink | None:
    exam = exams.find_by_study(uow, claim.facility, claim.study_instance_uid)
    if exam is None and claim.accession_number:
        return exams.find_by_accession(uow, claim.facility, claim.accession_number)
    return exam


def subject_of(uow: UnitOfWork, record_id: RecordId) -> Subject:
    """Return a record and the patient that it belongs to now, as the trail names them."""
    record = patients.get_record(uow, record_id)
    return Subject(record.patient_id if record else None, record_id)


def on_record(uow: UnitOfWork, fact: RecordRegistered) -> list[Subject]:
    """Attach the studies that came before their patient."""
    identifiers = [(system, value) for system, value in fact.identifiers]
    facility = FacilityCode(fact.facility)
    return _settle(uow, store.studies_without_record(uow.session, facility, identifiers))


def on_exam(uow: UnitOfWork, fact: ExamRegistered) -> list[Subject]:
    """Attach the studies that came before their exam."""
    uids = store.studies_without_exam(
        uow.session,
        FacilityCode(fact.facility),
        fact.accession_number,
        list(fact.study_instance_uids),
    )
    return _settle(uow, uids)


def on_study(uow: UnitOfWork, fact: StudyArrived) -> list[Subject]:
    """Look again for what a new study did not find."""
    return _settle(uow, [fact.study_instance_uid])


def _settle(uow: UnitOfWork, uids: Sequence[str]) -> list[Subject]:
    subjects = []
    for uid in uids:
        found = store.find_claim(uow.session, uid)
        if found is None:
            continue
        claim, known = found
        links = find_links(uow, claim, known)
        if links == known:
            continue
        store.attach(uow.session, uid, links)
        if links.record_id is not None:
            subjects.append(subject_of(uow, links.record_id))
    return subjects
