"""Facts of the packages below, as changes: the only writers of the feed."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from medshare.care import service as care
from medshare.care.model import CareWindows
from medshare.changes.model import Change, ChangeKind
from medshare.changes.service import append
from medshare.exams import service as exams
from medshare.exams.model import ExamRegistered, ReportAmended
from medshare.imaging import service as imaging
from medshare.imaging.facts import (
    OfStudy,
    StudyChanged,
    StudyRestored,
    StudyRetracted,
    StudyStored,
)
from medshare.infra.reactions import Reaction
from medshare.infra.uow import UnitOfWork
from medshare.kernel.audit import Subject
from medshare.kernel.facts import Fact
from medshare.kernel.identifiers import ExamId, FacilityCode, PatientId, RecordId
from medshare.patients.links.model import (
    PatientsMerged,
    PatientsUnmerged,
    RecordLinked,
    RecordUnlinked,
)
from medshare.patients.model import RecordRegistered
from medshare.patients.sight import everything
from medshare.settings import Settings

Told = TypeVar("Told", bound=Fact)


def reactions(settings: Settings) -> Sequence[Reaction]:
    """Return what appends to the feed; each fact becomes one change."""
    windows = care.windows(settings)
    return (
        _reaction(RecordRegistered, on_record_registered, windows),
        _reaction(PatientsMerged, on_merged, windows),
        _reaction(PatientsUnmerged, on_unmerged, windows),
        _reaction(RecordLinked, on_linked, windows),
        _reaction(RecordUnlinked, on_unlinked, windows),
        _reaction(ExamRegistered, on_exam, windows),
        _reaction(ReportAmended, on_report, windows),
        _reaction(StudyStored, on_study_stored, windows),
        _reaction(StudyChanged, on_study_changed, windows),
        _reaction(StudyRetracted, on_study_retracted, windows),
        _reaction(StudyRestored, on_study_restored, windows),
    )


def _reaction(
    fact: type[Told], change_of: Callable[[UnitOfWork, Told], Change], windows: CareWindows
) -> Reaction:
    def react(uow: UnitOfWork, told: Told) -> Sequence[Subject]:
        append(uow, change_of(uow, told), windows)
        return []

    return Reaction(fact, react)


def on_record_registered(uow: UnitOfWork, fact: RecordRegistered) -> Change:
    """Tell of a new record."""
    return Change(
        ChangeKind.RECORD_REGISTERED,
        uow.now(),
        FacilityCode(fact.facility),
        RecordId(fact.record_id),
        PatientId(fact.patient_id),
    )


def on_merged(uow: UnitOfWork, fact: PatientsMerged) -> Change:
    """Tell that a person was merged into another."""
    return _of_persons(uow, ChangeKind.PATIENTS_MERGED, fact.survivor_id, fact.retired_id)


def on_unmerged(uow: UnitOfWork, fact: PatientsUnmerged) -> Change:
    """Tell that a merge was undone."""
    return _of_persons(uow, ChangeKind.PATIENTS_UNMERGED, fact.survivor_id, fact.retired_id)


def on_linked(uow: UnitOfWork, fact: RecordLinked) -> Change:
    """Tell that a record came to another person."""
    return _of_record(uow, ChangeKind.RECORD_LINKED, fact)


def on_unlinked(uow: UnitOfWork, fact: RecordUnlinked) -> Change:
    """Tell that a record was taken out of a person."""
    return _of_record(uow, ChangeKind.RECORD_UNLINKED, fact)


def on_exam(uow: UnitOfWork, fact: ExamRegistered) -> Change:
    """Tell of an exam that is new or has other details."""
    return _of_exam(uow, ChangeKind.EXAM_REGISTERED, fact.exam_id)


def on_report(uow: UnitOfWork, fact: ReportAmended) -> Change:
    """Tell of a report version, the first one included: a result is there, or has changed."""
    change = _of_exam(uow, ChangeKind.REPORT_VERSIONED, fact.exam_id)
    return replace(change, report_version=fact.version, report_status=fact.status)


def on_study_stored(uow: UnitOfWork, fact: StudyStored) -> Change:
    """Tell that instances of a study have come; there is one change for each request."""
    return _of_study(uow, ChangeKind.STUDY_STORED, fact)


def on_study_changed(uow: UnitOfWork, fact: StudyChanged) -> Change:
    """Tell that an instance of a study got other bytes, or the study another patient."""
    return _of_study(uow, ChangeKind.STUDY_CHANGED, fact)


def on_study_retracted(uow: UnitOfWork, fact: StudyRetracted) -> Change:
    """Tell that a study, or something of it, was retracted: copies of it are void."""
    return _of_study(uow, ChangeKind.STUDY_RETRACTED, fact)


def on_study_restored(uow: UnitOfWork, fact: StudyRestored) -> Change:
    """Tell that a retraction was undone."""
    return _of_study(uow, ChangeKind.STUDY_RESTORED, fact)


def _of_persons(uow: UnitOfWork, kind: ChangeKind, survivor: str, retired: str) -> Change:
    return Change(
        kind, uow.now(), patient_id=PatientId(survivor), other_patient_id=PatientId(retired)
    )


def _of_record(uow: UnitOfWork, kind: ChangeKind, fact: RecordLinked | RecordUnlinked) -> Change:
    return Change(
        kind,
        uow.now(),
        FacilityCode(fact.facility),
        RecordId(fact.record_id),
        PatientId(fact.patient_id),
        PatientId(fact.from_patient_id),
    )


def _of_exam(uow: UnitOfWork, kind: ChangeKind, exam_id: str) -> Change:
    exam = exams.get(uow, everything, ExamId(exam_id))
    return Change(kind, uow.now(), exam.facility, exam.record_id, exam.patient_id, exam_id=exam_id)


def _of_study(uow: UnitOfWork, kind: ChangeKind, fact: OfStudy) -> Change:
    subject = imaging.subject_of(uow, fact.study_instance_uid)
    return Change(
        kind,
        uow.now(),
        FacilityCode(fact.facility),
        subject.record_id if subject else None,
        subject.patient_id if subject else None,
        study_instance_uid=fact.study_instance_uid,
    )
