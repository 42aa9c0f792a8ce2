"""Queries of a person's exams as whoever orders another one has to know them: columns, no rows."""

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from medshare.exams.model import Coding, ExamKind, ExamStatus, Laterality, Prior
from medshare.exams.store.rows import ExamRow, ObservationRow
from medshare.kernel.identifiers import ExamId, FacilityCode, PatientId, RecordId
from medshare.patients.selectables import live_links
from medshare.patients.sight import Sight


def priors_seen(
    session: Session, sight: Sight, patient_id: PatientId, *, limit: int
) -> Sequence[Prior]:
    """Return at most ``limit`` exams of a person that may be seen, newest first, then by id."""
    live = live_links()
    found = session.execute(
        select(
            ExamRow.id,
            ExamRow.facility_code,
            ExamRow.record_id,
            ExamRow.kind,
            ExamRow.item_system,
            ExamRow.item_code,
            ExamRow.happened_at,
            ExamRow.status,
            ExamRow.laterality,
            ExamRow.report_version,
            ExamRow.report_status,
        )
        .join(live, live.c.record_id == ExamRow.record_id)
        .where(
            live.c.patient_id == patient_id,
            sight(ExamRow.facility_code, live.c.patient_id, ExamRow.sensitivity),
        )
        .order_by(ExamRow.happened_at.desc(), ExamRow.id.desc())
        .limit(limit)
    ).all()
    observed = _observed(session, [row.id for row in found if row.kind == ExamKind.LABORATORY])
    return [
        Prior(
            ExamId(row.id),
            FacilityCode(row.facility_code),
            RecordId(row.record_id),
            ExamKind(row.kind),
            Coding(row.item_system, row.item_code),
            row.happened_at,
            ExamStatus(row.status),
            Laterality(row.laterality) if row.laterality else None,
            row.report_version,
            row.report_status,
            observed.get(row.id, ()),
        )
        for row in found
    ]


def _observed(session: Session, exam_ids: Sequence[str]) -> dict[str, tuple[Coding, ...]]:
    """Return the codes that the current report of each exam has a value for."""
    codes: defaultdict[str, list[Coding]] = defaultdict(list)
    found = session.execute(
        select(ObservationRow.exam_id, ObservationRow.system, ObservationRow.code)
        .join(
            ExamRow,
            (ExamRow.id == ObservationRow.exam_id)
            & (ExamRow.report_version == ObservationRow.version),
        )
        .where(ObservationRow.exam_id.in_(exam_ids))
        .order_by(ObservationRow.exam_id, ObservationRow.position)
    )
    for exam_id, system, code in found:
        codes[exam_id].append(Coding(system, code))
    return {exam_id: tuple(each) for exam_id, each in codes.items()}
