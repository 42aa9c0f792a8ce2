"""Queries of report versions."""

from collections.abc import Collection, Sequence
from typing import Any, cast

from sqlalchemy import Select, Table, bindparam, select, tuple_
from sqlalchemy.orm import Session

from medshare.exams.model import VOID, Coding, Stamp
from medshare.exams.reports import (
    Comparator,
    Flag,
    Language,
    Observation,
    Observed,
    Pdf,
    ReferenceRange,
    Report,
    ReportDraft,
    ReportStatus,
    ReportText,
    Signer,
)
from medshare.exams.store.rows import ExamRow, ObservationRow, ReportRow, ReportTextRow
from medshare.infra.begun import wire_of
from medshare.infra.compiled import Fixed, named
from medshare.kernel.audit import Subject
from medshare.kernel.identifiers import ExamId, FacilityCode, PatientId, RecordId
from medshare.patients.selectables import live_links
from medshare.patients.sight import Sight

REPORTS = cast("Table", ReportRow.__table__)
TEXTS = cast("Table", ReportTextRow.__table__)
OBSERVATIONS = cast("Table", ObservationRow.__table__)


def _of_version(table: Table) -> Select[Any]:
    return select(*table.c).where(
        table.c.exam_id == bindparam("exam"), table.c.version == bindparam("version")
    )


_REPORT = Fixed(_of_version(REPORTS))
_TEXTS = Fixed(_of_version(TEXTS).order_by(TEXTS.c.position))
_OBSERVATIONS = Fixed(_of_version(OBSERVATIONS).order_by(OBSERVATIONS.c.position))


def add_report(session: Session, exam_id: ExamId, report: Report, digest: str) -> None:
    """Insert a report version; whoever calls holds the exam's row."""
    draft = report.draft
    session.add(
        ReportRow(
            exam_id=exam_id,
            version=report.version,
            status=draft.status,
            author_id=draft.author.id,
            author_name=draft.author.name,
            verifier_id=draft.verifier.id if draft.verifier else None,
            verifier_name=draft.verifier.name if draft.verifier else None,
            signed_at=draft.signed.at,
            signed_text=draft.signed.text,
            recorded_at=report.recorded_at,
            digest=digest,
            pdf_sha256=draft.pdf.sha256 if draft.pdf else None,
            pdf_size=draft.pdf.size if draft.pdf else None,
            texts=[
                ReportTextRow(
                    position=position,
                    language=each.language,
                    findings=each.findings,
                    impression=each.impression,
                )
                for position, each in enumerate(draft.texts)
            ],
            observations=[
                _observation_row(position, each) for position, each in enumerate(draft.observations)
            ],
        )
    )
    session.flush()


def find_report(session: Session, exam_id: ExamId, version: int) -> Report | None:
    """Return one version of an exam's report."""
    session.flush()
    connection, key = wire_of(session), {"exam": exam_id, "version": version}
    found = _REPORT.first(connection, **key)
    if found is None:
        return None
    row = named(REPORTS, found)
    row.texts = [named(TEXTS, each) for each in _TEXTS.rows(connection, **key)]
    row.observations = [named(OBSERVATIONS, each) for each in _OBSERVATIONS.rows(connection, **key)]
    return _report(row)


def find_equal_report(session: Session, exam_id: ExamId, digest: str) -> Report | None:
    """Return the version of an exam's report that has this very content."""
    row = session.scalar(
        select(ReportRow).where(ReportRow.exam_id == exam_id, ReportRow.digest == digest)
    )
    return None if row is None else _report(row)


def reports_of(session: Session, exam_id: ExamId, *, after: int, limit: int) -> Sequence[Report]:
    """Return at most ``limit`` versions later than ``after``, oldest first."""
    rows = session.scalars(
        select(ReportRow)
        .where(ReportRow.exam_id == exam_id, ReportRow.version > after)
        .order_by(ReportRow.version)
        .limit(limit)
    )
    return [_report(row) for row in rows]


def observed_seen(
    session: Session,
    sight: Sight,
    patient_id: PatientId,
    codes: Collection[tuple[str, str]],
    *,
    limit: int,
) -> Sequence[Observed]:
    """Return what a person's reports that may be seen say of codes, newest first.

    The current version of each report counts, unless it or its exam was withdrawn.

    Parameters
    ----------
    codes
        Pairs of a system and a code.
    """
    live = live_links()
    found = session.execute(
        select(ExamRow, live.c.patient_id, live.c.record_id, ObservationRow)
        .join(live, live.c.record_id == ExamRow.record_id)
        .join(
            ObservationRow,
            (ObservationRow.exam_id == ExamRow.id)
            & (ObservationRow.version == ExamRow.report_version),
        )
        .where(
            live.c.patient_id == patient_id,
            sight(ExamRow.facility_code, live.c.patient_id, ExamRow.sensitivity),
            tuple_(ObservationRow.system, ObservationRow.code).in_(codes),
            ExamRow.status.not_in(VOID),
            ExamRow.report_status != ReportStatus.ENTERED_IN_ERROR,
        )
        .order_by(ExamRow.happened_at.desc(), ExamRow.id.desc(), ObservationRow.position)
        .limit(limit)
    )
    return [
        Observed(
            ExamId(exam.id),
            FacilityCode(exam.facility_code),
            Subject(PatientId(person), RecordId(record)),
            row.collected_at or exam.happened_at,
            ReportStatus(exam.report_status),
            row.position,
            _observation(row),
        )
        for exam, person, record, row in found
    ]


def _observation_row(position: int, observation: Observation) -> ObservationRow:
    reference = observation.reference_range
    collected = observation.collected
    return ObservationRow(
        position=position,
        system=observation.code.system,
        code=observation.code.code,
        display=observation.code.display,
        value=observation.value,
        value_text=observation.value_text,
        comparator=observation.comparator,
        unit=observation.unit,
        ucum=observation.ucum,
        has_range=reference is not None,
        range_low=reference.low if reference else None,
        range_high=reference.high if reference else None,
        range_text=reference.text if reference else "",
        flag=observation.flag,
        specimen=observation.specimen,
        collected_at=collected.at if collected else None,
        collected_text=collected.text if collected else None,
    )


def _report(row: Any) -> Report:  # noqa: ANN401  # a mapped row, or a named one
    verified = row.verifier_id is not None
    return Report(
        version=row.version,
        recorded_at=row.recorded_at,
        draft=ReportDraft(
            status=ReportStatus(row.status),
            author=Signer(row.author_id, row.author_name),
            signed=Stamp(row.signed_at, row.signed_text),
            verifier=Signer(row.verifier_id or "", row.verifier_name or "") if verified else None,
            texts=tuple(
                ReportText(Language(each.language), each.findings, each.impression)
                for each in row.texts
            ),
            observations=tuple(_observation(each) for each in row.observations),
            pdf=Pdf(row.pdf_sha256, row.pdf_size or 0) if row.pdf_sha256 else None,
        ),
    )


def _observation(row: Any) -> Observation:  # noqa: ANN401  # a mapped row, or a named one
    reference = ReferenceRange(row.range_low, row.range_high, row.range_text)
    return Observation(
        code=Coding(row.system, row.code, row.display),
        value=row.value,
        value_text=row.value_text,
        comparator=Comparator(row.comparator) if row.comparator else None,
        unit=row.unit,
        ucum=row.ucum,
        reference_range=reference if row.has_range else None,
        flag=Flag(row.flag) if row.flag else None,
        specimen=row.specimen,
        collected=_stamp(row),
    )


def _stamp(row: Any) -> Stamp | None:  # noqa: ANN401  # as before
    if row.collected_at is None or row.collected_text is None:
        return None
    return Stamp(row.collected_at, row.collected_text)
