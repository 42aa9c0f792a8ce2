"""What people do with their accounts: passwords, second factors, proving themselves anew."""

from datetime import timedelta
from typing import Any

import pyotp
import pytest
from sqlalchemy import text
from werkzeug.test import TestResponse

from medshare.access.model import Role
from medshare.kernel.audit import AuditOutcome
from tests.site import PASSWORD, Caller, Site, problem_of

LI_NA = {
    "username": "li.na",
    "displayName": "李娜",
    "password": "another long password",
    "roles": ["clinician"],
    "facility": "SZ-A",
}
WRONG = "a wrong long password"


@pytest.fixture
def auditor(site: Site) -> Caller:
    return site.auditor()


@pytest.fixture
def administrator(site: Site) -> Caller:
    return site.administrator()


def log_in(
    site: Site, username: str = "auditor-city", password: str = PASSWORD, **more: str
) -> tuple[TestResponse, Caller]:
    caller = site.anonymous()
    answer = caller.post("/api/v1/session", {"username": username, "password": password} | more)
    if answer.status_code == 200:
        caller.headers["X-CSRF-Token"] = answer.get_json()["csrfToken"]
    return answer, caller


def slug_of(answer: TestResponse) -> str:
    return str(problem_of(answer)["type"]).rpartition(":")[2]


@pytest.mark.parametrize("username", ["auditor-city", "nobody-here"])
def test_five_failures_in_a_row_make_everybody_under_the_name_wait(
    auditor: Caller, username: str
) -> None:
    site = auditor.site
    for _ in range(5):
        assert log_in(site, username, WRONG)[0].status_code == 401
    refused, _ = log_in(site, username)
    assert refused.status_code == 429
    assert slug_of(refused) == "too-many-attempts"
    assert refused.headers["Retry-After"] == "61"
    assert site.last_entry().outcome is AuditOutcome.REFUSED
    site.clock.advance(seconds=61)
    assert log_in(site, username)[0].status_code == (200 if username == "auditor-city" else 401)


def test_each_further_failure_doubles_the_pause_up_to_an_hour(auditor: Caller) -> None:
    site = auditor.site
    pauses = []
    for _ in range(12):
        log_in(site, password=WRONG)
        refused, _ = log_in(site, password=WRONG)
        if refused.status_code == 429:
            pauses.append(int(refused.headers["Retry-After"]) - 1)
            site.clock.advance(seconds=pauses[-1] + 1)
    assert pauses[:3] == [60, 120, 240]
    assert max(pauses) == timedelta(hours=1).total_seconds()


def test_a_success_forgets_the_failures_before_it(auditor: Caller) -> None:
    site = auditor.site
    for _ in range(3):
        for _ in range(4):
            log_in(site, password=WRONG)
        assert log_in(site)[0].status_code == 200


def test_a_failed_login_is_one_entry_and_its_count_commits_with_it(auditor: Caller) -> None:
    site = auditor.site
    before = len(site.entries())
    log_in(site, password=WRONG)
    entries = site.entries()
    assert len(entries) == before + 1
    assert entries[-1].outcome is AuditOutcome.UNAUTHENTICATED
    assert entries[-1].reason == "login-refused"


def test_a_password_is_changed_by_who_knows_it_and_ends_the_other_sessions(
    auditor: Caller,
) -> None:
    site = auditor.site
    _, other = log_in(site)
    fresh = "a quite different secret"
    change = {"current": PASSWORD, "password": fresh}
    assert auditor.put("/api/v1/session/password", change).status_code == 204
    assert site.last_entry().operation == "access.change-password"
    assert auditor.get("/api/v1/session").status_code == 200
    assert other.get("/api/v1/session").status_code == 401
    assert log_in(site)[0].status_code == 401
    assert log_in(site, password=fresh)[0].status_code == 200


@pytest.mark.parametrize(
    ("change", "status", "slug"),
    [
        ({"current": WRONG, "password": "a quite different secret"}, 401, "login-refused"),
        ({"current": PASSWORD, "password": "short"}, 422, "invalid"),
        ({"current": PASSWORD, "password": "my auditor-city word"}, 422, "invalid"),
        ({"current": PASSWORD, "password": "abcabcabcabcabc"}, 422, "invalid"),
        ({"current": PASSWORD, "password": "Administrator2026!"}, 422, "invalid"),
        ({"password": "a quite different secret"}, 422, "invalid"),
    ],
)
def test_a_bad_change_of_password_changes_nothing(
    auditor: Caller, change: dict[str, str], status: int, slug: str
) -> None:
    answer = auditor.put("/api/v1/session/password", change)
    assert (answer.status_code, slug_of(answer)) == (status, slug)
    assert log_in(auditor.site)[0].status_code == 200


def test_a_temporary_password_opens_nothing_but_its_own_change(
    administrator: Caller,
) -> None:
    site = administrator.site
    made = administrator.post("/api/v1/accounts", LI_NA)
    address = made.headers["Location"]
    _, before = log_in(site, "li.na", LI_NA["password"])
    temporary = administrator.post(f"{address}/password").get_json()["password"]
    assert before.get("/api/v1/session").status_code == 401
    answer, li_na = log_in(site, "li.na", temporary)
    assert answer.get_json()["account"]["mustChangePassword"] is True
    search = {"name": "王小明", "birthDate": "1962-05-17"}
    assert li_na.post("/api/v1/patients/search", search).status_code == 403
    li_na.put("/api/v1/session/password", {"current": temporary, "password": "my own new secret"})
    assert li_na.post("/api/v1/patients/search", search).status_code == 200


def test_accounts_are_listed_shown_and_changed_under_their_version(
    administrator: Caller,
) -> None:
    site = administrator.site
    address = administrator.post("/api/v1/accounts", LI_NA).headers["Location"]
    listed = administrator.get("/api/v1/accounts?limit=1").get_json()
    assert [each["username"] for each in listed["items"]] == ["administrator-city"]
    rest = administrator.get(f"/api/v1/accounts?cursor={listed['next']}").get_json()
    assert [each["username"] for each in rest["items"]] == ["li.na"]
    shown = administrator.get(address)
    _, li_na = log_in(site, "li.na", LI_NA["password"])
    change = {"displayName": "李娜", "roles": ["clinician", "registrar"], "facility": "SZ-B"}
    put: dict[str, Any] = {"headers": {"If-Match": shown.headers["ETag"]}}
    changed = administrator.put(address, change, **put)
    assert changed.get_json()["facility"] == "SZ-B"
    assert changed.get_json()["username"] == "li.na"
    assert li_na.get("/api/v1/session").status_code == 401  # its roles are others now
    assert administrator.put(address, change, **put).status_code == 412
    assert administrator.put(address, change).status_code == 428
    missing = f"/api/v1/accounts/{site.clock.new_key()}"
    assert administrator.get(missing).status_code == 404
    assert administrator.post(f"{missing}/password").status_code == 404


def test_a_disabled_account_is_shut_out_at_once(administrator: Caller) -> None:
    site = administrator.site
    address = administrator.post("/api/v1/accounts", LI_NA).headers["Location"]
    _, li_na = log_in(site, "li.na", LI_NA["password"])
    change = {"displayName": "李娜", "roles": ["clinician"], "facility": "SZ-A", "disabled": True}
    administrator.put(address, change, headers={"If-Match": '"1"'})
    assert li_na.get("/api/v1/session").status_code == 401
    assert log_in(site, "li.na", LI_NA["password"])[0].status_code == 401


def test_only_administrators_look_after_accounts(administrator: Caller) -> None:
    site = administrator.site
    address = administrator.post("/api/v1/accounts", LI_NA).headers["Location"]
    clinician = site.person(Role.CLINICIAN, "SZ-A")
    answers = [
        clinician.get("/api/v1/accounts"),
        clinician.get(address),
        clinician.put(address, {"displayName": "x", "roles": ["auditor"]}),
        clinician.post(f"{address}/password"),
    ]
    assert {each.status_code for each in answers} == {403}


def with_second_factor(caller: Caller) -> pyotp.TOTP:
    begun = caller.post("/api/v1/session/second-factor")
    assert begun.status_code == 200, begun.text
    totp = pyotp.TOTP(begun.get_json()["secret"])
    assert begun.get_json()["address"].startswith("otpauth://totp/medshare:")
    code = totp.at(caller.site.clock.now())
    assert caller.put("/api/v1/session/second-factor", {"code": code}).status_code == 204
    caller.site.clock.advance(seconds=60)
    return totp


def test_with_a_second_factor_a_login_takes_its_current_code_once(auditor: Caller) -> None:
    site = auditor.site
    totp = with_second_factor(auditor)
    code = totp.at(site.clock.now())
    assert slug_of(log_in(site)[0]) == "second-factor-required"
    assert slug_of(log_in(site, code="000000")[0]) == "second-factor-required"
    assert slug_of(log_in(site, password=WRONG, code=code)[0]) == "login-refused"
    answer, _ = log_in(site, code=code)
    assert answer.status_code == 200
    assert answer.get_json()["account"]["secondFactor"] is True
    assert slug_of(log_in(site, code=code)[0]) == "second-factor-required"
    old = totp.at(site.clock.now() - timedelta(minutes=5))
    site.clock.advance(minutes=1)
    assert log_in(site, code=old)[0].status_code == 401


def test_a_second_factor_that_was_not_confirmed_asks_nothing(auditor: Caller) -> None:
    assert auditor.post("/api/v1/session/second-factor").status_code == 200
    wrong = auditor.put("/api/v1/session/second-factor", {"code": "000000"})
    assert wrong.status_code == 401
    assert log_in(auditor.site)[0].status_code == 200


def test_nothing_is_confirmed_that_was_not_begun(auditor: Caller) -> None:
    answer = auditor.put("/api/v1/session/second-factor", {"code": "123456"})
    assert slug_of(answer) == "no-second-factor"


def test_a_new_second_factor_takes_the_place_of_the_old_once_it_is_confirmed(
    auditor: Caller,
) -> None:
    site = auditor.site
    old = with_second_factor(auditor)
    new = pyotp.TOTP(auditor.post("/api/v1/session/second-factor").get_json()["secret"])
    now = site.clock.now
    assert slug_of(log_in(site)[0]) == "second-factor-required"
    assert slug_of(log_in(site, code=new.at(now()))[0]) == "second-factor-required"
    assert log_in(site, code=old.at(now()))[0].status_code == 200
    confirmed = auditor.put("/api/v1/session/second-factor", {"code": new.at(now())})
    assert confirmed.status_code == 204
    site.clock.advance(seconds=60)
    assert slug_of(log_in(site, code=old.at(now()))[0]) == "second-factor-required"
    assert log_in(site, code=new.at(now()))[0].status_code == 200


def test_a_second_factor_can_be_given_up(auditor: Caller) -> None:
    with_second_factor(auditor)
    assert auditor.delete("/api/v1/session/second-factor").status_code == 204
    assert log_in(auditor.site)[0].status_code == 200


def test_the_secret_of_a_second_factor_is_not_in_the_database(auditor: Caller) -> None:
    secret = auditor.post("/api/v1/session/second-factor").get_json()["secret"]

    def stored(uow: Any) -> list[Any]:
        return list(
            uow.session.execute(text("SELECT second_factor_pending FROM accounts")).scalars()
        )

    (sealed,) = auditor.site.read(stored)
    assert sealed
    assert secret not in sealed


def test_what_is_grave_asks_for_the_password_again_after_five_minutes(auditor: Caller) -> None:
    site = auditor.site
    site.clock.advance(minutes=5)
    refused = auditor.post("/api/v1/session/second-factor")
    assert (refused.status_code, slug_of(refused)) == (403, "step-up-required")
    wrong = auditor.post("/api/v1/session/step-up", {"password": WRONG})
    assert wrong.status_code == 401
    assert auditor.post("/api/v1/session/second-factor").status_code == 403
    assert auditor.post("/api/v1/session/step-up", {"password": PASSWORD}).status_code == 204
    assert site.last_entry().operation == "access.step-up"
    assert auditor.post("/api/v1/session/second-factor").status_code == 200


def test_proving_oneself_anew_is_slowed_down_like_a_login(auditor: Caller) -> None:
    for _ in range(5):
        auditor.post("/api/v1/session/step-up", {"password": WRONG})
    assert auditor.post("/api/v1/session/step-up", {"password": PASSWORD}).status_code == 429


def test_guessing_the_password_by_changing_it_is_slowed_down_like_a_login(auditor: Caller) -> None:
    change = {"current": WRONG, "password": "a quite different secret"}
    for _ in range(5):
        assert auditor.put("/api/v1/session/password", change).status_code == 401
    assert auditor.put("/api/v1/session/password", change).status_code == 429
    assert log_in(auditor.site)[0].status_code == 429
