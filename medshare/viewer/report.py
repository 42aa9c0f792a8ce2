"""An exam's report as the pane shows it: its versions, its results as a table, what may follow."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from medshare.exams import reporting
from medshare.exams.model import Exam
from medshare.exams.reports import Flag, Observation, Report, ReportText
from medshare.imaging import service as imaging
from medshare.imaging.availability import AttachedDocument
from medshare.infra.paging import LIMIT_MAX
from medshare.infra.perform import Context
from medshare.infra.uow import UnitOfWork
from medshare.kernel.permission import Permission
from medshare.recognition.model import Tier
from medshare.recognition.policies.model import RepeatReason
from medshare.recognition.registers import load_programme
from medshare.recognition.reliance import service as reliance
from medshare.recognition.reliance.model import Alert, AlertFilter, AlertState
from medshare.viewer.chart import entries_of
from medshare.viewer.figures import CRITICAL, usual, value
from medshare.viewer.hospitals import hospitals
from medshare.viewer.items import names_of
from medshare.viewer.timeline import Entry, Named
from medshare.viewer.words import Language, wanted_language


@dataclass(frozen=True, slots=True)
class ResultRow:
    """A row of the laboratory table, its numbers as they are read."""

    item: Named
    value: str
    unit: str
    usual: str
    flag: Flag | None
    is_number: bool

    @property
    def is_critical(self) -> bool:
        """Whether the value is in danger's range."""
        return self.flag in CRITICAL


@dataclass(frozen=True, slots=True)
class Version:
    """A version of a report with its words in the language of the page, else in any."""

    report: Report
    text: ReportText | None


@dataclass(frozen=True, slots=True)
class Pane:
    """What the report pane shows.

    Parameters
    ----------
    versions
        Every version, the current one first; none while nothing is reported.
    reasons
        Those for a repeat that are in force, where somebody may decide.
    documents
        What came with the images and is none: reports, PDF, waveforms.
    picture_studies
        Those of the exam's studies that hold images.
    alerts
        Open ones to colleagues of the own hospital who relied on an earlier state of the result.
    """

    entry: Entry
    versions: Sequence[Version]
    rows: Sequence[ResultRow]
    reasons: Sequence[RepeatReason] = ()
    documents: Sequence[AttachedDocument] = ()
    picture_studies: Collection[str] = ()
    alerts: Sequence[Alert] = ()

    @property
    def current(self) -> Version | None:
        """Return the version that counts."""
        return self.versions[0] if self.versions else None

    @property
    def is_decidable(self) -> bool:
        """Tell whether the result may be recognised, or repeated for a reason."""
        verdict = self.entry.verdict
        return bool(self.reasons) and verdict is not None and verdict.tier is not Tier.EXCLUDED

    @property
    def needs_reason(self) -> bool:
        """Tell whether nobody may repeat without saying why."""
        return self.entry.verdict is not None and self.entry.verdict.recognisable


def pane_of(context: Context, uow: UnitOfWork, exam: Exam) -> Pane:
    """Gather what the pane of an exam shows."""
    (entry,) = entries_of(context, uow, exam.patient_id, [exam], hospitals(uow))
    page = reporting.page(uow, exam, cursor=None, limit=LIMIT_MAX)
    newest_first = sorted(page.items, key=lambda each: each.version, reverse=True)
    observed = newest_first[0].draft.observations if newest_first else ()
    names = names_of(uow, [each.code for each in observed])
    may_decide = Permission.DECISION_WRITE in context.principal.permissions
    reasons = _reasons(uow) if may_decide and entry.verdict else ()
    versions = [Version(each, _text_in(each, wanted_language())) for each in newest_first]
    rows = [row_of(*each) for each in zip(observed, names, strict=True)]
    documents = imaging.documents_of(uow, exam.id) if entry.has_images else ()
    pictured = imaging.studies_with_images(uow, exam.id) if entry.has_images else ()
    alerts = _alerts(context, uow, exam)
    return Pane(entry, versions, rows, reasons, documents, pictured, alerts)


def row_of(observation: Observation, item: Named) -> ResultRow:
    """Return an observation of an item as a row."""
    return ResultRow(
        item=item,
        value=value(observation),
        unit=observation.unit,
        usual=usual(observation.reference_range),
        flag=observation.flag,
        is_number=observation.value is not None,
    )


def _text_in(report: Report, language: Language) -> ReportText | None:
    texts = report.draft.texts
    return next(
        (each for each in texts if str(each.language) == str(language)), texts[0] if texts else None
    )


def _alerts(context: Context, uow: UnitOfWork, exam: Exam) -> Sequence[Alert]:
    facility = context.principal.facility
    if facility is None or Permission.ALERT_SEARCH not in context.principal.permissions:
        return ()
    wanted = AlertFilter(AlertState.OPEN, exam_id=exam.id)
    return reliance.page(uow, facility, wanted, cursor=None, limit=LIMIT_MAX).items


def _reasons(uow: UnitOfWork) -> Sequence[RepeatReason]:
    return load_programme(uow, uow.now()).reasons.reasons
