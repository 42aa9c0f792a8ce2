"""Rows and queries of the trail.

The trail stands in one or two ledgers of the same shape: the index database takes the entries of
changes in their own transactions; on SQLite all others go to a file of their own, so that they
neither wait for the index's writer nor empty its readers' page caches.
"""

from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import orjson
from sqlalchemy import (
    ColumnElement,
    Connection,
    ForeignKey,
    Index,
    LargeBinary,
    Select,
    String,
    Table,
    Text,
    and_,
    delete,
    exists,
    false,
    literal_column,
    or_,
    select,
    text,
    true,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from medshare.audit.leaf import new_salt
from medshare.audit.model import EventQuery, Kept, LookUpQuery
from medshare.audit.tree.store import await_sealing
from medshare.audit.vault.model import Sealed, Words
from medshare.audit.vault.service import Vault
from medshare.infra.compiled import Insertion, Wire
from medshare.infra.db import Instant, Row
from medshare.kernel.audit import (
    AuditAction,
    AuditEntry,
    AuditObject,
    AuditOutcome,
    AuditPhase,
    Subject,
)
from medshare.kernel.identifiers import FacilityCode, PatientId, RecordId, new_key
from medshare.kernel.permission import Permission
from medshare.kernel.principal import ActingUser, Principal, PrincipalKind, PurposeOfUse


class AuditEntryRow(Row):
    """One entry.

    ``query`` holds what was asked only in entries older than the vault; the others' stands in
    ``sealed_query``, under the key ``key_id``.
    """

    __tablename__ = "audit_entries"
    __table_args__ = (
        Index("ix_audit_entries_principal_id_id", "principal_id", "id"),
        Index("ix_audit_entries_acting_user_id", "acting_user", "id"),
        Index("ix_audit_entries_facility_id", "facility", "id"),
        Index("ix_audit_entries_recorded_at", "recorded_at"),
        Index("ix_audit_entries_source_address_id", "source_address", "id"),
        Index(
            "ix_audit_entries_outcome_id",
            "outcome",
            "id",
            sqlite_where=text("outcome <> 'success'"),
            postgresql_where=text("outcome <> 'success'"),
        ),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    operation: Mapped[str] = mapped_column(String(64))
    action: Mapped[str] = mapped_column(String(16))
    outcome: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(String(100))
    basis: Mapped[str] = mapped_column(String(100))
    phase: Mapped[str] = mapped_column(String(16))
    principal_kind: Mapped[str] = mapped_column(String(16))
    principal_id: Mapped[str] = mapped_column(String(64))
    facility: Mapped[str | None] = mapped_column(String(64))
    acting_user: Mapped[str] = mapped_column(String(200))
    acting_name: Mapped[str] = mapped_column(String(200))
    department: Mapped[str] = mapped_column(String(200))
    purpose: Mapped[str] = mapped_column(String(16))
    request_id: Mapped[str] = mapped_column(String(64), index=True)
    source_address: Mapped[str] = mapped_column(String(64))
    query: Mapped[str] = mapped_column(Text)
    key_id: Mapped[str | None] = mapped_column(String(36))
    sealed_query: Mapped[bytes | None] = mapped_column(LargeBinary)
    objects: Mapped[bytes]
    counts: Mapped[bytes]
    subjects: Mapped[list["AuditSubjectRow"]] = relationship(
        lazy="selectin", viewonly=True, order_by="AuditSubjectRow.position"
    )


class AuditSubjectRow(Row):
    """A person named by an entry: record, and patient at that time."""

    __tablename__ = "audit_subjects"
    __table_args__ = (Index("ix_audit_subjects_patient_id_entry_id", "patient_id", "entry_id"),)

    entry_id: Mapped[str] = mapped_column(ForeignKey("audit_entries.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    patient_id: Mapped[str | None] = mapped_column(String(36))
    record_id: Mapped[str | None] = mapped_column(String(36))


# Between the making of an entry's key and the instant that it says.
SLACK = timedelta(seconds=2)
FIRST, LAST = datetime(1971, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)
ENTRIES = cast("Table", AuditEntryRow.__table__)
SUBJECTS = cast("Table", AuditSubjectRow.__table__)
_ADD_ENTRY, _ADD_SUBJECT = Insertion(ENTRIES), Insertion(SUBJECTS)


def append(connection: Wire, vault: Vault, entries: Sequence[AuditEntry]) -> None:
    """Insert entries with their subjects, their words concealed, to be sealed."""
    sealed = vault.conceal(connection, entries, [new_salt() for _each in entries])
    _ADD_ENTRY.run(connection, [_values(each, sealed.get(each.id)) for each in entries])
    subjects = [
        {
            "entry_id": entry.id,
            "position": position,
            "patient_id": subject.patient_id,
            "record_id": subject.record_id,
        }
        for entry in entries
        for position, subject in enumerate(entry.subjects)
    ]
    _ADD_SUBJECT.run(connection, subjects)
    await_sealing(connection, [entry.id for entry in entries])


def drop(session: Session, entry_ids: Sequence[str]) -> None:
    """Delete entries with their subjects."""
    session.execute(delete(AuditSubjectRow).where(AuditSubjectRow.entry_id.in_(entry_ids)))
    session.execute(delete(AuditEntryRow).where(AuditEntryRow.id.in_(entry_ids)))


def in_clear(session: Session, after: str, limit: int) -> list[AuditEntry]:
    """Return entries behind a key whose words are not in the vault, as those older than it."""
    row = AuditEntryRow
    clear = select(row).where(row.id > after, row.query != "").order_by(row.id).limit(limit)
    return [_entry(each, each.query) for each in session.scalars(clear)]


def conceal(
    connection: Connection, vault: Vault, entries: Sequence[AuditEntry], salts: Sequence[bytes]
) -> None:
    """Move the words of such entries into the vault, each with the salt of its leaf."""
    for entry_id, sealed in vault.conceal(connection, entries, salts).items():
        moved = {"query": "", "key_id": sealed.key_id, "sealed_query": sealed.text}
        connection.execute(update(ENTRIES).where(ENTRIES.c.id == entry_id).values(moved))


def concealed(session: Session, after: str, limit: int) -> list[str]:
    """Return the ids of entries whose words are in the vault, behind the key ``after``."""
    row = AuditEntryRow
    statement = select(row.id).where(row.id > after, row.key_id.is_not(None))
    return list(session.scalars(statement.order_by(row.id).limit(limit)))


def among(
    session: Session, vault: Vault, query: EventQuery, entry_ids: Sequence[str]
) -> list[Kept]:
    """Return those of the entries with these ids that a question asks for."""
    statement = _restricted(query).where(or_(*(and_(*each) for each in _named(query))))
    statement = statement.where(AuditEntryRow.id.in_(entry_ids)).limit(len(entry_ids))
    return kept_of(session, vault, statement)


def newest_first(
    session: Session, vault: Vault, query: EventQuery, *, before: str | None, limit: int
) -> list[Kept]:
    """Return at most ``limit`` entries older than the key ``before``, newest first.

    Principals and acting users are asked for apart: each has its index, and both together none.
    """
    row = AuditEntryRow
    found: dict[str, Kept] = {}
    for ways in _named(query):
        statement = _restricted(query).where(*ways).order_by(row.id.desc()).limit(limit)
        if before is not None:
            statement = statement.where(row.id < before)
        found |= {each.entry.id: each for each in kept_of(session, vault, statement)}
    return [found[each] for each in sorted(found, reverse=True)[:limit]]


def oldest_first(
    session: Session, vault: Vault, query: EventQuery, *, after: str, limit: int
) -> list[Kept]:
    """Return at most ``limit`` entries newer than the key ``after``, oldest first."""
    statement = _restricted(query).where(or_(*(and_(*each) for each in _named(query))))
    statement = statement.where(AuditEntryRow.id > after)
    return kept_of(session, vault, statement.order_by(AuditEntryRow.id).limit(limit))


def times_of_look_ups(session: Session, query: LookUpQuery) -> list[datetime]:
    """Return when somebody looked persons up, newest first: what was done, not what was refused."""
    row = AuditEntryRow
    statement = select(row.recorded_at).where(
        row.principal_id == query.principal_id,
        row.id > new_key(query.since, bytes(10)),
        row.outcome.in_([str(AuditOutcome.SUCCESS), str(AuditOutcome.MISSING)]),
    )
    if query.operation:
        statement = statement.where(row.operation == query.operation)
    else:
        by_permission = f"permission {Permission.PATIENT_SEARCH}"
        statement = statement.where(row.basis.startswith(by_permission))
    if query.acting_user:
        statement = statement.where(row.acting_user == query.acting_user)
    if query.missed:
        statement = statement.where(~exists().where(AuditSubjectRow.entry_id == row.id))
    return list(session.scalars(statement.order_by(row.id.desc()).limit(query.limit)))


def _restricted(query: EventQuery) -> Select[AuditEntryRow]:
    row = AuditEntryRow
    statement = select(row)
    if query.patients:
        named = select(AuditSubjectRow.entry_id).where(
            AuditSubjectRow.patient_id.in_(sorted(query.patients))
        )
        statement = statement.where(row.id.in_(named))
    if query.outcome is not None:
        statement = statement.where(came_out([str(query.outcome)]))
    equal = {
        row.facility: query.facility,
        row.operation: query.operation,
        row.purpose: query.purpose,
        row.action: query.action,
    }
    for column, value in equal.items():
        if value is not None:
            statement = statement.where(column == str(value))
    if query.since is not None:
        statement = statement.where(row.recorded_at >= query.since, row.id >= key_at(query.since))
    if query.until is not None:
        until = key_at(min(query.until, LAST) + 2 * SLACK)
        statement = statement.where(row.recorded_at < query.until, row.id < until)
    return statement


def came_out(outcomes: Collection[str]) -> ColumnElement[bool]:
    """Return the condition on outcomes: of one failure ``ix_audit_entries_outcome_id``."""
    if len(outcomes) > 1 or AuditOutcome.SUCCESS in outcomes:
        return AuditEntryRow.outcome.in_(sorted(outcomes))
    # Written out, not bound: databases use an index of some rows where they read its condition.
    failed = AuditEntryRow.outcome != literal_column("'success'")
    return or_(false(), *(and_(AuditEntryRow.outcome == each, failed) for each in outcomes))


def key_at(instant: datetime) -> str:
    """Return a key before those of all entries recorded from an instant on.

    Keys sort by time, but for the ``SLACK`` between the making of a key and of an entry.
    """
    return new_key(min(max(instant, FIRST), LAST) - SLACK, bytes(10))


def _named(query: EventQuery) -> Sequence[Sequence[ColumnElement[bool]]]:
    """Return in which ways an entry can be of who is asked for."""
    if query.who is None:
        return [[true()]]
    row = AuditEntryRow
    return [[row.principal_id == query.who], [row.acting_user == query.who]]


def _values(entry: AuditEntry, sealed: Sealed | None) -> dict[str, object]:
    principal = entry.principal
    acting = principal.acting_user or ActingUser("")
    return {
        "id": entry.id,
        "recorded_at": entry.recorded_at,
        "operation": entry.operation,
        "action": str(entry.action),
        "outcome": str(entry.outcome),
        "reason": entry.reason,
        "basis": entry.basis,
        "phase": str(entry.phase),
        "principal_kind": str(principal.kind),
        "principal_id": principal.id,
        "facility": principal.facility,
        "acting_user": acting.id,
        "acting_name": acting.name,
        "department": acting.department,
        "purpose": str(principal.purpose or ""),
        "request_id": entry.request_id,
        "source_address": entry.source_address,
        "query": "",
        "key_id": sealed.key_id if sealed else None,
        "sealed_query": sealed.text if sealed else None,
        "objects": orjson.dumps([asdict(each) for each in entry.objects]),
        "counts": orjson.dumps(entry.counts),
    }


def entries_of(
    session: Session, vault: Vault, statement: Select[AuditEntryRow]
) -> list[AuditEntry]:
    """Return the entries that a statement selects, with their words."""
    return [each.entry for each in kept_of(session, vault, statement)]


def kept_of(session: Session, vault: Vault, statement: Select[AuditEntryRow]) -> list[Kept]:
    """Return entries with their words; of those whose key is gone it is told that they had some."""
    return with_words(session, vault, session.scalars(statement).all())


def with_words(session: Session, vault: Vault, rows: Sequence[Any]) -> list[Kept]:
    """Return rows, mapped ones or named ones with their subjects, as entries with their words."""
    sealed = {
        row.id: Sealed(row.key_id, row.sealed_query)
        for row in rows
        if row.key_id is not None and row.sealed_query is not None
    }
    words = vault.reveal(session.connection(), sealed)
    return [_opened(row, words.get(row.id)) for row in rows]


def _opened(row: Any, words: Words | None) -> Kept:  # noqa: ANN401  # a mapped row, or a named one
    if words is not None:
        return Kept(_entry(row, words.query), words.salt)
    return Kept(_entry(row, row.query, erased=row.key_id is not None))


def _entry(row: Any, query: str, *, erased: bool = False) -> AuditEntry:  # noqa: ANN401  # a mapped row, or a named one
    return AuditEntry(
        id=row.id,
        recorded_at=row.recorded_at,
        operation=row.operation,
        action=AuditAction(row.action),
        outcome=AuditOutcome(row.outcome),
        principal=_principal(row),
        request_id=row.request_id,
        reason=row.reason,
        basis=row.basis,
        source_address=row.source_address,
        query=query,
        phase=AuditPhase(row.phase),
        subjects=tuple(_subject(each) for each in row.subjects),
        objects=tuple(AuditObject(**each) for each in orjson.loads(row.objects)),
        counts=orjson.loads(row.counts),
        erased=erased,
    )


def _principal(row: Any) -> Principal:  # noqa: ANN401  # a mapped row, or a named one
    acting = ActingUser(row.acting_user, row.acting_name, row.department)
    return Principal(
        kind=PrincipalKind(row.principal_kind),
        id=row.principal_id,
        facility=FacilityCode(row.facility) if row.facility else None,
        acting_user=acting if row.acting_user else None,
        purpose=PurposeOfUse(row.purpose) if row.purpose else None,
    )


def _subject(row: Any) -> Subject:  # noqa: ANN401  # a mapped row, or a named one
    return Subject(
        PatientId(row.patient_id) if row.patient_id else None,
        RecordId(row.record_id) if row.record_id else None,
    )
