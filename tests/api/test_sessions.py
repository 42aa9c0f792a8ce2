"""People, their accounts and their sessions."""

import pytest
from sqlalchemy import text

from medshare.access.authenticator import COOKIE
from medshare.access.model import Role
from tests.site import PASSWORD, Caller, Site, problem_of

LI_NA = {
    "username": "li.na",
    "displayName": "李娜",
    "password": "another long password",
    "roles": ["clinician"],
    "facility": "SZ-A",
}


@pytest.fixture
def auditor(site: Site) -> Caller:
    return site.auditor()


def log_in(caller: Caller, password: str = PASSWORD, username: str = "auditor-city") -> int:
    answer = caller.post("/api/v1/session", {"username": username, "password": password})
    if answer.status_code == 200:
        caller.headers["X-CSRF-Token"] = answer.get_json()["csrfToken"]
    return answer.status_code


def test_a_session_shows_who_is_logged_in_and_no_password(auditor: Caller) -> None:
    shown = auditor.get("/api/v1/session")
    assert shown.get_json()["account"]["username"] == "auditor-city"
    assert shown.get_json()["csrfToken"] == auditor.headers["X-CSRF-Token"]
    assert PASSWORD not in shown.text
    assert "argon2" not in shown.text


def test_the_cookie_is_bound_to_the_host_and_hidden_from_scripts(site: Site) -> None:
    site.auditor()
    caller = site.anonymous()
    answer = caller.post("/api/v1/session", {"username": "auditor-city", "password": PASSWORD})
    (cookie,) = answer.headers.getlist("Set-Cookie")
    assert cookie.startswith("__Host-medshare-session=")
    attributes = {each.strip() for each in cookie.split(";")[1:]}
    assert attributes == {"Secure", "HttpOnly", "Path=/", "SameSite=Strict"}


def test_a_failed_login_tells_and_records_nothing_of_what_was_typed(auditor: Caller) -> None:
    site = auditor.site
    answers = []
    for username, password in (("auditor-city", "Hunter2-Hunter2"), ("nobody-here", PASSWORD)):
        answer = site.anonymous().post(
            "/api/v1/session", {"username": username, "password": password}
        )
        document = dict(problem_of(answer))
        document.pop("request_id")
        answers.append((answer.status_code, document))
        entry = repr(site.last_entry())
        assert "'unauthenticated'" in entry
        assert not any(word in entry for word in (username, password))
    assert answers[0] == answers[1]
    assert answers[0][0] == 401


def test_login_and_logout_stand_in_the_trail_with_the_person(auditor: Caller) -> None:
    auditor.delete("/api/v1/session")
    login, logout = auditor.site.entries()
    assert (login.operation, logout.operation) == ("access.login", "access.logout")
    for each in (login, logout):
        assert each.principal.acting_user is not None
        assert each.principal.acting_user.id == "auditor-city"


def test_a_session_that_was_logged_out_is_over(auditor: Caller) -> None:
    stolen = Caller(auditor.site, dict(auditor.headers))
    cookie = auditor.http.get_cookie(COOKIE, domain="medshare.test")
    assert cookie is not None
    stolen.http.set_cookie(COOKIE, cookie.value, domain="medshare.test", secure=True)
    assert stolen.get("/api/v1/session").status_code == 200
    assert auditor.delete("/api/v1/session").status_code == 204
    assert auditor.http.get_cookie(COOKIE, domain="medshare.test") is None
    assert stolen.get("/api/v1/session").status_code == 401


def test_a_change_needs_the_csrf_token_and_a_read_does_not(auditor: Caller) -> None:
    token = auditor.headers.pop("X-CSRF-Token")
    assert auditor.get("/api/v1/session").status_code == 200
    for wrong in (None, "", "x" * 64, token[:-1], "é" * 64):
        headers = {} if wrong is None else {"X-CSRF-Token": wrong}
        answer = auditor.delete("/api/v1/session", headers=headers)
        assert problem_of(answer)["type"].endswith("csrf"), wrong
        assert answer.status_code == 403
    assert auditor.delete("/api/v1/session", headers={"X-CSRF-Token": token}).status_code == 204


def test_an_idle_session_ends_and_use_keeps_it_open(auditor: Caller) -> None:
    for _ in range(3):
        auditor.site.clock.advance(seconds=1790)
        assert auditor.get("/api/v1/session").status_code == 200
    auditor.site.clock.advance(seconds=1801)
    assert auditor.get("/api/v1/session").status_code == 401


def test_the_longest_session_ends_however_busy(auditor: Caller) -> None:
    for _ in range(24):
        auditor.site.clock.advance(seconds=1790)
        assert auditor.get("/api/v1/session").status_code == 200
    auditor.site.clock.advance(seconds=43200 - 24 * 1790 + 1)
    assert auditor.get("/api/v1/session").status_code == 401


def test_a_stale_cookie_does_not_shut_the_login(auditor: Caller) -> None:
    auditor.site.clock.advance(hours=13)
    assert auditor.get("/api/v1/session").status_code == 401
    assert log_in(auditor) == 200
    assert auditor.get("/api/v1/session").status_code == 200


def test_logging_in_again_ends_the_session_before(auditor: Caller) -> None:
    old = auditor.http.get_cookie(COOKIE, domain="medshare.test")
    assert old is not None
    assert log_in(auditor) == 200
    stolen = auditor.site.anonymous()
    stolen.http.set_cookie(COOKIE, old.value, domain="medshare.test", secure=True)
    assert stolen.get("/api/v1/session").status_code == 401
    assert auditor.get("/api/v1/session").status_code == 200


def test_a_session_and_a_token_at_once_are_refused(auditor: Caller) -> None:
    token = auditor.site.facility_client().headers["Authorization"]
    answer = auditor.get("/api/v1/facilities", headers={"Authorization": token})
    assert answer.status_code == 401
    assert problem_of(answer)["type"].endswith("two-credentials")


def test_the_key_of_a_session_is_stored_nowhere(auditor: Caller) -> None:
    cookie = auditor.http.get_cookie(COOKIE, domain="medshare.test")
    assert cookie is not None
    with auditor.site.application.house.database.read() as session:
        rows = repr(session.execute(text("select * from sessions")).all())
    assert cookie.value not in rows


def test_a_disabled_account_is_shut_out_at_once(auditor: Caller) -> None:
    with auditor.site.application.house.database.write() as session:
        session.execute(text("update accounts set disabled = true"))
    assert auditor.get("/api/v1/session").status_code == 401
    assert log_in(auditor.site.anonymous()) == 401


def test_an_administrator_opens_accounts_that_can_log_in(site: Site) -> None:
    administrator = site.administrator()
    made = administrator.post("/api/v1/accounts", LI_NA)
    assert made.status_code == 201
    assert "password" not in made.text.replace(LI_NA["displayName"], "")
    assert log_in(site.anonymous(), str(LI_NA["password"]), "li.na") == 200
    again = administrator.post("/api/v1/accounts", LI_NA)
    assert problem_of(again)["type"].endswith("account-taken")
    for change, pointer in (
        ({"password": "short"}, "/password"),
        ({"facility": None}, "/facility"),
        ({"roles": ["god"]}, "/roles/0"),
        ({"roles": []}, "/roles"),
        ({"username": "li na"}, "/username"),
    ):
        answer = administrator.post("/api/v1/accounts", LI_NA | change)
        assert [each["pointer"] for each in problem_of(answer)["errors"]] == [pointer]
    unknown = administrator.post("/api/v1/accounts", LI_NA | {"username": "x", "facility": "NONE"})
    assert problem_of(unknown)["type"].endswith("facility-missing")


def test_only_administrators_open_accounts(site: Site) -> None:
    assert site.person(Role.AUDITOR).post("/api/v1/accounts", LI_NA).status_code == 403
    assert site.facility_client().post("/api/v1/accounts", LI_NA).status_code == 403
