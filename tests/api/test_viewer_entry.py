"""The way in to the pages: start page, sign-in, scripts and styles, wrong addresses."""

import re

import pytest

from medshare.access.model import Role
from medshare.kernel.audit import AuditOutcome
from tests.conftest import EMBEDDED
from tests.site import Site
from tests.viewer import require_bundle

pytestmark = pytest.mark.parametrize("pair", [EMBEDDED], indirect=True)
CHINESE, ENGLISH = {"Accept-Language": "zh-CN"}, {"Accept-Language": "en"}


@pytest.fixture(autouse=True)
def bundle() -> None:
    require_bundle()


def test_the_root_leads_to_the_start_page(site: Site) -> None:
    answer = site.anonymous().get("/")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/viewer")


def test_whoever_is_not_signed_in_is_shown_the_sign_in(site: Site) -> None:
    answer = site.anonymous().get("/viewer", headers=ENGLISH)
    assert answer.status_code == 200
    assert 'data-form="sign-in"' in answer.text
    assert site.last_entry().operation == "viewer.home"


def test_people_start_at_the_page_of_their_role(site: Site) -> None:
    assert "<title>查找患者" in site.person(Role.CLINICIAN, "SZ-A").get("/viewer").text
    for role, address in (
        (Role.AUDITOR, "/viewer/auditor"),
        (Role.QUALITY_OFFICER, "/viewer/quality"),
        (Role.ADMINISTRATOR, "/viewer/administration"),
    ):
        answer = site.person(role).get("/viewer")
        assert (answer.status_code, answer.headers["Location"]) == (303, address)


def test_the_language_is_the_cookies_then_the_browsers_then_chinese(site: Site) -> None:
    caller = site.anonymous()
    assert caller.get("/viewer").headers["Content-Language"] == "zh-CN"
    assert caller.get("/viewer", headers=ENGLISH).headers["Content-Language"] == "en"
    assert caller.get("/viewer", headers=CHINESE).headers["Content-Language"] == "zh-CN"
    caller.http.set_cookie("medshare-language", domain="medshare.test", value="zh-CN")
    assert caller.get("/viewer", headers=ENGLISH).headers["Content-Language"] == "zh-CN"
    caller.http.set_cookie("medshare-language", domain="medshare.test", value="klingon")
    assert caller.get("/viewer", headers=ENGLISH).headers["Content-Language"] == "en"


def test_a_page_loads_nothing_from_elsewhere_and_runs_nothing_inline(site: Site) -> None:
    answer = site.anonymous().get("/viewer")
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    assert "<style" not in answer.text
    assert " style=" not in answer.text
    assert not re.search(r"\son[a-z]+=", answer.text)
    scripts = re.findall(r"<script ([^>]*)>", answer.text)
    assert all("src=" in each or 'type="application/json"' in each for each in scripts)


def test_scripts_and_styles_are_kept_for_ever_and_come_packed(site: Site) -> None:
    caller = site.anonymous()
    addresses = re.findall(r'(?:src|href)="(/viewer/static/[^"]+)"', caller.get("/viewer").text)
    assert len(addresses) == 2
    for address in addresses:
        answer = caller.get(address, headers={"Accept-Encoding": "gzip"})
        assert answer.status_code == 200
        assert answer.headers["Content-Encoding"] == "gzip"
        assert "immutable" in answer.headers["Cache-Control"]
        assert "Content-Encoding" not in caller.get(address).headers


def test_nothing_but_the_bundle_is_sent(site: Site) -> None:
    for name in ("manifest.json", "../words/en.json", "assets/../../words/en.json", "assets"):
        answer = site.anonymous().get(f"/viewer/static/{name}")
        assert answer.status_code == 404, name


def test_a_wrong_address_is_answered_by_a_page_and_recorded(site: Site) -> None:
    answer = site.auditor().get("/viewer/nowhere", headers=ENGLISH)
    assert answer.status_code == 404
    assert answer.mimetype == "text/html"
    assert site.last_entry().outcome is AuditOutcome.MISSING


def test_whoever_was_given_a_password_starts_by_changing_it(site: Site) -> None:
    person, administrator = site.person(Role.CLINICIAN, "SZ-A", "dr.new"), site.administrator()
    accounts = administrator.get("/api/v1/accounts").get_json()["items"]
    key = next(each["id"] for each in accounts if each["username"] == "dr.new")
    given = administrator.post(f"/api/v1/accounts/{key}/password").get_json()["password"]
    person.post("/api/v1/session", {"username": "dr.new", "password": given})
    assert 'data-form="password"' in person.get("/viewer").text
