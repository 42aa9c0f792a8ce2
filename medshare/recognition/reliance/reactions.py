"""What reliance does about the facts of the packages below: each may come twice."""

from collections.abc import Sequence
from datetime import datetime

from medshare.exams import reporting
from medshare.exams import service as exams
from medshare.exams.model import VOID, ExamRegistered, ReportAmended
from medshare.exams.reports import ReportStatus
from medshare.imaging import service as imaging
from medshare.imaging.facts import StudyRetracted
from medshare.infra.uow import UnitOfWork
from medshare.kernel.audit import Subject
from medshare.kernel.identifiers import ExamId, FacilityCode, PatientId, RecordId
from medshare.patients import service as patients
from medshare.patients.links.model import PatientsUnmerged, RecordLinked, RecordUnlinked
from medshare.recognition.certificates.model import MarkWithdrawn
from medshare.recognition.decisions import service as decisions
from medshare.recognition.evaluations.model import ResultRef
from medshare.recognition.reliance.model import Cause, is_significant
from medshare.recognition.reliance.service import Change, tell_deciders, tell_viewers

_CAUSES = {
    ReportStatus.AMENDED: Cause.AMENDED,
    ReportStatus.ENTERED_IN_ERROR: Cause.ENTERED_IN_ERROR,
}


def on_report(uow: UnitOfWork, fact: ReportAmended) -> Sequence[Subject]:
    """Tell those who relied on an earlier version of a report."""
    cause = _CAUSES.get(ReportStatus(fact.status))
    if cause is None:
        return []
    exam_id = ExamId(fact.exam_id)
    significant = cause is Cause.ENTERED_IN_ERROR or _matters(uow, exam_id, fact.version)
    change = Change(cause, f"report:{fact.exam_id}@{fact.version}", significant)
    relied = [
        each
        for each in decisions.live_on_exams(uow, [exam_id])
        if ResultRef.read(each.draft.result).version < fact.version
    ]
    return [*tell_deciders(uow, change, relied), *tell_viewers(uow, change, [exam_id])]


def on_exam(uow: UnitOfWork, fact: ExamRegistered) -> Sequence[Subject]:
    """Tell those who relied on an exam that was cancelled or entered in error."""
    exam_id = ExamId(fact.exam_id)
    status = exams.find_status(uow, exam_id)
    if status not in VOID:
        return []
    change = Change(Cause.ENTERED_IN_ERROR, f"exam:{exam_id}:{status}", significant=True)
    relied = decisions.live_on_exams(uow, [exam_id])
    return [*tell_deciders(uow, change, relied), *tell_viewers(uow, change, [exam_id])]


def on_retracted(uow: UnitOfWork, fact: StudyRetracted) -> Sequence[Subject]:
    """Tell those who relied on images that their facility has taken back."""
    exam_id = imaging.exam_of(uow, fact.study_instance_uid)
    if exam_id is None:
        return []
    change = Change(Cause.RETRACTED, f"retraction:{fact.retraction_id}", significant=True)
    relied = decisions.live_on_exams(uow, [exam_id])
    return [*tell_deciders(uow, change, relied), *tell_viewers(uow, change, [exam_id])]


def on_mark_withdrawn(uow: UnitOfWork, fact: MarkWithdrawn) -> Sequence[Subject]:
    """Tell those who relied on a result whose mark was taken back, as far as that looks back."""
    since = datetime.fromisoformat(fact.invalid_from)
    relied = decisions.live_from(uow, FacilityCode(fact.facility), fact.items, since)
    change = Change(Cause.MARK_WITHDRAWN, f"certificate:{fact.certificate}", significant=True)
    return tell_deciders(uow, change, relied)


def on_unmerged(uow: UnitOfWork, fact: PatientsUnmerged) -> Sequence[Subject]:
    """Tell those who relied on a result that turned out to be another person's."""
    return _parted(uow, fact.act_id, [RecordId(each) for each in fact.record_ids])


def on_unlinked(uow: UnitOfWork, fact: RecordUnlinked) -> Sequence[Subject]:
    """Tell those who relied on a result whose record is no longer the patient's."""
    return _parted(uow, fact.act_id, [RecordId(fact.record_id)])


def on_linked(uow: UnitOfWork, fact: RecordLinked) -> Sequence[Subject]:
    """Tell those who relied on a result whose record came to another person."""
    return _parted(uow, fact.act_id, [RecordId(fact.record_id)])


def _parted(uow: UnitOfWork, act_id: str, moved: Sequence[RecordId]) -> Sequence[Subject]:
    """Raise alerts to the decisions whose two records are two persons' by now."""
    relied = [
        each
        for each in decisions.live_of_records(uow, moved)
        if _person(uow, each.record_id) != _person(uow, each.source_record_id)
    ]
    change = Change(Cause.UNMERGED, f"links:{act_id}", significant=True)
    return tell_deciders(uow, change, relied)


def _person(uow: UnitOfWork, record_id: RecordId) -> PatientId | None:
    record = patients.get_record(uow, record_id)
    return record.patient_id if record else None


def _matters(uow: UnitOfWork, exam_id: ExamId, version: int) -> bool:
    """Tell whether a version says something else than the one before it."""
    before = reporting.find_report(uow, exam_id, version - 1)
    after = reporting.find_report(uow, exam_id, version)
    return before is None or after is None or is_significant(before.draft, after.draft)
