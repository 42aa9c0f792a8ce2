from typing import Any

import pytest

from medshare.access.model import Role
from medshare.facilities import service
from tests.site import Caller, Site, problem_of

NEW: dict[str, Any] = {
    "code": "SZ-X",
    "name": {"zh": "测试医院", "en": "Test Hospital X"},
    "level": 2,
    "oid": "2.999.99",
    "patientIdentifierSystem": "urn:oid:2.999.99.1",
    "timeZone": "Asia/Urumqi",
    "aeTitles": ["SZX CT", "SZX_MR"],
    "scopes": ["CN-GD", "CN-GD-SZ"],
    "charsetPolicy": "gbk",
}
PATH = "/api/v1/facilities/SZ-X"


@pytest.fixture
def administrator(site: Site) -> Caller:
    return site.administrator()


def test_a_facility_is_added_shown_and_found_by_its_titles(administrator: Caller) -> None:
    made = administrator.post("/api/v1/facilities", NEW)
    assert (made.status_code, made.headers["Location"]) == (201, PATH)
    assert made.get_json() == administrator.get(PATH).get_json() == NEW
    entry = administrator.site.entries(operation="facilities.add")[-1]
    assert [(each.kind, each.id) for each in entry.objects] == [("facility", "SZ-X")]
    for find, by in (
        (service.find_by_ae_title, "SZX CT"),
        (service.find_by_identifier_system, "urn:oid:2.999.99.1"),
    ):
        found = administrator.site.read(lambda uow, find=find, by=by: find(uow, by))
        assert found.code == "SZ-X"


def test_a_facility_is_replaced_whole_but_for_its_code(administrator: Caller) -> None:
    administrator.post("/api/v1/facilities", NEW)
    changed = NEW | {"aeTitles": ["SZX_MR"], "scopes": [], "level": 3, "oid": "2.999.98"}
    assert administrator.put(PATH, changed).get_json() == changed
    assert administrator.get(PATH).get_json() == changed
    assert administrator.put(PATH, NEW).get_json() == NEW
    renamed = administrator.put(PATH, NEW | {"code": "SZ-Y"})
    assert [each["code"] for each in problem_of(renamed)["errors"]] == ["code-mismatch"]


def test_what_belongs_to_another_facility_is_a_conflict_and_changes_nothing(
    administrator: Caller,
) -> None:
    administrator.post("/api/v1/facilities", NEW)
    for taken in (
        {"code": "SZ-A"},
        {"code": "SZ-Z"},
        {"code": "SZ-Z", "oid": "2.999.97"},
        {"code": "SZ-Z", "oid": "2.999.97", "patientIdentifierSystem": "urn:oid:2.999.97.1"},
    ):
        refusal = administrator.post("/api/v1/facilities", NEW | taken)
        assert problem_of(refusal)["type"].endswith("facility-taken"), taken
    for taken in (
        {"oid": "2.999.1"},
        {"patientIdentifierSystem": "urn:oid:2.999.1.1"},
        {"aeTitles": ["SZ-A_AE"]},
    ):
        refusal = administrator.put(PATH, NEW | taken)
        assert (refusal.status_code, administrator.get(PATH).get_json()) == (409, NEW), taken


def test_a_facility_that_does_not_fit_is_refused_with_its_faults(administrator: Caller) -> None:
    for change, pointer in (
        ({"code": "sz-x"}, "/code"),
        ({"code": "X" * 33}, "/code"),
        ({"name": {"zh": "测试"}}, "/name/en"),
        ({"level": 0}, "/level"),
        ({"level": 2.0}, "/level"),
        ({"oid": "1.02"}, "/oid"),
        ({"timeZone": "Mars/Olympus"}, "/timeZone"),
        ({"patientIdentifierSystem": "numbers"}, "/patientIdentifierSystem"),
        ({"aeTitles": ["A\\B"]}, "/aeTitles/0"),
        ({"aeTitles": ["X" * 17]}, "/aeTitles/0"),
        ({"aeTitles": ["SAME", "SAME"]}, "/aeTitles"),
        ({"scopes": ["SAME", "SAME"]}, "/scopes"),
    ):
        refusal = administrator.post("/api/v1/facilities", NEW | change)
        assert refusal.status_code == 422, change
        assert [each["pointer"] for each in problem_of(refusal)["errors"]] == [pointer]


def test_facilities_are_listed_in_pages_without_loss_or_repeat(site: Site) -> None:
    client = site.facility_client()
    seen: list[str] = []
    path: str | None = "/api/v1/facilities?limit=2"
    while path:
        answer = client.get(path)
        seen += [each["code"] for each in answer.get_json()["items"]]
        link = answer.headers.get("Link", "")
        assert ("next" in answer.get_json()) == bool(link)
        path = link.partition(">")[0].removeprefix("<") or None
    assert seen == ["SZ-A", "SZ-B", "SZ-C"]


def test_everybody_known_reads_and_only_administrators_write(site: Site) -> None:
    for caller in (site.facility_client(), site.auditor(), site.person(Role.CLINICIAN, "SZ-A")):
        assert caller.get("/api/v1/facilities/SZ-B").status_code == 200
        assert caller.post("/api/v1/facilities", NEW).status_code == 403
        assert caller.put("/api/v1/facilities/SZ-B", NEW).status_code == 403
    assert site.anonymous().get("/api/v1/facilities/SZ-B").status_code == 401
    assert site.anonymous().post("/api/v1/facilities", NEW).status_code == 401


def test_a_facility_that_is_not_there_is_missing(administrator: Caller) -> None:
    for answer in (administrator.get(PATH), administrator.put(PATH, NEW)):
        assert answer.status_code == 404
        assert problem_of(answer)["type"].endswith("facility-unknown")
