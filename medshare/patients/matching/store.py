"""Queries of matching: candidates by their keys, and what was decided about them."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import cast

from sqlalchemy import (
    String,
    Table,
    bindparam,
    delete,
    false,
    insert,
    literal,
    or_,
    select,
    text,
)
from sqlalchemy.orm import Session, aliased

from medshare.infra import locks
from medshare.infra.begun import wire_of
from medshare.infra.compiled import Fixed, Insertion
from medshare.kernel.identifiers import FacilityCode, PatientId, RecordId
from medshare.patients.links.tables import PatientActRow
from medshare.patients.matching.decide import Candidate, PersonEvidence
from medshare.patients.matching.explain import person_evidence
from medshare.patients.matching.profile import profile_of
from medshare.patients.matching.tables import (
    PatientMatchDecisionRow,
    PatientMatchKeyRow,
    PatientReviewRow,
    PatientSeparationRow,
    unpack,
)
from medshare.patients.model import (
    MEDICAL_RECORD,
    Decision,
    HumanName,
    PatientIdentifier,
    Registration,
    Sex,
)
from medshare.patients.tables import PatientIdentifierRow, PatientLinkRow, PatientRecordRow

Pair = frozenset[PatientId]
PER_KEY_MAX = 200
CANDIDATES_MAX = 400
# A key that an older release made may stand already.
_ADD_KEYS = Insertion(cast("Table", PatientMatchKeyRow.__table__), skips_known=True)
# Of a key that is worn out it returns one row without a record: the database counts as far as it
# matters, and then looks for a key that is null. As a condition on rows SQLite would read them all.
_LOOK_UP = """
SELECT :key{0}, met{0}.record_id FROM (SELECT count(*) AS shared FROM
(SELECT 1 FROM patient_match_keys WHERE key = :key{0} LIMIT {1}) AS some{0}) AS seen{0}
LEFT JOIN patient_match_keys AS met{0}
ON met{0}.key = CASE WHEN seen{0}.shared < {1} THEN :key{0} END WHERE seen{0}.shared > 0
"""
_ADD_DECISION = Insertion(cast("Table", PatientMatchDecisionRow.__table__))
_BUT = bindparam("but", type_=String)
_MET = aliased(PatientLinkRow)
# Built once: as an expression of every call they took longer to build than to run.
_CANDIDATES = (
    select(PatientRecordRow.__table__, PatientLinkRow.patient_id)
    .join(PatientLinkRow, PatientLinkRow.record_id == PatientRecordRow.id)
    .where(
        PatientLinkRow.ended_at.is_(None),
        PatientRecordRow.id != _BUT,
        PatientLinkRow.patient_id.in_(
            select(_MET.patient_id).where(
                _MET.record_id.in_(bindparam("met", expanding=True)),
                _MET.ended_at.is_(None),
                _MET.record_id != _BUT,
            )
        ),
    )
)
_IDENTIFIERS = (
    select(
        PatientIdentifierRow.record_id,
        PatientIdentifierRow.system,
        PatientIdentifierRow.value,
        PatientIdentifierRow.type,
    )
    .where(PatientIdentifierRow.record_id.in_(bindparam("records", expanding=True)))
    .order_by(PatientIdentifierRow.system, PatientIdentifierRow.value)
)


@dataclass(frozen=True, slots=True)
class Met:
    """Which records some keys met, those met most often first, and the keys that tell nothing."""

    record_ids: Sequence[RecordId]
    worn_out: frozenset[int]


def hold_keys(session: Session, keys: Iterable[int]) -> None:
    """Make registrations that could meet wait for each other until the commit."""
    locks.take_turns_on(session, keys)


def meet(session: Session, keys: frozenset[int]) -> Met:
    """Find the records that share keys.

    A key that ``PER_KEY_MAX`` records share tells nobody apart and adds no candidate; whoever is
    meant shares a better one too.
    """
    if not keys:
        return Met((), frozenset())
    session.flush()
    asked = {f"key{number}": key for number, key in enumerate(sorted(keys))}
    found = _meeting(len(asked)).rows(wire_of(session), **asked)
    worn_out = frozenset(key for key, record in found if record is None)
    hits = Counter(record for _, record in found if record is not None)
    best = hits.most_common(CANDIDATES_MAX)
    return Met([RecordId(unpack(record)) for record, _ in best], worn_out)


def shared_numbers(
    session: Session, identifiers: Iterable[PatientIdentifier], record_ids: Sequence[RecordId]
) -> Mapping[RecordId, tuple[str, str]]:
    """Return which of some records have one of these as their hospital's number."""
    row = PatientIdentifierRow
    same = [(row.system == each.system) & (row.value == each.value) for each in identifiers]
    found = session.execute(
        select(row.record_id, row.system, row.value).where(
            row.record_id.in_(record_ids), row.type == MEDICAL_RECORD, or_(false(), *same)
        )
    )
    return {RecordId(record_id): (system, value) for record_id, system, value in found}


@cache
def _meeting(count: int) -> Fixed:
    """Return the statement that looks up so many keys.

    As text: an expression of forty keys takes 20 ms to compile.
    """
    branches = (_LOOK_UP.format(number, PER_KEY_MAX) for number in range(count))
    return Fixed(text("UNION ALL".join(branches)))


def persons_of(session: Session, record_ids: Sequence[RecordId]) -> set[PatientId]:
    """Return the persons to whom some records belong now."""
    if not record_ids:
        return set()
    link = PatientLinkRow
    found = select(link.patient_id).where(link.record_id.in_(record_ids), link.ended_at.is_(None))
    return {PatientId(each) for each in session.scalars(found)}


def candidates(
    session: Session, record_ids: Sequence[RecordId], *, but: RecordId | None = None
) -> list[Candidate]:
    """Return all records of every person of whom one of the records is.

    Parameters
    ----------
    but
        A record that is left out of account.
    """
    if not record_ids:
        return []
    rows = session.execute(_CANDIDATES, {"met": list(record_ids), "but": but or ""}).all()
    identifiers = _identifiers(session, [row.id for row in rows])
    return [
        Candidate(
            RecordId(row.id),
            PatientId(row.patient_id),
            FacilityCode(row.facility_code),
            profile_of(
                Registration(
                    identifiers=tuple(identifiers.get(row.id, ())),
                    name=HumanName(
                        row.name_text, row.name_family, row.name_given, row.name_alphabetic
                    ),
                    sex=Sex(row.sex),
                    birth_date=row.birth_date,
                    phone=row.phone,
                    address=row.address,
                )
            ),
        )
        for row in rows
    ]


def _identifiers(session: Session, record_ids: Sequence[str]) -> dict[str, list[PatientIdentifier]]:
    found: dict[str, list[PatientIdentifier]] = {}
    rows = session.execute(_IDENTIFIERS, {"records": list(record_ids)})
    for record_id, system, value, kind in rows:
        found.setdefault(record_id, []).append(PatientIdentifier(system, value, kind))
    return found


def separated_from(session: Session, record_id: RecordId) -> frozenset[RecordId]:
    """Return the records that a registrar said are never of one person with this one."""
    one, other = PatientSeparationRow.record_id, PatientSeparationRow.other_record_id
    rows = session.execute(
        select(one, other).where(
            PatientSeparationRow.ended_at.is_(None),
            or_(one == literal(record_id), other == literal(record_id)),
        )
    )
    return frozenset(RecordId(each) for row in rows for each in row if each != record_id)


def parted(session: Session, patient_ids: Sequence[PatientId]) -> frozenset[frozenset[PatientId]]:
    """Return which of some persons somebody parted: by a mark, or by undoing what joined them."""
    act, ids = PatientActRow, list(patient_ids)
    undone = select(act.patient_id, act.other_patient_id).where(
        act.kind.in_(["unmerge", "unlink"]),
        act.patient_id.in_(ids),
        act.other_patient_id.in_(ids),
    )
    one, other, mark = aliased(PatientLinkRow), aliased(PatientLinkRow), PatientSeparationRow
    marked = (
        select(one.patient_id, other.patient_id)
        .join(mark, mark.record_id == one.record_id)
        .join(other, other.record_id == mark.other_record_id)
        .where(
            mark.ended_at.is_(None),
            one.ended_at.is_(None),
            other.ended_at.is_(None),
            one.patient_id.in_(ids),
            other.patient_id.in_(ids),
        )
    )
    rows = [*session.execute(undone), *session.execute(marked)]
    return frozenset(frozenset(map(PatientId, row)) for row in rows)


def add_keys(session: Session, keys: Mapping[RecordId, frozenset[int]]) -> None:
    """Let records be met by their keys."""
    rows = [
        {"key": each, "record_id": record_id}
        for record_id, its_own in keys.items()
        for each in sorted(its_own)
    ]
    _ADD_KEYS.run(wire_of(session), rows)


def drop_keys(session: Session, record_id: RecordId, keys: Iterable[int]) -> None:
    """Let a record be met by these keys no more."""
    session.execute(
        delete(PatientMatchKeyRow).where(
            PatientMatchKeyRow.key.in_(list(keys)), PatientMatchKeyRow.record_id == record_id
        )
    )


def add_decision(  # one parameter a column
    session: Session,
    key: str,
    record_id: RecordId,
    decision: Decision,
    evidence: dict[str, object],
    now: datetime,
) -> None:
    """Keep what was decided about a record, and all that was weighed."""
    row = {
        "id": key,
        "record_id": record_id,
        "patient_id": decision.patient_id,
        "made_at": now,
        "outcome": decision.outcome,
        "weights_version": decision.made_by.removeprefix("matching/"),
        "evidence": evidence,
    }
    session.flush()
    _ADD_DECISION.run(wire_of(session), [row])


def has_open_review(session: Session, record_id: RecordId, patient_id: PatientId) -> bool:
    """Tell whether a record already waits to be compared with a person."""
    row = session.scalar(
        select(PatientReviewRow.id).where(
            PatientReviewRow.record_id == record_id,
            PatientReviewRow.patient_id == patient_id,
            PatientReviewRow.state != "decided",
        )
    )
    return row is not None


def reviewed_pairs(session: Session, patient_ids: Sequence[PatientId]) -> dict[Pair, bool]:
    """Return the pairs of persons, one of them among these, that a registrar was asked about.

    Each with whether it still waits.
    """
    review, link, ids = PatientReviewRow, PatientLinkRow, list(patient_ids)
    rows = session.execute(
        select(link.patient_id, review.patient_id, review.state)
        .join(link, link.record_id == review.record_id)
        .where(link.ended_at.is_(None), or_(link.patient_id.in_(ids), review.patient_id.in_(ids)))
    )
    found: dict[Pair, bool] = {}
    for one, other, state in rows:
        pair = frozenset({PatientId(one), PatientId(other)})
        found[pair] = found.get(pair, False) or state != "decided"
    return found


def open_review(  # one parameter a column
    session: Session,
    key: str,
    record_id: RecordId,
    person: PersonEvidence,
    version: str,
    now: datetime,
) -> None:
    """Ask a registrar to compare a record with a person."""
    session.execute(
        insert(PatientReviewRow).values(
            id=key,
            record_id=record_id,
            patient_id=person.patient_id,
            score=person.best.odds,
            grade=person.grade or "conflict",
            evidence=person_evidence(person),
            weights_version=version,
            state="open",
            opened_at=now,
        )
    )
