"""A search as conditions on the entries; the index that serves each is named with it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, false, func, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute, Session

from medshare.audit.digest.store import TouchedRow
from medshare.audit.search.model import (
    About,
    Alternative,
    By,
    CameFrom,
    Criterion,
    Did,
    Has,
    Is,
    Names,
    Recorded,
    Search,
)
from medshare.audit.store import (
    FIRST,
    LAST,
    SLACK,
    AuditEntryRow,
    AuditSubjectRow,
    came_out,
    entries_of,
    key_at,
)
from medshare.audit.vault.service import Vault
from medshare.kernel.audit import AuditEntry, AuditOutcome
from medshare.kernel.principal import PrincipalKind

ADDRESSES_MAX = 2_000
APART_MAX = 20


def newest(
    session: Session, vault: Vault, search: Search, before: str | None, limit: int
) -> list[AuditEntry]:
    """Return at most ``limit`` entries that fit, newest first.

    The key serves it, or the index of an agent, an address or an outcome.
    """
    row = AuditEntryRow
    found: dict[str, AuditEntry] = {}
    for each in _apart(session, search):
        statement = select(row).where(*_conditions(each)).order_by(row.id.desc()).limit(limit)
        if before is not None:
            statement = statement.where(row.id < before)
        found |= {entry.id: entry for entry in entries_of(session, vault, statement)}
    return [found[key] for key in sorted(found, reverse=True)[:limit]]


def _apart(session: Session, search: Search) -> Iterator[Search]:
    """Yield searches that each read a range of one index: all that fit, fit one of them.

    The first criterion that can be is taken apart: by agents, addresses or failures.
    """
    for at, criterion in enumerate(search):
        parts = _parts(session, criterion)
        if parts is not None:
            yield from ((*search[:at], (part,), *search[at + 1 :]) for part in parts)
            return
    yield search


def _parts(session: Session, criterion: Criterion) -> Sequence[Alternative] | None:
    """Return what to ask for apart, ``None`` where no index serves it."""
    if criterion and all(isinstance(each, By) for each in criterion):
        return criterion
    if criterion and all(isinstance(each, CameFrom) for each in criterion):
        return _addresses_like(session, [each for each in criterion if isinstance(each, CameFrom)])
    named = [each for each in criterion if isinstance(each, Has) and each.field == "outcome"]
    outcomes = {value for each in named for value in each.values}
    if outcomes and len(named) == len(criterion) and AuditOutcome.SUCCESS not in outcomes:
        return [Has("outcome", frozenset({each})) for each in sorted(outcomes)]
    return None


def _addresses_like(session: Session, wanted: Sequence[CameFrom]) -> Sequence[Has] | None:
    """Return the addresses that begin as one of these, ``None`` where they are too many."""
    known = _addresses(session)
    beginnings = tuple(each.address.lower() for each in wanted)
    alike = [each for each in known if each.lower().startswith(beginnings)]
    if len(known) > ADDRESSES_MAX or len(alike) > APART_MAX:
        return None
    return [Has("source_address", frozenset({each})) for each in alike]


def _addresses(session: Session) -> Sequence[str]:
    """Return from where callers came: from one to the next ``ix_audit_entries_source_address_id``.

    One more than ``ADDRESSES_MAX`` at most.
    """
    row = AuditEntryRow
    lowest = func.min(row.source_address)
    found = select(lowest.label("address")).cte("addresses", recursive=True)
    following = select(lowest).where(row.source_address > found.c.address).scalar_subquery()
    found = found.union_all(select(following).where(found.c.address.is_not(None)))
    statement = select(found.c.address).where(found.c.address.is_not(None))
    return session.scalars(statement.limit(ADDRESSES_MAX + 1)).all()


def among(
    session: Session, vault: Vault, search: Search, entry_ids: Sequence[str]
) -> list[AuditEntry]:
    """Return those of these entries that fit: the key."""
    row = AuditEntryRow
    statement = select(row).where(row.id.in_(entry_ids), *_conditions(search))
    return entries_of(session, vault, statement)


def naming(session: Session, things: Sequence[Names], before: str | None, limit: int) -> list[str]:
    """Return the newest entries that name one of these: ``ix_audit_touched_object``."""
    row = TouchedRow
    found: set[str] = set()
    for each in things:
        statement = select(row.entry_id).where(row.kind == each.kind, row.object_id == each.id)
        if before is not None:
            statement = statement.where(row.entry_id < before)
        found |= set(session.scalars(statement.order_by(row.entry_id.desc()).limit(limit)))
    return sorted(found, reverse=True)[:limit]


def _conditions(search: Search) -> Iterator[ColumnElement[bool]]:
    for criterion in search:
        yield or_(false(), *(_condition(each) for each in criterion))
        yield from _keys(criterion)


def _keys(criterion: Criterion) -> Iterator[ColumnElement[bool]]:
    """Yield the range of keys in which a criterion of times lies: keys sort by time."""
    spans = [each for each in criterion if isinstance(each, Recorded)]
    if not spans or len(spans) < len(criterion):
        return
    yield AuditEntryRow.id >= key_at(min(each.since or FIRST for each in spans))
    until = max(each.until or LAST for each in spans)
    yield AuditEntryRow.id < key_at(min(until, LAST) + 2 * SLACK)


def _condition(alternative: Alternative) -> ColumnElement[bool]:
    return _CONDITIONS[type(alternative)](alternative)


def _recorded(period: Recorded) -> ColumnElement[bool]:
    row = AuditEntryRow
    begun = true() if period.since is None else row.recorded_at >= period.since
    return and_(begun, true() if period.until is None else row.recorded_at < period.until)


def _about(persons: About) -> ColumnElement[bool]:
    """Return the condition on patients: ``ix_audit_subjects_patient_id_entry_id``."""
    named = AuditSubjectRow.patient_id.in_(sorted(persons.patients))
    return AuditEntryRow.id.in_(select(AuditSubjectRow.entry_id).where(named))


def _by(agent: By) -> ColumnElement[bool]:
    """Return the condition on agents: the indexes by principal or by acting user."""
    row = AuditEntryRow
    named = (row.acting_user if agent.person else row.principal_id) == agent.id
    kind = true() if agent.kind is None else row.principal_kind == str(agent.kind)
    facility = true() if agent.facility is None else row.facility == agent.facility
    return and_(named, kind, facility)


def _did(done: Did) -> ColumnElement[bool]:
    row = AuditEntryRow
    by_rest = row.principal_kind != str(PrincipalKind.SYSTEM)
    pairs = (
        and_(row.action == str(action), by_rest if rest else ~by_rest)
        for action, rest in sorted(done.actions)
    )
    return or_(false(), *pairs)


def _has(has: Has) -> ColumnElement[bool]:
    if has.field == "outcome":
        return came_out(has.values)
    column: InstrumentedAttribute[str] = getattr(AuditEntryRow, has.field)
    # Not ``in`` where it is one: SQLite would rather read the key from its end.
    return or_(false(), *(column == each for each in sorted(has.values)))


_CONDITIONS: Mapping[type[Alternative], Callable[[Any], ColumnElement[bool]]] = {
    Recorded: _recorded,
    About: _about,
    By: _by,
    Names: lambda _: true(),  # stands in the digest
    Has: _has,
    Did: _did,
    CameFrom: lambda came: AuditEntryRow.source_address.istartswith(came.address, autoescape=True),
    Is: lambda event: AuditEntryRow.id == event.entry_id,
}
