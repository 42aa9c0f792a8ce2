from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from medshare.care.model import CLOCK_SKEW, CareWindows, faults_of, opens

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
WINDOWS = CareWindows(recent=timedelta(days=30), open=timedelta(days=180))
TICK = timedelta(microseconds=1)
spans = st.timedeltas(timedelta(0), timedelta(days=400))


@pytest.mark.parametrize(
    ("started_before", "opened"),
    [
        (WINDOWS.open, True),
        (WINDOWS.open + TICK, False),
        (-CLOCK_SKEW, True),
        (-CLOCK_SKEW - TICK, False),
    ],
)
def test_an_open_encounter_counts_from_its_start(
    started_before: timedelta, *, opened: bool
) -> None:
    assert opens(NOW - started_before, None, NOW, WINDOWS) is opened


@pytest.mark.parametrize(
    ("ended_before", "opened"),
    [(WINDOWS.recent, True), (WINDOWS.recent + TICK, False), (timedelta(0), True)],
)
def test_an_ended_encounter_counts_from_its_end(ended_before: timedelta, *, opened: bool) -> None:
    ended_at = NOW - ended_before
    assert opens(ended_at - timedelta(days=900), ended_at, NOW, WINDOWS) is opened


@given(spans, st.none() | spans, spans)
def test_what_has_closed_never_opens_again(
    started_before: timedelta, ended_before: timedelta | None, later: timedelta
) -> None:
    started_at = NOW - started_before
    ended_at = None if ended_before is None else NOW - ended_before
    assume(not opens(started_at, ended_at, NOW, WINDOWS))
    assert not opens(started_at, ended_at, NOW + later, WINDOWS)


@given(spans, spans)
def test_every_encounter_closes_in_the_end(started_before: timedelta, span: timedelta) -> None:
    started_at = NOW - started_before
    assert opens(started_at, None, started_at + span, WINDOWS) is (span <= WINDOWS.open)


@pytest.mark.parametrize(
    ("started_at", "ended_at", "codes"),
    [
        (NOW + CLOCK_SKEW, NOW + CLOCK_SKEW, []),
        (NOW + CLOCK_SKEW + TICK, None, [("/startedAt", "time-in-future")]),
        (NOW, NOW + CLOCK_SKEW + TICK, [("/endedAt", "time-in-future")]),
        (NOW, NOW - TICK, [("/endedAt", "end-before-start")]),
        (NOW, NOW, []),
    ],
)
def test_times_are_past_and_in_order(
    started_at: datetime, ended_at: datetime | None, codes: list[tuple[str, str]]
) -> None:
    found = faults_of(started_at, ended_at, NOW)
    assert [(each.pointer, each.code) for each in found] == codes
