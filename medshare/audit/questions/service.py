"""The questions asked: the digest brought up to date, then one query each."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Select

from medshare.audit.digest.follower import Digest
from medshare.audit.digest.model import Access
from medshare.audit.export import salts_of
from medshare.audit.questions import store
from medshare.audit.questions.comparison import PARTS, differences, seal_of
from medshare.audit.questions.model import (
    OPENING,
    ActorHour,
    Completeness,
    FacilityDay,
    GlassUse,
    Integrity,
    Period,
    Reader,
    Seal,
    WorkingHours,
    stretches_of,
)
from medshare.audit.sealed_log import SealedLog
from medshare.audit.tree import store as tree
from medshare.audit.tree.merkle import hash_leaf, includes
from medshare.audit.tree.tiles import WIDTH
from medshare.infra.paging import Page, read_cursor, write_cursor
from medshare.kernel.audit import AuditEntry
from medshare.kernel.errors import InvalidError, Issue
from medshare.kernel.identifiers import FacilityCode, PatientId

CHECKED_AT_ONCE = 5_000
GLASS_LASTS = timedelta(minutes=60)
BAD_HOUR = Issue(
    "/cursor",
    "cursor",
    "Send the cursor as an earlier page gave it, or leave it out.",
    "请原样发送上一页返回的游标，或省略该参数。",
)


class Questions:
    """Answers auditors from the digest, the ledgers and the tree.

    Parameters
    ----------
    settle
        Seals what waits and brings the digest up to date; called before every answer.
    """

    def __init__(
        self,
        digest: Digest,
        log: SealedLog,
        settle: Callable[[], None],
        work: WorkingHours,
    ) -> None:
        self._digest = digest
        self._ledgers = digest.ledgers
        self._home = digest.ledgers[-1]
        self._log = log
        self._settle = settle
        self._work = work

    def about_patient(
        self, patients: Collection[PatientId], period: Period, cursor: str | None, limit: int
    ) -> Page[AuditEntry]:
        """Answer who saw or changed a person's data, under every id, newest first."""
        return self._page(store.about_patient(patients, period), cursor, limit)

    def by_actor(
        self,
        actor: str,
        facility: FacilityCode | None,
        period: Period,
        cursor: str | None,
        limit: int,
    ) -> Page[AuditEntry]:
        """Answer what a person or a system did."""
        return self._page(store.by_actor(actor, facility, period), cursor, limit)

    def turned_away(
        self, facility: FacilityCode | None, period: Period, cursor: str | None, limit: int
    ) -> Page[AuditEntry]:
        """Answer who tried what they may not do."""
        return self._page(store.turned_away(facility, period), cursor, limit)

    def across(
        self,
        facility: FacilityCode,
        owner: FacilityCode,
        period: Period,
        cursor: str | None,
        limit: int,
    ) -> Page[AuditEntry]:
        """Answer where one facility met another's data."""
        return self._page(store.across(facility, owner, period), cursor, limit)

    def break_glass(self, period: Period, cursor: str | None, limit: int) -> Page[GlassUse]:
        """Answer every emergency access with its reviews, newest first."""
        keys = read_cursor(cursor, 1)
        self._settle()
        with self._home.read() as session:
            found = store.grants(session, period, keys[0] if keys else None, limit + 1)
            told = store.told_of_grants(session, found[:limit])
        entries = self._digest.entries([entry_id for _grant, entry_id in told])
        uses = [_use(each, told, entries) for each in found[:limit]]
        shown = self._with_reads([each for each in uses if each is not None])
        more = len(found) > limit
        return Page(shown, write_cursor(found[limit - 1]) if more else None)

    def _with_reads(self, uses: Sequence[GlassUse]) -> list[GlassUse]:
        if not uses:
            return []
        patients = {each.patient_id for use in uses for each in use.opening.subjects}
        named = [each for each in patients if each is not None]
        opened = [use.opening.recorded_at for use in uses]
        with self._home.read() as session:
            reads = store.emergency_reads(session, named, min(opened), max(opened) + GLASS_LASTS)
        return [
            GlassUse(use.grant_id, use.opening, use.reviews, _reads_by(use.opening, reads))
            for use in uses
        ]

    def bulk(
        self, period: Period, at_least: int, cursor: str | None, limit: int
    ) -> Page[ActorHour]:
        """Answer in which hours an actor met the data of many persons, oldest first."""
        after = _hour_key(cursor)
        self._settle()
        with self._home.read() as session:
            found = store.busy_hours(session, period, at_least, after, limit + 1)
        if len(found) <= limit:
            return Page(found)
        last = found[limit - 1]
        key = write_cursor(last.hour.isoformat(), last.facility or "", last.actor)
        return Page(found[:limit], key)

    def days(self, period: Period, facility: FacilityCode | None) -> list[FacilityDay]:
        """Answer how much each facility did on each day."""
        self._settle()
        with self._home.read() as session:
            return store.facility_days(session, stretches_of(period, self._work), facility)

    def readers(self, period: Period, facility: FacilityCode | None, limit: int) -> list[Reader]:
        """Answer who read most."""
        self._settle()
        with self._home.read() as session:
            return store.top_readers(session, period, facility, limit)

    def integrity(self, entry_id: str) -> Integrity | None:
        """Answer whether an entry still is what was sealed; ``None`` where there never was one."""
        self._settle()
        kept = self._digest.kept([entry_id]).get(entry_id)
        with self._home.read() as session:
            index = tree.position_of(session, entry_id)
            if index is None:
                waits = Integrity(entry_id, None, included=False, differences=(), forgotten=())
                return waits if kept else None
            row = tree.leaf_rows(session, index // WIDTH)
            place = next(each for each in row if each.position == index)
        proof = self._log.inclusion(entry_id)
        if proof is None:
            return None
        checkpoint = self._log.opened(proof.note)
        leaf = hash_leaf(proof.leaf.encode())
        salts = salts_of(kept, place) if kept else (place.who_salt, place.about_salt)
        return Integrity(
            entry_id,
            index,
            included=includes(leaf, index, checkpoint.size, proof.hashes, checkpoint.root),
            differences=differences(proof.leaf, kept, salts),
            forgotten=[name for name, salt in zip(PARTS, salts, strict=True) if salt is None],
        )

    def completeness(self, begin: int) -> Completeness:
        """Compare leaves from an index on, ``CHECKED_AT_ONCE`` of them, with what stands."""
        self._settle()
        found = self._log.checkpoint()
        size = found[0].size if found else 0
        end = min(begin + CHECKED_AT_ONCE, size)
        with self._home.read() as session:
            leaves = store.leaves_between(session, begin, end)
            leaf_count, dropped = store.leaf_count(session)
        standing: set[str] = set()
        entries = waiting = 0
        for ledger in self._ledgers:
            with ledger.read() as session:
                standing |= store.standing(session, list(leaves.values()))
                here, pending = store.count_of(session)
            entries, waiting = entries + here, waiting + pending
        missing = {index: each for index, each in leaves.items() if each not in standing}
        return Completeness(
            size, begin, end, missing, waiting, entries - waiting - leaf_count, dropped
        )

    def seal(self, begin: int) -> Seal:
        """Compare leaves from about an index on with the tree, and with their entries."""
        self._settle()
        return seal_of(self._log, self._digest, self._home, begin)

    def _page(self, question: Select[str], cursor: str | None, limit: int) -> Page[AuditEntry]:
        keys = read_cursor(cursor, 1)
        self._settle()
        with self._home.read() as session:
            found = store.newest(session, question, keys[0] if keys else None, limit + 1)
        entries = self._digest.entries(found[:limit])
        shown = [entries[each] for each in found[:limit] if each in entries]
        return Page(shown, write_cursor(found[limit - 1]) if len(found) > limit else None)


def _use(
    grant_id: str, told: Sequence[tuple[str, str]], entries: Mapping[str, AuditEntry]
) -> GlassUse | None:
    mine = [entries[entry] for grant, entry in told if grant == grant_id and entry in entries]
    opening = next((each for each in mine if each.operation == OPENING), None)
    if opening is None:
        return None
    return GlassUse(grant_id, opening, [each for each in mine if each is not opening], 0)


def _reads_by(opening: AuditEntry, reads: Sequence[Access]) -> int:
    """Count the entries by which the opener read what was opened, while it was open."""
    acting = opening.principal.acting_user
    actor = acting.id if acting else opening.principal.id
    patients = {each.patient_id for each in opening.subjects}
    until = opening.recorded_at + GLASS_LASTS
    return len(
        {
            each.entry_id
            for each in reads
            if each.actor == actor
            and each.facility == opening.principal.facility
            and each.patient_id in patients
            and opening.recorded_at <= each.recorded_at < until
        }
    )


def _hour_key(cursor: str | None) -> tuple[datetime, str, str] | None:
    keys = read_cursor(cursor, 3)
    if keys is None:
        return None
    try:
        hour = datetime.fromisoformat(keys[0])
    except ValueError:
        raise InvalidError(issues=[BAD_HOUR]) from None
    if hour.tzinfo is None:
        raise InvalidError(issues=[BAD_HOUR])
    return hour, keys[1], keys[2]
