"""Asking who somebody is: a match by likeness, and a search by what is known for certain."""

import json
from typing import Any

import pytest

from medshare.kernel.audit import AuditAction, AuditOutcome
from medshare.patients.identity_numbers import SYSTEM
from tests.links import PATIENTS, WANG, one_person, registered
from tests.registrations import NUMBER_SYSTEMS
from tests.site import Site, issues_of

MATCH = f"{PATIENTS}/match"
SEARCH = f"{PATIENTS}/search"
ASKED = {"name": {"text": "王小明"}, "birthDate": "1962-05-17", "sex": "male"}
PHONE = "19900000001"
BY_NAME = {"name": "王小明", "birthDate": "1962-05-17"}


def test_a_match_says_who_may_be_meant_and_creates_nothing(site: Site) -> None:
    known = registered(site, "SZ-A", number=WANG, phone=PHONE)
    answer = site.facility_client("SZ-B").post(MATCH, {**ASKED, "phone": PHONE})
    assert answer.status_code == 200, answer.text
    (found,) = answer.get_json()["items"]
    assert (found["patientId"], found["grade"]) == (known["patientId"], "certain")
    codes = [each["code"] for each in found["explanation"]]
    assert codes == ["agreeing-birth-date", "agreeing-phone"]
    entry = site.last_entry()
    assert (entry.operation, entry.action) == ("patients.match", AuditAction.SEARCH)
    assert [each.patient_id for each in entry.subjects] == [known["patientId"]]
    weaker = site.facility_client("SZ-B").post(MATCH, ASKED).get_json()["items"]
    assert [each["grade"] for each in weaker] == ["probable"]


def test_a_match_that_finds_nobody_concerns_nobody(site: Site) -> None:
    registered(site, "SZ-A")
    answer = site.facility_client().post(MATCH, {"name": {"text": "赵雨晴"}})
    assert answer.get_json() == {"items": []}
    entry = site.last_entry()
    assert (entry.reason, json.loads(entry.query)["name"]) == ("nothing found", {"text": "赵雨晴"})


def test_a_match_needs_the_right_and_a_name(site: Site) -> None:
    assert site.facility_client(scope="system/Patient.c").post(MATCH, ASKED).status_code == 403
    assert site.last_entry().outcome is AuditOutcome.DENIED
    assert site.anonymous().post(MATCH, ASKED).status_code == 401
    assert issues_of(site.facility_client().post(MATCH, {})) == [("/name", "required")]
    assert site.last_entry().outcome is AuditOutcome.MALFORMED


@pytest.mark.parametrize(
    "query",
    [
        {"identifier": {"system": NUMBER_SYSTEMS["SZ-A"], "value": "M1"}},
        {"identifier": {"system": SYSTEM, "value": WANG[:6] + WANG[8:17]}},
        BY_NAME,
        {**BY_NAME, "name": "WANG, Xiaoming", "sex": "male"},
    ],
)
def test_a_search_finds_the_person(site: Site, query: dict[str, Any]) -> None:
    patient_id = one_person(site)
    answer = site.facility_client().post(SEARCH, query)
    assert answer.status_code == 200, answer.text
    assert [each["patientId"] for each in answer.get_json()["items"]] == [patient_id]
    assert "next" not in answer.get_json()
    entry = site.last_entry()
    assert (entry.operation, entry.action) == ("patients.search", AuditAction.SEARCH)
    assert [each.patient_id for each in entry.subjects] == [patient_id]
    ways = {"identifier", "name"}
    assert ways & json.loads(entry.query).keys() == ways & query.keys()


def test_a_search_that_finds_nothing_concerns_nobody(site: Site) -> None:
    one_person(site)
    query = {"identifier": {"system": SYSTEM, "value": WANG}}
    answer = site.facility_client("SZ-C").acting().post(SEARCH, query)
    assert answer.get_json() == {"items": []}
    entry = site.last_entry()
    assert (entry.subjects, entry.reason) == ((), "nothing found")


def test_a_search_is_paged(site: Site) -> None:
    for each in range(3):
        registered(site, "SZ-A", f"M{each}")
    client = site.facility_client()
    first = client.post(SEARCH, {**BY_NAME, "limit": 2}).get_json()
    rest = client.post(SEARCH, {**BY_NAME, "limit": 2, "cursor": first["next"]}).get_json()
    ids = [each["patientId"] for each in first["items"] + rest["items"]]
    assert len(set(ids)) == 3
    assert "next" not in rest


@pytest.mark.parametrize(
    ("query", "fault"),
    [
        ({}, ("", "search-too-wide")),
        ({"name": "王小明"}, ("", "search-too-wide")),
        ({"birthDate": "1962-05-17", "sex": "male"}, ("", "search-too-wide")),
        (
            {**BY_NAME, "identifier": {"system": SYSTEM, "value": WANG}},
            ("", "search-too-wide"),
        ),
        (
            {"identifier": {"system": SYSTEM, "value": WANG[:17]}},
            ("/identifier/value", "identity-number-format"),
        ),
        ({**BY_NAME, "name": "·"}, ("/name", "name-empty")),
        ({**BY_NAME, "cursor": "x"}, ("/cursor", "cursor")),
    ],
)
def test_a_search_never_widens(site: Site, query: dict[str, Any], fault: tuple[str, str]) -> None:
    assert issues_of(site.facility_client().post(SEARCH, query)) == [fault]
