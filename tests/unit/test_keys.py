import os
import threading
from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from medshare.infra.clock import SystemClock
from medshare.kernel.identifiers import is_uid, new_key

INSTANTS = st.datetimes(datetime(1970, 1, 1), datetime(2199, 1, 1), timezones=st.just(UTC))
RANDOMNESS = st.binary(min_size=10, max_size=10)


@given(INSTANTS, RANDOMNESS)
def test_a_key_is_a_uuid_of_version_7(at: datetime, randomness: bytes) -> None:
    key = UUID(new_key(at, randomness))
    assert key.version == 7
    assert key.variant == "specified in RFC 4122"
    assert key.int >> 80 == (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


@given(INSTANTS, st.integers(1, 10**12), RANDOMNESS, RANDOMNESS)
def test_a_later_microsecond_makes_a_greater_key_whatever_the_luck(
    at: datetime, later: int, first: bytes, second: bytes
) -> None:
    assert new_key(at, first) < new_key(at + timedelta(microseconds=later), second)


def test_the_keys_of_one_process_grow_strictly_in_every_thread() -> None:
    clock = SystemClock()
    kept: list[list[str]] = [[] for _ in range(4)]

    def make(mine: list[str]) -> None:
        mine.extend(clock.new_key() for _ in range(500))

    threads = [threading.Thread(target=make, args=(mine,)) for mine in kept]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert all(mine == sorted(mine) for mine in kept)
    assert len({key for mine in kept for key in mine}) == 2000


class BackwardClock(SystemClock):
    """A machine whose time was set back by an hour after the first look."""

    looks = 0

    def now(self) -> datetime:
        self.looks += 1
        return datetime(2026, 1, 1, 12 if self.looks == 1 else 11, tzinfo=UTC)


def test_keys_grow_though_the_machine_is_set_back() -> None:
    clock = BackwardClock()
    assert clock.new_key() < clock.new_key() < clock.new_key()


def test_uids_follow_the_grammar_of_ps3_5() -> None:
    assert is_uid("1.2.840.10008.1.1")
    assert is_uid("0")
    for wrong in ("", "1.", ".1", "1..2", "01.2", "1.2a", "1.2\n", "../../x", "١.٢", "1" * 65):
        assert not is_uid(wrong), wrong
    assert is_uid("1." + "2" * 62)
    assert not is_uid(os.fsdecode(b"1.\xff"))
