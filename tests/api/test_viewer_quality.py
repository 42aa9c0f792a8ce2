"""Quality control's pages."""

from datetime import timedelta

import pytest

from medshare.access.model import Role
from tests.api.test_recognition_statistics import two_orders
from tests.conftest import EMBEDDED
from tests.exams import an_exam, register
from tests.orders import a_doctor, a_prior, decided, evaluated
from tests.site import Caller, Site
from tests.viewer import require_bundle

QUALITY = "/viewer/quality"
CERTIFICATES = "/api/v1/recognition/certificates"
POLICIES = "/api/v1/recognition/policies"
SIMULATIONS = "/api/v1/recognition/simulations"
NOBODY = "00000000-0000-7000-8000-000000000000"
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
        'data-label="Numerator">1</td>',
        'data-label="Denominator">2</td>',
        'data-label="Share">50.0 %</td>',
        'heat-4" data-label="Test Hospital 1">1 / 2</td>',
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


@pytest.mark.parametrize(
    "path", ["", "/certificates", "/policies", "/codes", "/defects", "/claims"]
)
def test_only_quality_officers_open_the_console(site: Site, path: str) -> None:
    for role in (Role.CLINICIAN, Role.AUDITOR, Role.REGISTRAR, Role.ADMINISTRATOR):
        caller = site.person(role, "SZ-A", f"{role}-x")
        assert caller.get(f"{QUALITY}{path}").status_code == 403
    assert site.anonymous().get(f"{QUALITY}{path}").status_code == 401


def test_certificates_are_listed_and_ended_ones_say_so(site: Site) -> None:
    city = officer(site)
    page = shown(city, f"{QUALITY}/certificates")
    name = city.get(CERTIFICATES).get_json()["items"][0]["id"]
    assert f">{name}</th>" in page
    assert "in force" in page
    ended = {"invalidFrom": site.clock.now().isoformat(), "reason": "<b>Failed the round</b>"}
    assert city.post(f"{CERTIFICATES}/{name}/withdrawal", ended).status_code == 200
    page = shown(city, f"{QUALITY}/certificates")
    assert "Void since" in page
    assert "&lt;b&gt;Failed the round" in page
    assert f"{name}/withdrawal" not in page


def test_a_hospitals_officer_reads_the_registers_and_is_offered_no_act(site: Site) -> None:
    own = officer(site, "SZ-A")
    for path in ("/certificates", "/codes"):
        assert 'data-act="POST"' not in shown(own, f"{QUALITY}{path}")


def test_a_draft_shows_what_it_changes_and_asks_for_another_person(site: Site) -> None:
    city, other = officer(site), site.person(Role.QUALITY_OFFICER, username="other")
    (stands,) = city.get(POLICIES).get_json()["items"]
    document = city.get(f"{POLICIES}/{stands['hash']}").get_json()["document"]
    document["items"]["CT-CHEST-PLAIN"]["window"] = "7d"
    drafted = city.post(POLICIES, {"document": document}).get_json()
    assert "in force" in shown(city, f"{QUALITY}/policies")
    mine, theirs = (shown(each, f"{QUALITY}/policies/{drafted['hash']}") for each in (city, other))
    assert '<td data-label="In force">30 days</td>' in mine
    assert '<td data-label="This version">7 days</td>' in mine
    assert "another person has to enact it" in mine
    assert "/enactment" not in mine
    assert "/enactment" in theirs
    assert city.get(f"{QUALITY}/policies/{'0' * 64}").status_code == 404


def test_a_trial_is_followed_and_shows_what_would_change(site: Site) -> None:
    two_orders(site)
    city = officer(site)
    (stands,) = city.get(POLICIES).get_json()["items"]
    document = city.get(f"{POLICIES}/{stands['hash']}").get_json()["document"]
    del document["items"]["CT-CHEST-PLAIN"]
    drafted = city.post(POLICIES, {"document": document}).get_json()
    now = site.clock.now()
    asked = {
        "policy": drafted["hash"],
        "since": (now - timedelta(days=1)).isoformat(),
        "until": (now + timedelta(days=1)).isoformat(),
    }
    job = city.post(SIMULATIONS, asked).get_json()
    address = f"{QUALITY}/trials/{job['id']}"
    assert "Cancel the trial" in shown(city, address)
    assert site.application.jobs.work()
    page = shown(city, address)
    assert "Of 2 orders 2 would have been judged otherwise." in page
    assert "Cancel the trial" not in page
    assert address in shown(city, f"{QUALITY}/policies")
    other = site.person(Role.QUALITY_OFFICER, username="other")
    assert other.get(address).status_code == 404
    assert city.get(f"{QUALITY}/trials/{NOBODY}").status_code == 404


def test_a_code_without_a_meaning_waits_with_its_exams_until_it_is_mapped(site: Site) -> None:
    source = site.facility_client("SZ-A")
    register(source)
    local = {"system": "urn:medshare:local:SZ-A", "code": "CT-01", "display": "<i>胸部CT</i>"}
    assert source.post("/api/v1/exams", an_exam(item=local)).status_code == 201
    city = officer(site)
    page = shown(city, f"{QUALITY}/codes")
    assert "&lt;i&gt;胸部CT" in page
    meaning = {"system": local["system"], "code": "CT-01", "item": "CT-CHEST-PLAIN"}
    assert city.post("/api/v1/recognition/catalogue/codes", meaning).status_code == 200
    page = shown(city, f"{QUALITY}/codes")
    assert "Every code in use has its meaning." in page
    assert "<span>CT-01</span>" in page


def test_defects_and_claims_name_whom_they_are_about_in_the_trail(site: Site) -> None:
    city = officer(site)
    assert "No case waits here" in shown(city, f"{QUALITY}/defects?state=open")
    a_prior(site, claimedMark="全国HR")
    assert "全国HR" in shown(city, f"{QUALITY}/claims")
    assert len(site.last_entry().subjects) == 1
    doctor = a_doctor(site)
    decided(doctor, evaluated(doctor), outcome="repeated", reason="POOR_IMAGE")
    page = shown(city, f"{QUALITY}/defects?state=open")
    assert "The images are not good enough" in page
    assert len(site.last_entry().subjects) == 1
    case = city.get("/api/v1/recognition/defects").get_json()["items"][0]["id"]
    city.post(f"/api/v1/recognition/defects/{case}/claim")
    assert "Close the case" in shown(city, f"{QUALITY}/defects")
