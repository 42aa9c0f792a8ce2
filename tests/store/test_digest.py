"""The digest's followers: every sealed entry counts once, however many run and are killed."""

from collections.abc import Collection, Iterator, Mapping
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import OperationalError, ProgrammingError

from medshare.audit.anomalies import service as anomalies
from medshare.audit.anomalies.model import Rule
from medshare.audit.anomalies.service import Detector, load_limits
from medshare.audit.anomalies.store import AnomalyRow
from medshare.audit.digest import follower
from medshare.audit.digest.follower import Digest
from medshare.audit.digest.store import (
    AccessRow,
    ActorHourRow,
    FacilityHourRow,
    TouchedRow,
    accesses_from,
    followed_to,
)
from medshare.infra.uow import UnitOfWork
from medshare.kernel.audit import AuditEntry, AuditObject, AuditPhase, Subject
from medshare.kernel.identifiers import FacilityCode, PatientId, RecordId
from medshare.kernel.ports import Clock, RecordOwner
from medshare.settings import Settings
from tests.entries import an_entry
from tests.site import StandingClock
from tests.store.test_sequencer import Log

ELSEWHERE = RecordOwner(FacilityCode("SZ-B"), "Wang")


class Owners:
    """Says that every record is another facility's, or does what it is told to before."""

    def __init__(self) -> None:
        self.before: Any = lambda: None

    def owners(self, record_ids: Collection[RecordId]) -> Mapping[RecordId, RecordOwner]:
        self.before()
        return dict.fromkeys(record_ids, ELSEWHERE)


class Followed(Log):
    """A sealed log, its digest and the detector behind it."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.owners = Owners()
        self.digest = Digest(self.databases, self.vault, self.owners)
        self.limits = load_limits(None, settings.time_zone)
        self.detector = self.new_detector()

    def new_detector(self, clock: Clock | None = None) -> Detector:
        return Detector(
            self.databases[0], self.databases[-1], clock or self.ledgers.clock, self.limits
        )

    def sealed(self, count: int, **changes: Any) -> list[AuditEntry]:
        """Write and seal entries about as many persons."""
        study = (AuditObject("study", "2.999.1"),)
        entries = [
            an_entry(**({"subjects": _person(number), "objects": study} | changes))
            for number in range(count)
        ]
        self.ledgers.trail._write(entries[1:])
        self.ledgers.change(entries[0])
        self.seal()
        return entries

    def assert_counted(self, entries: Collection[AuditEntry]) -> None:
        """Each entry stands once in each part of the digest."""
        count = len(entries)
        with self.databases[-1].read() as session:
            rows = session.scalars(select(AccessRow.entry_id).order_by(AccessRow.entry_id)).all()
            assert rows == sorted(each.id for each in entries)
            assert session.scalar(select(func.count()).select_from(TouchedRow)) == count
            for table in (ActorHourRow, FacilityHourRow):
                assert session.scalar(select(func.sum(table.reads))) == count
                assert session.scalar(select(func.sum(table.foreign))) == count
            assert followed_to(session, follower.NAME) == count


def _person(number: int) -> tuple[Subject, ...]:
    return (Subject(PatientId(f"p-{number}"), RecordId(f"r-{number}")),)


@pytest.fixture
def log(settings: Settings) -> Iterator[Followed]:
    opened = Followed(settings)
    yield opened
    opened.ledgers.close()


def test_sealed_entries_of_both_ledgers_count_once(log: Followed) -> None:
    entries = log.sealed(follower.BATCH + 7)
    log.digest.catch_up()
    log.digest.catch_up()
    log.assert_counted(entries)
    entries += log.sealed(3)
    log.digest.catch_up()
    log.assert_counted(entries)
    with log.databases[-1].read() as session:
        (hour,) = session.scalars(select(ActorHourRow))
    assert (hour.actor, hour.facility, hour.patients) == ("d-007", "SZ-A", follower.BATCH + 7)


def test_what_is_not_sealed_is_not_taken(log: Followed) -> None:
    log.write(3)
    log.digest.catch_up()
    with log.databases[-1].read() as session:
        assert accesses_from(session, 0, 10) == []
        assert followed_to(session, follower.NAME) == 0


def test_of_two_followers_that_take_the_same_entries_one_writes(log: Followed) -> None:
    entries = log.sealed(5)
    other = Digest(log.databases, log.vault, Owners())
    log.owners.before = other.catch_up
    log.digest.catch_up()
    log.assert_counted(entries)


def test_a_follower_that_is_killed_while_it_writes_has_taken_nothing(log: Followed) -> None:
    entries = log.sealed(5)
    home = log.databases[-1]
    with home.write() as session:
        session.execute(text("alter table audit_facility_hours rename to elsewhere"))
    with pytest.raises((OperationalError, ProgrammingError)):
        log.digest.catch_up()
    with home.write() as session:
        session.execute(text("alter table elsewhere rename to audit_facility_hours"))
    with home.read() as session:
        assert accesses_from(session, 0, 10) == []
    log.digest.catch_up()
    log.assert_counted(entries)


def test_an_entry_that_was_taken_away_is_passed_over(log: Followed) -> None:
    entries = log.sealed(4)
    gone = entries.pop()
    for ledger in log.databases:
        with ledger.write() as session:
            session.execute(
                text("delete from audit_subjects where entry_id = :id"), {"id": gone.id}
            )
            session.execute(text("delete from audit_entries where id = :id"), {"id": gone.id})
    log.digest.catch_up()
    with log.databases[-1].read() as session:
        found = [each.entry_id for each in accesses_from(session, 0, 10)]
        assert followed_to(session, follower.NAME) == 4
    assert sorted(found) == sorted(each.id for each in entries)


def test_the_closing_of_a_run_is_kept_and_not_counted_again(log: Followed) -> None:
    log.sealed(2, subjects=_person(1), phase=AuditPhase.CLOSING)
    log.digest.catch_up()
    with log.databases[-1].read() as session:
        assert len(accesses_from(session, 0, 10)) == 2
        assert session.scalar(select(func.count()).select_from(ActorHourRow)) == 0


def found_by(log: Followed) -> list[tuple[Rule, str]]:
    with log.databases[0].read() as session:
        page = anomalies.page(
            UnitOfWork(session, log.ledgers.clock),
            rule=None,
            acknowledged=False,
            cursor=None,
            limit=200,
        )
    return sorted((each.rule, str(each.patient_id)) for each in page.items)


def test_the_detector_follows_in_the_order_of_the_tree_and_finds_each_thing_once(
    log: Followed,
) -> None:
    log.sealed(anomalies.BATCH + 3)
    log.digest.catch_up()
    for _ in range(2):
        log.detector.catch_up()
        with log.databases[0].read() as session:
            kept = session.scalars(select(AnomalyRow.rule)).all()
        assert kept.count(Rule.NO_CARE_RELATIONSHIP) == anomalies.BATCH + 3
        assert kept.count(Rule.PATIENTS_AN_HOUR) == 1


class Overtaken(StandingClock):
    """A clock that lets somebody else go first when a key is asked for."""

    def __init__(self, other: Detector) -> None:
        super().__init__()
        self._other = other

    def new_key(self) -> str:
        self._other.catch_up()
        return super().new_key()


def test_of_two_detectors_that_judge_the_same_entries_one_writes(log: Followed) -> None:
    log.sealed(2)
    log.digest.catch_up()
    log.new_detector(Overtaken(log.detector)).catch_up()
    assert found_by(log) == [(Rule.NO_CARE_RELATIONSHIP, f"p-{number}") for number in range(2)]
    with log.databases[0].read() as session:
        assert followed_to(session, anomalies.NAME) == 2


def test_a_registration_in_an_earlier_batch_is_remembered(log: Followed) -> None:
    at = log.ledgers.clock.now()
    log.sealed(
        1, subjects=_person(1), operation="patients.register", action="create", recorded_at=at
    )
    log.digest.catch_up()
    log.detector.catch_up()
    log.sealed(1, subjects=_person(1), recorded_at=at + timedelta(minutes=5))
    log.digest.catch_up()
    log.detector.catch_up()
    assert (Rule.REGISTERED_THEN_READ, "p-1") in found_by(log)
