"""Queries of finding somebody."""

from collections.abc import Collection, Mapping, Sequence
from typing import cast

from sqlalchemy import ColumnElement, Select, Table, delete, or_, select
from sqlalchemy.orm import Session

from medshare.infra.begun import wire_of
from medshare.infra.compiled import Insertion
from medshare.kernel.identifiers import PatientId, RecordId
from medshare.patients import identity_numbers
from medshare.patients.lookup.tables import PatientSpellingRow
from medshare.patients.lookup.words import Words
from medshare.patients.sight import Sight
from medshare.patients.tables import PatientIdentifierRow, PatientLinkRow, PatientRecordRow

_AFTER_ALL = chr(0x10FFFF)


# One that an older release knew may stand already.
_ADD = Insertion(cast("Table", PatientSpellingRow.__table__), skips_known=True)


def add_spellings(session: Session, names: Mapping[RecordId, Mapping[str, bool]]) -> None:
    """Let records be found by spellings, each with whether it was stated so."""
    rows = [
        {"spelling": spelling, "record_id": record_id, "is_form": is_form}
        for record_id, spellings in names.items()
        for spelling, is_form in spellings.items()
    ]
    _ADD.run(wire_of(session), rows)


def drop_spellings(session: Session, record_id: RecordId, spellings: Collection[str]) -> None:
    """Let a record be found by these spellings no more."""
    row = PatientSpellingRow
    session.execute(
        delete(row).where(row.spelling.in_(sorted(spellings)), row.record_id == record_id)
    )


def stated_so(condition: ColumnElement[bool]) -> Select[str]:
    """Select the records of which a stated form of the name fits a condition on spellings."""
    row = PatientSpellingRow
    return select(row.record_id).where(row.is_form, condition)


def begins(text: str) -> ColumnElement[bool]:
    """Say that a spelling begins so, in a way that the index serves."""
    row = PatientSpellingRow
    return (row.spelling >= text) & (row.spelling < text + _AFTER_ALL)


def find(session: Session, words: Words, sight: Sight, *, limit: int) -> Sequence[PatientId]:
    """Return persons of whom a record that may be seen fits, in the order of their ids."""
    rows = session.scalars(
        select(PatientLinkRow.patient_id)
        .distinct()
        .join(PatientRecordRow, PatientRecordRow.id == PatientLinkRow.record_id)
        .where(
            PatientLinkRow.ended_at.is_(None),
            sight(PatientRecordRow.facility_code, PatientLinkRow.patient_id, None),
            _fits(words),
        )
        .order_by(PatientLinkRow.patient_id)
        .limit(limit)
    )
    return [PatientId(each) for each in rows]


def _fits(words: Words) -> ColumnElement[bool]:
    values = {words.number, identity_numbers.normalise(words.number)}
    numbered = select(PatientIdentifierRow.record_id).where(
        PatientIdentifierRow.value.in_(sorted(values))
    )
    ways: list[ColumnElement[bool]] = [PatientRecordRow.id.in_(numbered)]
    if words.name:
        begun = select(PatientSpellingRow.record_id).where(begins(words.name))
        ways.append(PatientRecordRow.id.in_(begun))
    if words.phone:
        ways.append(PatientRecordRow.phone == words.phone)
    return or_(*ways)
