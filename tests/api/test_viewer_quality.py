"""Quality control's pages."""

import pytest

from medshare.access.model import Role
from tests.api.test_recognition_statistics import two_orders
from tests.conftest import EMBEDDED
from tests.site import Caller, Site
from tests.viewer import require_bundle

QUALITY = "/viewer/quality"
CHINESE, ENGLISH = {"Accept-Language": "zh-CN"}, {"Accept-Language": "en"}
pytestmark = pytest.mark.parametrize("pair", [EMBEDDED], indirect=True)


@pytest.fixture(autouse=True)
def bundle() -> None:
    require_bundle()


def officer(site: Site, facility: str | None = None) -> Caller:
    return site.person(Role.QUALITY_OFFICER, facility)


def shown(caller: Caller, address: str, headers: dict[str, str] = ENGLISH) -> str:
    answer = caller.get(address, headers=headers)
    assert answer.status_code == 200, answer.text
    return " ".join(answer.text.split())


def test_figures_show_each_rate_with_what_it_is_made_of(site: Site) -> None:
    two_orders(site)
    city = officer(site)
    page = shown(city, QUALITY)
    for words in (
        "2 chances",
        '<td class="figure">1</td><td class="figure">2</td><td class="figure">50.0 %</td>',
        '<td class="figure heat-4">1 / 2</td>',
        "The condition has changed",
        "claimed = sum over orders",
    ):
        assert words in page, words
    assert "style=" not in page
    assert "分子：被认可" in shown(city, QUALITY, CHINESE)
    entry = site.last_entry()
    assert (entry.operation, entry.subjects) == ("viewer.recognition-figures", ())


def test_figures_are_those_of_the_period_and_the_hospital_that_are_asked_for(site: Site) -> None:
    two_orders(site)
    city = officer(site)
    today = site.clock.now().date().isoformat()
    assert "2 chances" in shown(city, f"{QUALITY}?since={today}&until={today}&facility=SZ-B")
    assert "Nothing to count" in shown(city, f"{QUALITY}?facility=SZ-A")
    assert "Nothing to count" in shown(city, f"{QUALITY}?since=2020-01-01&until=2020-02-01")


def test_a_hospitals_officer_sees_its_own_figures_only(site: Site) -> None:
    two_orders(site)
    own = officer(site, "SZ-A")
    assert "0 chances" in shown(own, QUALITY)
    assert own.get(f"{QUALITY}?facility=SZ-B").status_code == 422


@pytest.mark.parametrize(
    "query",
    [
        "since=2026-01-02&until=2026-01-01",
        "since=2024-01-01&until=2026-01-01",
        "since=0001-01-01",
        "until=0001-01-01",
        "until=9999-12-31",
        "since=yesterday",
        "more=1",
    ],
)
def test_a_period_that_is_none_is_refused(site: Site, query: str) -> None:
    assert officer(site).get(f"{QUALITY}?{query}").status_code == 422


@pytest.mark.parametrize("path", [""])
def test_only_quality_officers_open_the_console(site: Site, path: str) -> None:
    for role in (Role.CLINICIAN, Role.AUDITOR, Role.REGISTRAR, Role.ADMINISTRATOR):
        caller = site.person(role, "SZ-A", f"{role}-x")
        assert caller.get(f"{QUALITY}{path}").status_code == 403
    assert site.anonymous().get(f"{QUALITY}{path}").status_code == 401
