from datetime import timedelta

from medshare.infra.pace import Pace
from tests.site import StandingClock


def test_it_is_due_at_once_and_again_only_after_a_while() -> None:
    clock = StandingClock()
    pace = Pace(clock, timedelta(seconds=5))
    found = [pace.due()]
    for seconds in (0, 4, 1, 4, 1):
        clock.advance(seconds=seconds)
        found.append(pace.due())
    assert found == [True, False, False, True, False, True]
