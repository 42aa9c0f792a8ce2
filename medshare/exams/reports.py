"""Report versions: what a report says, and how one version may follow another.

A version is never overwritten: what a doctor relied on stays readable for ever.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from medshare.exams.model import Coding, ExamKind, Stamp, is_in_future
from medshare.exams.units import is_ucum, normalise
from medshare.kernel.audit import Subject
from medshare.kernel.errors import ConflictError, Issue, NotFoundError, UnavailableError
from medshare.kernel.identifiers import ExamId, FacilityCode

PDF_LIMIT_BYTES = 20 << 20


class ReportStatus(StrEnum):
    """How far a report version may be relied on (FHIR R4 DiagnosticReport.status)."""

    PRELIMINARY = "preliminary"
    FINAL = "final"
    AMENDED = "amended"
    ENTERED_IN_ERROR = "entered-in-error"


class Language(StrEnum):
    """The languages of report texts (BCP 47)."""

    CHINESE = "zh-CN"
    ENGLISH = "en"


class Comparator(StrEnum):
    """How a value stands to the number given (FHIR R4 QuantityComparator)."""

    LESS = "<"
    AT_MOST = "<="
    AT_LEAST = ">="
    GREATER = ">"


class Flag(StrEnum):
    """How a value stands to its reference range (HL7 table 0078)."""

    NORMAL = "N"
    LOW = "L"
    HIGH = "H"
    CRITICALLY_LOW = "LL"
    CRITICALLY_HIGH = "HH"
    ABNORMAL = "A"


@dataclass(frozen=True, slots=True)
class Signer:
    """A doctor or technician who signs, by the facility's own staff number."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class ReportText:
    """The words of a report: what was seen (检查所见) and what it means (诊断意见)."""

    language: Language
    findings: str = ""
    impression: str = ""


@dataclass(frozen=True, slots=True)
class ReferenceRange:
    """The range that the laboratory calls usual, in the observation's unit."""

    low: float | None = None
    high: float | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Observation:
    """One result: a number or a text, never both.

    ``unit`` is as it was sent, ``ucum`` its normal form, ``None`` for a value without a unit.
    """

    code: Coding
    value: float | None = None
    value_text: str | None = None
    comparator: Comparator | None = None
    unit: str = ""
    ucum: str | None = None
    reference_range: ReferenceRange | None = None
    flag: Flag | None = None
    specimen: str = ""
    collected: Stamp | None = None


@dataclass(frozen=True, slots=True)
class Pdf:
    """A signed document kept as it came: its SHA-256 in lower-case hex, its size in bytes."""

    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class ReportDraft:
    """A report version as its facility sends it."""

    status: ReportStatus
    author: Signer
    signed: Stamp
    verifier: Signer | None = None
    texts: tuple[ReportText, ...] = ()
    observations: tuple[Observation, ...] = ()
    pdf: Pdf | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """A version of a report: 1 is the first of its exam."""

    version: int
    recorded_at: datetime
    draft: ReportDraft


@dataclass(frozen=True, slots=True)
class Observed:
    """A result of a person, with the exam whose current report states it.

    Parameters
    ----------
    at
        When the specimen was collected.
    position
        Its place in the report, from 0.
    """

    exam_id: ExamId
    facility: FacilityCode
    subject: Subject
    at: datetime
    report_status: ReportStatus
    position: int
    observation: Observation


class ReportUnknownError(NotFoundError):
    """There is no such report version, or none that the caller may know of."""

    slug = "report-unknown"
    title = "There is no such report version"
    title_zh = "没有该报告版本"


class ReportDamagedError(UnavailableError):
    """The store gave back other bytes than were put into it; they are never released."""

    slug = "report-damaged"
    title = "The document cannot be read as it was stored; tell the operator"
    title_zh = "文档与存入时不一致，无法提供，请联系运维人员"


class ReportTransitionError(ConflictError):
    """The version cannot follow the current one."""

    slug = "report-transition"
    title = (
        "The status cannot follow the current version: preliminary goes to preliminary or final,"
        " final and amended to amended or entered-in-error, entered-in-error to nothing"
    )
    title_zh = (
        "该状态不能接续当前版本：初步报告之后为初步或终报，终报和修订之后为修订或录入错误，"
        "录入错误之后不可再提交"
    )


class ExamNotReportableError(ConflictError):
    """The exam was cancelled or entered in error, so no result of it can stand."""

    slug = "exam-not-reportable"
    title = "The exam was cancelled or entered in error; only an entered-in-error report can follow"
    title_zh = "该检查已取消或标记为录入错误，只能提交录入错误状态的报告"


IN_FUTURE = Issue(
    "",
    "time-in-future",
    "Send a time that is not in the future; check the clock of the sending system.",
    "时间不能晚于当前时间，请核对发送系统的时钟。",
)
NOTHING_SAID = Issue(
    "",
    "report-empty",
    "Send texts or observations; an imaging report may be a PDF alone.",
    "请填写报告文字或检验结果；影像报告可仅含 PDF。",
)
VERIFIER_REQUIRED = Issue(
    "/verifier",
    "verifier-required",
    "A final or amended report names who verified it.",
    "终报和修订报告须填写审核人。",
)
UNIT_UNKNOWN = Issue(
    "/unit",
    "unit-unknown",
    "The unit is not understood; send its UCUM form as ucum beside it.",
    "无法识别该单位，请同时在 ucum 字段填写其 UCUM 形式。",
)
UCUM_INVALID = Issue(
    "/ucum",
    "ucum-invalid",
    "Send a case-sensitive UCUM term such as mmol/L or 10*9/L.",
    "请填写区分大小写的 UCUM 单位，例如 mmol/L 或 10*9/L。",
)
_VERIFIED = frozenset({ReportStatus.FINAL, ReportStatus.AMENDED})
_FOLLOWERS: dict[ReportStatus | None, frozenset[ReportStatus]] = {
    None: frozenset({ReportStatus.PRELIMINARY, ReportStatus.FINAL}),
    ReportStatus.PRELIMINARY: frozenset({ReportStatus.PRELIMINARY, ReportStatus.FINAL}),
    ReportStatus.FINAL: frozenset({ReportStatus.AMENDED, ReportStatus.ENTERED_IN_ERROR}),
    ReportStatus.AMENDED: frozenset({ReportStatus.AMENDED, ReportStatus.ENTERED_IN_ERROR}),
    ReportStatus.ENTERED_IN_ERROR: frozenset(),
}


def require_follows(present: ReportStatus | None, wanted: ReportStatus) -> None:
    """Let a version of one status follow the current one, ``None`` standing for no version.

    Raises
    ------
    ReportTransitionError
        It cannot: a final report never becomes preliminary again, an error is never undone.
    """
    if wanted not in _FOLLOWERS[present]:
        raise ReportTransitionError


def issues_of_report(kind: ExamKind, draft: ReportDraft, now: datetime) -> list[Issue]:
    """Say what is wrong with a report in itself, its units and codes apart."""
    issues = []
    if not says_something(kind, draft):
        issues.append(NOTHING_SAID)
    if draft.verifier is None and draft.status in _VERIFIED:
        issues.append(VERIFIER_REQUIRED)
    if is_in_future(draft.signed.at, now):
        issues.append(replace(IN_FUTURE, pointer="/signedAt"))
    for number, each in enumerate(draft.observations):
        if each.collected is not None and is_in_future(each.collected.at, now):
            issues.append(replace(IN_FUTURE, pointer=f"/observations/{number}/collectedAt"))
    return issues


def with_units(draft: ReportDraft) -> tuple[ReportDraft, list[Issue]]:
    """Return a report with its units in UCUM too, and what is wrong with them.

    A ``ucum`` that was sent is kept when it is valid; else the unit as sent is read.
    """
    observations, issues = [], []
    for number, each in enumerate(draft.observations):
        ucum, issue = _unit_of(each)
        observations.append(replace(each, ucum=ucum))
        if issue is not None:
            issues.append(replace(issue, pointer=f"/observations/{number}{issue.pointer}"))
    return replace(draft, observations=tuple(observations)), issues


def _unit_of(observation: Observation) -> tuple[str | None, Issue | None]:
    if observation.ucum is not None:
        return observation.ucum, None if is_ucum(observation.ucum) else UCUM_INVALID
    if not observation.unit:
        return None, None
    ucum = normalise(observation.unit)
    return ucum, UNIT_UNKNOWN if ucum is None else None


def says_something(kind: ExamKind, draft: ReportDraft) -> bool:
    """Tell whether a report holds what its kind of exam is about.

    A laboratory report has observations or texts; an imaging report may be a document alone. A
    version that only withdraws the others needs to say nothing.
    """
    if draft.status is ReportStatus.ENTERED_IN_ERROR:
        return True
    said = bool(draft.texts or draft.observations)
    return said or (kind is ExamKind.IMAGING and draft.pdf is not None)


def is_whole_pdf(data: bytes) -> bool:
    """Tell whether bytes begin and end as a PDF must (ISO 32000-1 sections 7.5.2 and 7.5.5).

    White space and zero bytes after the end, which old printers' drivers leave, are let pass.
    """
    return data.startswith(b"%PDF-") and data.rstrip(b"\r\n\t \0").endswith(b"%%EOF")
