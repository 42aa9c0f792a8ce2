"""Somebody looks after their own account on a page."""

import re

import pyotp
import pytest

from medshare.access.model import Role
from tests.site import Caller, Site, problem_of
from tests.viewer import require_bundle

FACTOR = "/viewer/account/second-factor"


@pytest.fixture(autouse=True)
def bundle() -> None:
    require_bundle()


@pytest.fixture
def doctor(site: Site) -> Caller:
    return site.person(Role.CLINICIAN, "SZ-B", "dr.test")


def test_a_second_factor_is_set_up_by_what_the_page_shows_once(site: Site, doctor: Caller) -> None:
    shown = doctor.post(FACTOR)
    assert shown.status_code == 200
    assert 'class="qr-dark"' in shown.text
    assert "style=" not in shown.text
    entry = site.last_entry()
    assert (entry.operation, entry.action) == ("viewer.begin-second-factor", "update")
    secret = "".join(re.findall(r"<code>([A-Z2-7]{4})</code>", shown.text))
    assert secret not in entry.query
    code = pyotp.TOTP(secret).at(site.clock.now())
    assert 'data-form="begin-factor"' in doctor.get("/viewer/account").text
    assert doctor.put("/api/v1/session/second-factor", {"code": code}).status_code == 204
    page = doctor.get("/viewer/account").text
    assert 'data-act="DELETE"' in page
    assert secret not in page


def test_a_session_that_was_left_open_sets_up_nothing(site: Site, doctor: Caller) -> None:
    site.clock.advance(minutes=6)
    assert problem_of(doctor.post(FACTOR))["type"].endswith("step-up-required")
    assert doctor.get("/viewer/account").status_code == 200


def test_whoever_is_refused_keeps_the_way_to_their_other_pages(site: Site, doctor: Caller) -> None:
    refused = doctor.get("/viewer/registrar")
    assert refused.status_code == 403
    assert 'class="places"' in refused.text
    assert 'data-action="sign-out"' in refused.text
    missing = doctor.get("/viewer/nowhere")
    assert missing.status_code == 404
    assert 'class="places"' in missing.text
    assert 'class="places"' not in Caller(site, {}).get("/viewer/nowhere").text
    system = site.facility_client("SZ-B").get("/viewer/nowhere")
    assert system.status_code == 404
    assert 'data-action="sign-out"' not in system.text
