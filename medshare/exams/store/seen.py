"""Queries of the exams that an asker may see, for one or a page: columns, no mapped rows."""

from collections.abc import Collection, Iterator, Sequence
from typing import Any, cast

from sqlalchemy import (
    ColumnElement,
    Select,
    String,
    Table,
    bindparam,
    func,
    literal_column,
    select,
    tuple_,
)
from sqlalchemy.orm import Session

from medshare.exams.model import Exam, ExamFilter
from medshare.exams.store.exams import exam_of
from medshare.exams.store.rows import ExamRow, ExamStudyRow
from medshare.infra.compiled import named
from medshare.infra.statements import Statements, padded
from medshare.kernel.identifiers import ExamId
from medshare.patients.selectables import live_links
from medshare.patients.sight import Sight

EXAMS = cast("Table", ExamRow.__table__)
EQUAL = frozenset(
    {
        "accession_number",
        "facility_code",
        "status",
        "kind",
        "modality",
        "item_system",
        "item_code",
    }
)
STATEMENTS = Statements()
SPACE = cast("str", literal_column("' '"))  # written out: what is bound late cannot be prepared


def find_seen(session: Session, sight: Sight, exam_id: ExamId) -> Exam | None:
    """Return an exam if the asker may see it."""

    def build() -> Select[Any]:
        return _seen(sight).where(ExamRow.id == bindparam("exam"))

    shape, values = ("exam", sight.shape), {"exam": exam_id}
    rows = STATEMENTS.rows(session, shape, build, values, sight.now)
    return _seen_exam(rows[0]) if rows else None


def page_seen(
    session: Session,
    sight: Sight,
    wanted: ExamFilter,
    *,
    after: ExamId | None,
    limit: int,
) -> Sequence[Exam]:
    """Return at most ``limit`` exams that fit and may be seen, newest first, then by id.

    Parameters
    ----------
    after
        Go on behind this exam.
    """
    values = _values_of(wanted)
    if after is not None:
        values["after"] = after

    def build() -> Select[Any]:
        chosen = _seen(sight).where(*_conditions(values))
        in_order = chosen.order_by(ExamRow.happened_at.desc(), ExamRow.id.desc())
        return in_order.limit(bindparam("most"))

    shape = ("exams", sight.shape, *values)
    rows = STATEMENTS.rows(session, shape, build, {**values, "most": limit}, sight.now)
    return [_seen_exam(row) for row in rows]


def _seen(sight: Sight) -> Select[Any]:
    """Select the columns that ``_seen_exam`` reads of all exams that may be seen."""
    # A person looked up for each exam, not joined: SQLite would write out all links of the city.
    live = live_links()
    person = (
        select(live.c.patient_id).where(live.c.record_id == ExamRow.record_id).scalar_subquery()
    )
    studies = (
        select(func.aggregate_strings(ExamStudyRow.study_instance_uid, SPACE))
        .where(ExamStudyRow.exam_id == ExamRow.id)
        .scalar_subquery()
    )
    columns: list[Any] = [*EXAMS.c, person, studies]
    return select(*columns).where(sight(ExamRow.facility_code, person, ExamRow.sensitivity))


def _seen_exam(row: Sequence[Any]) -> Exam:
    *columns, patient_id, studies = row
    return exam_of(named(EXAMS, columns), patient_id, sorted((studies or "").split()))


def _values_of(wanted: ExamFilter) -> dict[str, object]:
    """Return what a filter asks for, by the names of the parameters in ``_conditions``."""
    values: dict[str, object] = {
        "patient": wanted.patient_id,
        "accession_number": wanted.accession_number,
        "facility_code": wanted.facility,
        "status": wanted.status and str(wanted.status),
        "kind": wanted.kind and str(wanted.kind),
        "modality": wanted.modality,
        "item_system": wanted.item.system if wanted.item else None,
        "item_code": wanted.item.code if wanted.item else None,
        "since": wanted.since,
        "until": wanted.until,
    }
    values |= {f"modality_{n}": each for n, each in enumerate(padded(sorted(wanted.modalities)))}
    return {name: value for name, value in values.items() if value is not None}


def _conditions(given: Collection[str]) -> Iterator[ColumnElement[bool]]:
    """Yield the conditions of those parameters that are given, by their names."""
    for name in EQUAL & set(given):
        yield EXAMS.c[name] == bindparam(name)
    modalities = [each for each in given if each.startswith("modality_")]
    if modalities:
        yield ExamRow.modality.in_([bindparam(each, type_=String) for each in modalities])
    if "patient" in given:
        theirs = live_links()
        of_patient = theirs.c.patient_id == bindparam("patient")
        yield ExamRow.record_id.in_(select(theirs.c.record_id).where(of_patient))
    if "since" in given:
        yield ExamRow.happened_at >= bindparam("since")
    if "until" in given:
        yield ExamRow.happened_at <= bindparam("until")
    if "after" in given:
        mark = ExamRow.id == bindparam("after")
        happened_at = select(ExamRow.happened_at).where(mark).scalar_subquery()
        behind = tuple_(happened_at, bindparam("after", type_=String))
        yield tuple_(ExamRow.happened_at, ExamRow.id) < behind
