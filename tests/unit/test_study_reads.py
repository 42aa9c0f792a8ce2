from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from medshare.audit.study_reads import IDLE, LONGEST, StudyReads
from medshare.kernel.audit import AuditEntry, AuditObject, AuditPhase
from medshare.kernel.errors import TrailUnavailableError
from medshare.kernel.principal import ActingUser, PurposeOfUse
from tests.entries import CLIENT, an_entry
from tests.site import StandingClock


@dataclass
class Reader:
    """Runs of reads over a ledger in memory that can be away."""

    clock: StandingClock = field(default_factory=StandingClock)
    written: list[AuditEntry] = field(default_factory=list)
    away: bool = False

    def __post_init__(self) -> None:
        self.reads = StudyReads(self.clock, self._append)

    def _append(self, entry: AuditEntry) -> None:
        if self.away:
            raise TrailUnavailableError
        self.written.append(entry)

    def read(self, study: str = "1.2.3", instances: int = 1, **changes: object) -> None:
        objects = (AuditObject("study", study),) if study else ()
        entry = an_entry(
            recorded_at=self.clock.now(),
            objects=objects,
            counts={"instances": instances},
            phase=AuditPhase.OPENING,
        )
        self.reads.note(replace(entry, **changes))

    @property
    def told(self) -> list[tuple[str, dict[str, int]]]:
        return [(str(each.phase), each.counts) for each in self.written]


def test_the_first_read_is_durable_and_those_after_it_are_only_counted() -> None:
    reader = Reader()
    for _ in range(5):
        reader.read(instances=2)
    assert reader.told == [("opening", {"instances": 2})]
    reader.reads.close_all()
    assert reader.told[1:] == [("closing", {"instances": 10})]


def test_a_read_whose_opening_cannot_be_written_fails_and_opens_nothing() -> None:
    reader = Reader(away=True)
    with pytest.raises(TrailUnavailableError):
        reader.read()
    reader.away = False
    reader.read()
    assert reader.told == [("opening", {"instances": 1})]


@pytest.mark.parametrize(
    "other",
    [
        {"objects": (AuditObject("study", "9.9"),)},
        {"principal": replace(CLIENT, id="his-SZ-B")},
        {"principal": replace(CLIENT, acting_user=ActingUser("d-008"))},
        {"principal": replace(CLIENT, acting_user=None)},
        {"principal": replace(CLIENT, purpose=PurposeOfUse.BTG)},
    ],
)
def test_another_study_actor_or_purpose_is_another_run(other: dict[str, object]) -> None:
    reader = Reader()
    reader.read()
    reader.read(**other)
    assert [phase for phase, _ in reader.told] == ["opening", "opening"]


def test_reads_that_name_no_study_stand_alone() -> None:
    reader = Reader()
    reader.read(study="")
    reader.read(study="")
    reader.reads.close_all()
    assert [phase for phase, _ in reader.told] == ["single", "single"]


def test_an_idle_run_is_closed_and_a_busy_one_goes_on() -> None:
    reader = Reader()
    reader.read("1.1")
    reader.clock.advance(seconds=30)
    reader.read("2.2")
    reader.clock.advance(seconds=IDLE.total_seconds() - 30)
    reader.reads.close_idle()
    closed = [each.objects[0].id for each in reader.written if each.phase is AuditPhase.CLOSING]
    assert closed == ["1.1"]


def test_a_run_that_never_rests_is_closed_when_it_has_lasted_long_enough() -> None:
    reader = Reader()
    reader.read(instances=1)
    reader.clock.advance(seconds=(LONGEST - timedelta(seconds=1)).total_seconds())
    reader.read(instances=2)
    reader.clock.advance(seconds=1)
    reader.read(instances=4)
    reader.reads.close_idle()
    assert reader.told == [
        ("opening", {"instances": 1}),
        ("opening", {"instances": 4}),
        ("closing", {"instances": 3}),
    ]


def test_closing_entries_that_cannot_be_written_wait_for_the_next_time() -> None:
    reader = Reader()
    for study in ("1.1", "2.2", "3.3"):
        reader.read(study)
    reader.clock.advance(seconds=IDLE.total_seconds())
    reader.away = True
    with pytest.raises(TrailUnavailableError):
        reader.reads.close_idle()
    reader.away = False
    reader.reads.close_idle()
    assert [phase for phase, _ in reader.told].count("closing") == 3


def test_a_closing_entry_has_a_key_and_a_time_of_its_own() -> None:
    reader = Reader()
    reader.read()
    reader.clock.advance(seconds=90)
    reader.reads.close_idle()
    opening, closing = reader.written
    assert closing.id > opening.id
    assert closing.recorded_at - opening.recorded_at == timedelta(seconds=90)
    assert closing.request_id == opening.request_id
