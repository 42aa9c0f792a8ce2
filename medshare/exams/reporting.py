"""Use cases of report versions."""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from medshare.exams import store
from medshare.exams.items import ITEM_SYSTEM, ITEM_UNKNOWN
from medshare.exams.model import (
    MANAGED_ITEMS,
    Exam,
    ExamStatus,
    ReportAmended,
    is_own_system,
)
from medshare.exams.reports import (
    ExamNotReportableError,
    Observed,
    Pdf,
    Report,
    ReportDamagedError,
    ReportDraft,
    ReportStatus,
    ReportUnknownError,
    issues_of_report,
    require_follows,
    with_units,
)
from medshare.exams.service import digest_of, hold_own
from medshare.infra.blobs import make_key
from medshare.infra.paging import Page, read_cursor, write_cursor
from medshare.infra.uow import UnitOfWork
from medshare.kernel.errors import InvalidError, Issue
from medshare.kernel.identifiers import ExamId, FacilityCode, PatientId
from medshare.kernel.ports import BlobStore
from medshare.patients.sight import Sight

NAMESPACE = "report"
_VOID = frozenset({ExamStatus.CANCELLED, ExamStatus.ENTERED_IN_ERROR})


@dataclass(frozen=True, slots=True)
class Reported:
    """A report version, the exam that it is of, and whether it was new."""

    exam: Exam
    report: Report
    fresh: bool


def keep_document(blobs: BlobStore, pdf: Pdf, data: bytes) -> None:
    """Make a signed document durable, before the transaction that will name it."""
    blobs.put_bytes(make_key(NAMESPACE, pdf.sha256), data)


def read_document(blobs: BlobStore, pdf: Pdf) -> bytes:
    """Return a signed document as it came.

    Raises
    ------
    ReportDamagedError
        The store holds other bytes by now.
    """
    data = blobs.read(make_key(NAMESPACE, pdf.sha256))
    if hashlib.sha256(data).hexdigest() != pdf.sha256:
        raise ReportDamagedError
    return data


def add_report(
    uow: UnitOfWork, facility: FacilityCode, exam_id: ExamId, draft: ReportDraft
) -> Reported:
    """Add a version to the report of a facility's exam.

    A version of equal content stands for itself: sent again, it changes nothing.

    Raises
    ------
    ExamUnknownError
        The facility has no such exam.
    InvalidError
        Something is wrong with the content; the issues name each.
    ReportTransitionError
        The version cannot follow the current one.
    ExamNotReportableError
        The exam was cancelled or entered in error.
    """
    exam = hold_own(uow, facility, exam_id)
    digest = digest_of(draft)
    equal = store.find_equal_report(uow.session, exam_id, digest)
    if equal is not None:
        return Reported(exam, equal, fresh=False)
    checked = _checked(uow, exam, draft)
    _require_place(exam, checked.status)
    report = Report(exam.report_version + 1, uow.now(), checked)
    store.add_report(uow.session, exam_id, report, digest)
    store.set_current_report(uow.session, exam_id, report.version, checked.status)
    uow.tell(ReportAmended(exam_id, report.version, checked.status))
    reported = replace(
        exam,
        revision=exam.revision + 1,
        report_version=report.version,
        report_status=checked.status,
    )
    return Reported(reported, report, fresh=True)


def get_report(uow: UnitOfWork, exam: Exam, version: int) -> Report:
    """Return a version of an exam's report.

    Raises
    ------
    ReportUnknownError
        There is none of this number.
    """
    report = store.find_report(uow.session, exam.id, version)
    if report is None:
        raise ReportUnknownError
    return report


def find_report(uow: UnitOfWork, exam_id: ExamId, version: int) -> Report | None:
    """Return a version of an exam's report, if there is one of this number."""
    return store.find_report(uow.session, exam_id, version)


def current_report(uow: UnitOfWork, exam: Exam) -> Report | None:
    """Return the newest version of an exam's report, if there is any."""
    return store.find_report(uow.session, exam.id, exam.report_version)


def observed(
    uow: UnitOfWork,
    sight: Sight,
    patient_id: PatientId,
    codes: Collection[tuple[str, str]],
    *,
    limit: int,
) -> Sequence[Observed]:
    """Return what a person's current reports that may be seen say of codes, newest first."""
    return store.observed_seen(uow.session, sight, patient_id, codes, limit=limit)


def page(uow: UnitOfWork, exam: Exam, *, cursor: str | None, limit: int) -> Page[Report]:
    """List the versions of an exam's report, the first one first."""
    keys = read_cursor(cursor, 1)
    after = int(keys[0]) if keys and keys[0].isdecimal() else 0
    found: Sequence[Report] = store.reports_of(uow.session, exam.id, after=after, limit=limit + 1)
    more = len(found) > limit
    return Page(found[:limit], write_cursor(str(found[limit - 1].version)) if more else None)


def _checked(uow: UnitOfWork, exam: Exam, draft: ReportDraft) -> ReportDraft:
    with_ucum, issues = with_units(draft)
    issues += issues_of_report(exam.order.kind, draft, uow.now())
    issues += _issues_of_codes(uow, exam.facility, draft)
    if issues:
        raise InvalidError(issues=issues)
    return with_ucum


def _issues_of_codes(uow: UnitOfWork, facility: FacilityCode, draft: ReportDraft) -> list[Issue]:
    codes = [each.code for each in draft.observations]
    managed = {each.code for each in codes if each.system == MANAGED_ITEMS}
    unknown = managed - store.known_items(uow.session, managed) if managed else set()
    issues = []
    for number, each in enumerate(codes):
        pointer = f"/observations/{number}/code"
        if not is_own_system(each.system, facility):
            issues.append(replace(ITEM_SYSTEM, pointer=f"{pointer}/system"))
        if each.system == MANAGED_ITEMS and each.code in unknown:
            issues.append(replace(ITEM_UNKNOWN, pointer=f"{pointer}/code"))
    return issues


def _require_place(exam: Exam, wanted: ReportStatus) -> None:
    if exam.order.details.status in _VOID and wanted is not ReportStatus.ENTERED_IN_ERROR:
        raise ExamNotReportableError
    present = ReportStatus(exam.report_status) if exam.report_status else None
    require_follows(present, wanted)
