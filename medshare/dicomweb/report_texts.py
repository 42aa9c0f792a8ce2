"""The versions of an exam's report as plain texts, for those who take its images along.

Each says which version it is and whether another has taken its place: a text on a stick outlives
what it was copied from.
"""

from collections.abc import Iterator, Sequence

from medshare.care.sight import sight_of
from medshare.dicomweb.archive import Attachment
from medshare.exams import reporting
from medshare.exams import service as exams
from medshare.exams.model import Exam, ExamUnknownError
from medshare.exams.reports import Observation, Report, ReportStatus, ReportText
from medshare.facilities import service as facilities
from medshare.facilities.model import Facility
from medshare.imaging import service as imaging
from medshare.infra.paging import LIMIT_MAX
from medshare.infra.perform import Context
from medshare.infra.uow import UnitOfWork
from medshare.kernel.audit import AuditObject
from medshare.kernel.permission import Permission

FOLDER = "REPORT"
_LINE_END = "\r\n"
_STATUSES = {
    ReportStatus.PRELIMINARY: "初步报告，尚未审核 preliminary, not verified",
    ReportStatus.FINAL: "终报 final",
    ReportStatus.AMENDED: "已修订 amended",
    ReportStatus.ENTERED_IN_ERROR: "录入错误，不得使用 entered in error, do not use",
}


def taken_along(
    context: Context, uow: UnitOfWork, study_instance_uid: str, patient: str
) -> list[Attachment]:
    """Return the report of a study's exam as texts, none where the caller may not read it."""
    exam_id = imaging.exam_of(uow, study_instance_uid)
    if exam_id is None or Permission.EXAM_READ not in context.principal.permissions:
        return []
    try:
        exam = exams.get(uow, sight_of(context, uow), exam_id)
    except ExamUnknownError:
        return []
    reports = reporting.page(uow, exam, cursor=None, limit=LIMIT_MAX).items
    context.touched(*(AuditObject("report", f"{exam.id}/{each.version}") for each in reports))
    return report_texts(facilities.get(uow, exam.facility), exam, reports, patient)


def report_texts(
    facility: Facility, exam: Exam, reports: Sequence[Report], patient: str
) -> list[Attachment]:
    """Write every version of a report as a file.

    Parameters
    ----------
    patient
        Whom the report is about, as the images say it.
    """
    return [
        Attachment(
            f"{FOLDER}/VERSION{each.version}.TXT",
            _encoded([*_head(facility, exam, each, patient), *_body(each)]),
        )
        for each in reports
    ]


def _encoded(lines: Sequence[str]) -> bytes:
    """Encode lines as UTF-8 with a mark: without it older Windows takes Chinese for GBK."""
    return _LINE_END.join([*lines, ""]).encode("utf-8-sig")


def _head(facility: Facility, exam: Exam, report: Report, patient: str) -> Iterator[str]:
    draft, newest = report.draft, exam.report_version
    yield "检查报告 REPORT"
    yield ""
    yield f"患者 Patient: {patient}"
    yield f"医院 Hospital: {facility.name_zh} {facility.name_en}"
    yield f"检查号 Accession number: {exam.order.accession_number}"
    yield f"检查项目 Examination: {exam.order.item.display or exam.order.item.code}"
    yield f"检查时间 Performed: {exam.order.happened.text}"
    yield f"版本 Version: {report.version}"
    if report.version < newest:
        yield f"！已被第 {newest} 版取代 Superseded by version {newest}"
    yield f"报告状态 Status: {_STATUSES[draft.status]}"
    yield f"报告 Reported: {draft.author.name}, {draft.signed.text}"
    if draft.verifier is not None:
        yield f"审核 Verified: {draft.verifier.name}"


def _body(report: Report) -> Iterator[str]:
    for each in report.draft.texts:
        yield from _said(each)
    if report.draft.observations:
        yield from ("", "结果 RESULTS", *map(_result, report.draft.observations))
    if report.draft.pdf is not None:
        yield ""
        yield "签名报告（PDF）未随附，请在系统中查看 The signed document (PDF) is not included."
        yield f"SHA-256 {report.draft.pdf.sha256}"


def _said(words: ReportText) -> Iterator[str]:
    for heading, said in (
        ("检查所见 FINDINGS", words.findings),
        ("诊断意见 IMPRESSION", words.impression),
    ):
        if said:
            yield from ("", f"{heading} ({words.language})", *said.splitlines())


def _result(result: Observation) -> str:
    value = result.value_text if result.value is None else f"{result.value:.12g}"
    flag = f" [{result.flag}]" if result.flag else ""
    name = result.code.display or result.code.code
    return f"{name}: {result.comparator or ''}{value or ''} {result.unit}".rstrip() + flag
