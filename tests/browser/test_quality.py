"""A quality officer reads the figures, and looks after what recognition goes by."""

import itertools
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from medshare.access.model import Role
from tests.browser.conftest import LANGUAGES, SIZES, Place, Visitor
from tests.orders import decided, evaluated
from tests.site import Site, StandingClock

Visit = Callable[..., Visitor]
everywhere = pytest.mark.parametrize(("language", "size"), [*itertools.product(LANGUAGES, SIZES)])


@pytest.fixture(scope="module", autouse=True)
def decisions(place: Place) -> None:
    """Let a doctor recognise one result and decline another."""
    site = Site(place.settings, StandingClock(instant=datetime.now(UTC)), fresh=False)
    try:
        doctor = site.facility_client("SZ-B").acting("d-7")
        decided(doctor, evaluated(doctor))
        second = evaluated(doctor, orderReference="ORD-2")
        decided(doctor, second, outcome="repeated", reason="CONDITION_CHANGED")
        site.person(Role.QUALITY_OFFICER, username="quality")
    finally:
        site.close()


@everywhere
def test_the_figures_of_a_period_are_drawn_beside_their_tables(
    visit: Visit, language: str, size: str
) -> None:
    somebody = visit(language, size)
    page = somebody.page
    somebody.sign_in("quality")
    somebody.go("/viewer/quality")
    page.wait_for_selector(".chart rect.series-0")
    somebody.look("quality-figures", whole=True)
    assert page.locator(".heat-4").inner_text() == "1 / 4"
    page.select_option('[name="facility"]', "SZ-C")
    page.click('.filter-bar [type="submit"]')
    page.wait_for_selector(".empty")
    somebody.look("quality-nothing")
