"""What of the trail stays for a court, and what is forgotten for good, over HTTP."""

from typing import Any

import pytest

from tests.exams import register
from tests.site import PASSWORD, Caller, Site, problem_of

HOLDS = "/api/v1/audit/holds"
ERASURES = "/api/v1/audit/erasures"
SEARCH = "/api/v1/patients/search"
CASE = {"reason": "Case 7"}
SINCE, UNTIL = "2026-11-18T16:00:00Z", "2026-11-21T00:00:00+08:00"
NOBODY = "019aa1f0-6c00-7000-8000-000000000099"


def placed(auditor: Caller, **what: str) -> dict[str, Any]:
    answer = auditor.post(HOLDS, CASE | what)
    assert answer.status_code == 201, answer.text
    document: dict[str, Any] = answer.get_json()
    return document


def asked_about(site: Site) -> str:
    """Register somebody and look for them; return their id."""
    his = site.facility_client()
    patient = register(his, "MRN-1", "SZ-A")
    query = {"identifier": {"system": "urn:oid:2.999.1.1", "value": "MRN-1"}}
    assert his.post(SEARCH, query).status_code == 200
    return patient


def words(site: Site) -> list[tuple[str, bool]]:
    """Return what was asked, and whether it is forgotten."""
    return [(each.query, each.erased) for each in site.entries(operation="patients.search")]


def test_an_auditor_places_lists_and_lifts_holds(site: Site) -> None:
    auditor = site.auditor()
    entry = site.last_entry().id
    made = [placed(auditor, **what) for what in ({"entry": entry}, {"patient": "p-1"})]
    assert [each.patient_id for each in site.last_entry().subjects] == ["p-1"]
    made.append(placed(auditor, since=SINCE, until=UNTIL))
    assert (made[2]["since"], made[2]["until"]) == (SINCE, "2026-11-20T16:00:00Z")
    first = auditor.get(f"{HOLDS}?limit=2").get_json()
    rest = auditor.get(f"{HOLDS}?limit=2&cursor={first['next']}").get_json()
    assert first["items"] + rest["items"] == made
    assert "next" not in rest
    for status in (204, 404):
        assert auditor.delete(f"{HOLDS}/{made[0]['id']}").status_code == status
    lifted = auditor.get(HOLDS).get_json()["items"][0]
    assert lifted["liftedAt"]
    assert lifted["liftedBy"] == lifted["placedBy"]
    assert site.entries(operation="audit.lift-hold")[0].objects[0].id == lifted["id"]


@pytest.mark.parametrize(
    ("what", "status", "pointer"),
    [
        ({}, 422, "/hold"),
        ({"patient": "p-1", "entry": NOBODY}, 422, "/hold"),
        ({"since": SINCE}, 422, "/hold"),
        ({"since": UNTIL, "until": SINCE}, 422, "/hold"),
        ({"patient": "p-1", "reason": " "}, 422, "/reason"),
        ({"patient": "p" * 37}, 422, "/patient"),
        ({"entry": NOBODY}, 404, None),
    ],
)
def test_a_hold_on_nothing_is_refused(
    site: Site, what: dict[str, str], status: int, pointer: str | None
) -> None:
    answer = site.auditor().post(HOLDS, CASE | what)
    assert answer.status_code == status
    if pointer:
        assert [each["pointer"] for each in problem_of(answer)["errors"]] == [pointer]


def test_words_are_erased_unless_a_hold_keeps_them(site: Site) -> None:
    patient = asked_about(site)
    auditor, administrator = site.auditor(), site.administrator()
    hold = placed(auditor, patient=patient)
    refused = administrator.post(ERASURES, {"patient": patient})
    assert (refused.status_code, problem_of(refused)["type"][-10:]) == (409, "legal-hold")
    assert [erased for _query, erased in words(site)] == [False]
    assert auditor.delete(f"{HOLDS}/{hold['id']}").status_code == 204
    assert administrator.post(ERASURES, {"patient": patient}).get_json() == {"keys": 1}
    assert words(site) == [("", True)]
    outcomes = [str(each.outcome) for each in site.entries(operation="audit.erase")]
    assert outcomes == ["refused", "success"]


def test_words_about_nobody_go_with_their_month(site: Site) -> None:
    query = {"identifier": {"system": "urn:oid:2.999.1.1", "value": "MRN-1"}}
    site.facility_client().post(SEARCH, query)
    assert "MRN-1" in words(site)[0][0]
    assert site.administrator().post(ERASURES, {"month": "2026-11"}).get_json()["keys"] >= 1
    assert words(site) == [("", True)]


def test_what_cannot_be_undone_asks_for_the_password_again(site: Site) -> None:
    auditor, administrator = site.auditor(), site.administrator()
    hold = placed(auditor, patient="p-1")
    site.clock.advance(minutes=6)
    for caller, method, path, body in (
        (auditor, "DELETE", f"{HOLDS}/{hold['id']}", None),
        (administrator, "POST", ERASURES, {"month": "2026-11"}),
    ):
        refused = caller.call(method, path, json=body)
        assert problem_of(refused)["type"].endswith("step-up-required")
        assert caller.post("/api/v1/session/step-up", {"password": PASSWORD}).status_code == 204
        assert caller.call(method, path, json=body).status_code in (200, 204)


@pytest.mark.parametrize("body", [{}, {"patient": "p-1", "month": "2026-11"}, {"month": "2026-13"}])
def test_an_erasure_of_nothing_or_too_much_is_refused(site: Site, body: dict[str, str]) -> None:
    assert site.administrator().post(ERASURES, body).status_code == 422
