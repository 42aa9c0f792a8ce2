"""Logging in at an identity provider: a real one, in a process of its own on loopback."""

import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests
from flask.testing import FlaskClient

from medshare.access.authenticator import COOKIE
from medshare.app import Application, build
from tests.e2e.served import free_port
from tests.site import Caller, Site

BASE = "https://medshare.test"
LI_NA = {
    "username": "li.na",
    "displayName": "李娜",
    "password": "another long password",
    "roles": ["clinician"],
    "facility": "SZ-A",
    "providerSubject": "li-na-at-hospital-a",
}


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", "--port", str(port)]
    process = subprocess.Popen(
        [*command, "--user", "li-na-at-hospital-a", "--user", "nobody-here"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for(f"{address}/.well-known/openid-configuration")
        yield address
    finally:
        process.terminate()
        process.wait()


def _wait_for(address: str) -> None:
    for _ in range(200):
        try:
            urllib.request.urlopen(address, timeout=1).close()
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
        else:
            return
    pytest.fail("the identity provider did not start")


@pytest.fixture
def joined(site: Site, issuer: str, tmp_path: Path) -> Iterator[Application]:
    """The site again, joined to the provider, at the present: its tokens bear real times."""
    site.clock.instant = datetime.now(UTC)
    site.administrator().post("/api/v1/accounts", LI_NA)
    secret = tmp_path / "oidc-secret"
    secret.write_text("a synthetic secret\n")
    settings = replace(
        site.settings,
        oidc_issuer=issuer,
        oidc_client_id="medshare",
        oidc_client_secret_file=secret,
        base_url=BASE,
    )
    application = build(settings, site.clock)
    yield application
    application.stop_quietly()


def begin(browser: FlaskClient, path: str = "/api/v1/login?next=/docs") -> str:
    answer = browser.get(path, base_url=BASE)
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"]


def authorise(address: str, subject: str = "li-na-at-hospital-a") -> str:
    """Log in at the provider and return where it sends the browser, without the host."""
    answer = requests.post(address, data={"sub": subject}, allow_redirects=False, timeout=10)
    assert answer.status_code in (302, 303), answer.text
    parts = urlsplit(answer.headers["Location"])
    return f"{parts.path}?{parts.query}"


def altered(address: str, **changes: str) -> str:
    parts = urlsplit(address)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()} | changes
    return f"{parts.scheme}://{parts.netloc}{parts.path}?{urlencode(query)}"


def test_who_proves_themselves_at_the_provider_has_a_session_here(joined: Application) -> None:
    browser = joined.flask.test_client()
    asked = begin(browser)
    query = parse_qs(urlsplit(asked).query)
    assert query["code_challenge_method"] == ["S256"]
    answer = browser.get(authorise(asked), base_url=BASE)
    assert answer.status_code == 200, answer.text
    assert 'content="0;url=/docs"' in answer.text
    session = browser.get("/api/v1/session", base_url=BASE).get_json()
    assert session["account"]["username"] == "li.na"


def test_a_login_serves_once_and_in_its_own_browser(joined: Application, site: Site) -> None:
    browser, thief = joined.flask.test_client(), joined.flask.test_client()
    back = authorise(begin(browser))
    assert thief.get(back, base_url=BASE).status_code == 401
    assert browser.get(back, base_url=BASE).status_code == 200
    assert browser.get(back, base_url=BASE).status_code == 401


def refusals(joined: Application, change: Any) -> int:
    browser = joined.flask.test_client()
    answer = browser.get(change(begin(browser)), base_url=BASE)
    assert browser.get_cookie(COOKIE, domain="medshare.test") is None
    return answer.status_code


def test_what_does_not_hold_opens_nothing(joined: Application, site: Site) -> None:
    def other_nonce(asked: str) -> str:
        return authorise(altered(asked, nonce="another"))

    def unknown_subject(asked: str) -> str:
        return authorise(asked, "nobody-here")

    def made_up_code(asked: str) -> str:
        state = parse_qs(urlsplit(asked).query)["state"][0]
        return f"/api/v1/login/callback?state={state}&code=made-up"

    def nothing(_asked: str) -> str:
        return "/api/v1/login/callback"

    def too_late(asked: str) -> str:
        back = authorise(asked)
        site.clock.advance(minutes=11)
        return back

    cases = (other_nonce, unknown_subject, made_up_code, nothing, too_late)
    assert [refusals(joined, each) for each in cases] == [401] * len(cases)


@pytest.mark.parametrize("place", ["//evil.example", "https://evil.example", "/a?b", '/"><b>'])
def test_a_login_leads_nowhere_else(joined: Application, place: str) -> None:
    browser = joined.flask.test_client()
    back = authorise(begin(browser, "/api/v1/login?" + urlencode({"next": place})))
    assert 'content="0;url=/docs"' in browser.get(back, base_url=BASE).text


def test_without_a_provider_there_is_none(site: Site) -> None:
    caller: Caller = site.anonymous()
    assert caller.get("/api/v1/login").status_code == 404
    assert caller.get("/api/v1/login/callback?state=x&code=y").status_code == 401


def test_a_silent_provider_is_told_as_such(site: Site) -> None:
    silent = build(
        replace(site.settings, oidc_issuer="http://127.0.0.1:9", oidc_client_id="medshare"),
        site.clock,
    )
    answer = silent.flask.test_client().get("/api/v1/login", base_url=BASE)
    silent.stop_quietly()
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
