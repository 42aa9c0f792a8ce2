"""Queries of finding somebody."""

from collections.abc import Collection, Sequence

from sqlalchemy import ColumnElement, delete, exists, insert, or_, select
from sqlalchemy.orm import Session

from medshare.kernel.identifiers import PatientId, RecordId
from medshare.patients import identity_numbers
from medshare.patients.lookup.tables import PatientSpellingRow
from medshare.patients.lookup.words import Words
from medshare.patients.sight import Sight
from medshare.patients.tables import PatientIdentifierRow, PatientLinkRow, PatientRecordRow

_AFTER_ALL = chr(0x10FFFF)


def replace_spellings(session: Session, record_id: RecordId, spellings: Collection[str]) -> None:
    """Let a record be found by these spellings, and by no others."""
    session.execute(delete(PatientSpellingRow).where(PatientSpellingRow.record_id == record_id))
    rows = [{"record_id": record_id, "spelling": each} for each in sorted(spellings)]
    if rows:
        session.execute(insert(PatientSpellingRow), rows)


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
    ways: list[ColumnElement[bool]] = [
        exists().where(
            PatientIdentifierRow.record_id == PatientRecordRow.id,
            PatientIdentifierRow.value.in_(sorted(values)),
        )
    ]
    if words.name:
        begun = select(PatientSpellingRow.record_id).where(
            PatientSpellingRow.spelling >= words.name,
            PatientSpellingRow.spelling < words.name + _AFTER_ALL,
        )
        ways.append(PatientRecordRow.id.in_(begun))
    if words.phone:
        ways.append(PatientRecordRow.phone == words.phone)
    return or_(*ways)
