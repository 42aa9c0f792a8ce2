"""The registers over REST: catalogue, scopes, certificates, policies and matching defects."""

from datetime import timedelta
from typing import Any

import pytest

from medshare.access.model import Role
from tests.exams import codes_of, post_exam, register
from tests.orders import a_doctor, a_prior, decided, evaluated
from tests.site import NOW, Caller, Site, problem_of

ROOT = "/api/v1/recognition"
NOBODYS = "00000000-0000-7000-8000-000000000000"
CODE = {"system": "urn:medshare:local:SZ-A", "code": "CT0071", "item": "CT-CHEST-PLAIN"}
SCOPE = {"code": "ALL-X", "nameZh": "示例联盟", "nameEn": "Sample", "rank": 4, "contains": []}
CERTIFICATE: dict[str, Any] = {
    "id": "SZ-B-CT",
    "facility": "SZ-B",
    "items": ["CT-CHEST-PLAIN"],
    "scope": "CN-GD-SZ",
    "mark": "示例市HR",
    "issuer": "示例市临床检验中心",
    "basis": {"scheme": "示例室间质评", "cycle": "2026-1", "score": "100"},
    "validFrom": "2026-01-01T00:00:00Z",
    "validTo": "2026-12-31T23:59:59Z",
}
COVERS = "item,covers\nCT-HEAD-ENH,CT-HEAD-PLAIN\n"
# What only a city-wide quality officer may do: method, address, body.
WRITES: list[tuple[str, str, Any]] = [
    ("POST", "catalogue/import", {"dryRun": True, "files": {"covers.csv": COVERS}}),
    ("POST", "catalogue/codes", CODE),
    ("DELETE", "catalogue/codes?system=urn:x&code=1", None),
    ("PUT", "scopes/ALL-X", SCOPE),
    ("POST", "certificates", CERTIFICATE),
    (
        "POST",
        "certificates/SZ-A-SAMPLE/withdrawal",
        {"invalidFrom": NOW.isoformat(), "reason": "moved"},
    ),
    ("POST", "policies", {"document": {}}),
    ("POST", f"policies/{'0' * 64}/enactment", None),
]
READS = ["catalogue/items", "catalogue/codes", "catalogue/unmapped", "scopes", "certificates"]


@pytest.fixture
def officer(site: Site) -> Caller:
    return site.person(Role.QUALITY_OFFICER)


def test_what_holds_for_all_is_changed_by_city_wide_officers_only(site: Site) -> None:
    for caller in (site.person(Role.QUALITY_OFFICER, "SZ-A"), site.administrator()):
        for method, address, body in WRITES:
            assert caller.call(method, f"{ROOT}/{address}", json=body).status_code == 403, address
            assert site.last_entry().outcome == "denied"


def test_hospitals_and_administrators_read_the_registers(site: Site) -> None:
    for caller in (site.facility_client(), site.administrator()):
        for address in [*READS, "policies"]:
            assert caller.get(f"{ROOT}/{address}").status_code == 200, address
    assert site.facility_client().get(f"{ROOT}/defects").status_code == 403


@pytest.mark.parametrize(
    ("method", "address", "body"),
    [
        ("GET", "catalogue/items/NONE", None),
        ("DELETE", "catalogue/codes?system=urn:x&code=1", None),
        ("GET", "certificates/NONE", None),
        (
            "POST",
            "certificates/NONE/withdrawal",
            {"invalidFrom": NOW.isoformat(), "reason": "moved"},
        ),
        ("GET", f"policies/{'0' * 64}", None),
        ("POST", f"policies/{'0' * 64}/enactment", None),
        ("GET", f"policies/{'0' * 64}/differences?with={'1' * 64}", None),
        ("POST", f"defects/{NOBODYS}/claim", None),
        ("POST", f"defects/{NOBODYS}/resolution", {"outcome": "no-defect", "note": "fits"}),
    ],
)
def test_what_is_not_there_is_missing(
    site: Site, officer: Caller, method: str, address: str, body: Any
) -> None:
    assert officer.call(method, f"{ROOT}/{address}", json=body).status_code == 404
    assert site.last_entry().outcome == "missing"


@pytest.mark.parametrize(
    ("method", "address", "body", "faults"),
    [
        (
            "POST",
            "catalogue/import",
            {"dryRun": False, "files": {"covers.csv": "item,covers\nNONE,LAB-K\n"}},
            {"/covers.csv/2/item": "item-unknown"},
        ),
        ("POST", "catalogue/codes", CODE | {"item": "NONE"}, {"/item": "item-unknown"}),
        ("PUT", "scopes/OTHER", SCOPE, {"/code": "code-mismatch"}),
        ("POST", "certificates", CERTIFICATE | {"scope": "NONE"}, {"/scope": "scope-unknown"}),
        (
            "POST",
            "certificates",
            CERTIFICATE | {"validTo": "2026-12-31T23:59:59"},
            {"/validTo": "time-without-offset"},
        ),
        ("POST", "policies", {"document": []}, {"": "not-an-object"}),
        ("GET", "defects?state=closed", None, {"/state": "choice"}),
    ],
)
def test_a_fault_is_named(
    site: Site, officer: Caller, method: str, address: str, body: Any, faults: dict[str, str]
) -> None:
    answer = officer.call(method, f"{ROOT}/{address}", json=body)
    assert answer.status_code == 422, answer.text
    assert codes_of(problem_of(answer)) == faults
    assert site.last_entry().outcome == "malformed"


def test_a_dry_run_tells_what_an_import_changes_and_changes_nothing(
    site: Site, officer: Caller
) -> None:
    asked = {"dryRun": True, "files": {"covers.csv": COVERS}}
    tried = officer.post(f"{ROOT}/catalogue/import", asked).get_json()
    assert tried["items"] == [
        {"part": "covers", "key": "CT-HEAD-ENH > CT-HEAD-PLAIN", "kind": "add"}
    ]
    item = f"{ROOT}/catalogue/items/CT-HEAD-ENH"
    assert officer.get(item).get_json()["covers"] == []

    officer.post(f"{ROOT}/catalogue/import", asked | {"dryRun": False})

    assert officer.get(item).get_json()["covers"] == ["CT-HEAD-PLAIN"]
    assert site.last_entry().operation == "recognition.get-item"


def test_an_unmapped_code_waits_until_it_is_mapped(site: Site, officer: Caller) -> None:
    source = site.facility_client("SZ-A")
    register(source)
    local = {"system": CODE["system"], "code": CODE["code"], "display": "胸部CT平扫"}
    post_exam(source, item=local, modality="CT")
    waiting = f"{ROOT}/catalogue/unmapped"
    (work,) = officer.get(waiting).get_json()["items"]
    assert (work["facility"], work["code"], work["exams"]) == ("SZ-A", "CT0071", 1)
    assert source.get(waiting).get_json()["items"] == [work]
    assert site.facility_client("SZ-B").get(waiting).get_json()["items"] == []

    assert officer.post(f"{ROOT}/catalogue/codes", CODE).status_code == 200

    assert officer.get(waiting).get_json()["items"] == []
    assert CODE in officer.get(f"{ROOT}/catalogue/codes").get_json()["items"]
    other = officer.post(f"{ROOT}/catalogue/codes", CODE | {"item": "CT-HEAD-PLAIN"})
    assert other.status_code == 409
    gone = officer.delete(f"{ROOT}/catalogue/codes?system={CODE['system']}&code=CT0071")
    assert gone.status_code == 204
    assert officer.get(waiting).get_json()["items"] == [work]


def test_a_certificate_is_registered_once_and_withdrawn_once(site: Site, officer: Caller) -> None:
    assert officer.put(f"{ROOT}/scopes/ALL-X", SCOPE).get_json() == SCOPE
    address = f"{ROOT}/certificates"
    made = officer.post(address, CERTIFICATE)
    assert made.status_code == 201, made.text
    assert officer.post(address, CERTIFICATE).status_code == 200
    assert officer.post(address, CERTIFICATE | {"mark": "X"}).status_code == 409
    asked = {"invalidFrom": "2026-10-01T00:00:00Z", "reason": "EQA failed"}

    ended = officer.post(f"{made.headers['Location']}/withdrawal", asked)

    assert ended.get_json()["withdrawal"]["reason"] == "EQA failed"
    assert ended.get_json() == officer.get(made.headers["Location"]).get_json()
    assert officer.post(f"{made.headers['Location']}/withdrawal", asked).status_code == 409
    assert site.last_entry().operation == "recognition.withdraw-certificate"


def test_one_officer_drafts_a_policy_and_another_enacts_it(site: Site, officer: Caller) -> None:
    stands = officer.get(f"{ROOT}/policies").get_json()["items"][0]
    before = officer.get(f"{ROOT}/policies/{stands['hash']}").get_json()["document"]
    document = before | {"effectiveFrom": (NOW + timedelta(days=1)).isoformat()}
    drafted = officer.post(f"{ROOT}/policies", {"document": document})
    assert drafted.status_code == 201, drafted.text
    address = drafted.headers["Location"]
    assert officer.post(f"{address}/enactment").status_code == 409

    head = site.person(Role.QUALITY_OFFICER, username="head")
    enacted = head.post(f"{address}/enactment")

    assert enacted.status_code == 200, enacted.text
    assert enacted.get_json()["status"] == "enacted"
    assert enacted.get_json()["enactedBy"] != enacted.get_json()["draftedBy"]
    query = f"with={enacted.get_json()['hash']}"
    told = officer.get(f"{ROOT}/policies/{stands['hash']}/differences?{query}").get_json()
    assert [each["pointer"] for each in told["items"]] == ["/effectiveFrom"]


def test_enacting_asks_to_prove_oneself_again(site: Site, officer: Caller) -> None:
    site.clock.advance(minutes=6)
    refused = officer.post(f"{ROOT}/policies/{'0' * 64}/enactment")
    assert problem_of(refused)["type"].endswith("step-up-required")


def test_a_case_is_claimed_and_resolved_by_the_facility_that_it_is_about(site: Site) -> None:
    exam_id = a_prior(site)
    doctor = a_doctor(site)
    decided(doctor, evaluated(doctor), outcome="repeated", reason="WRONG_PART")
    own = site.person(Role.QUALITY_OFFICER, "SZ-A")
    (case,) = own.get(f"{ROOT}/defects?state=open").get_json()["items"]
    assert (case["kind"], case["facility"], case["reportedBy"]) == ("mapping", "SZ-A", "SZ-B")
    address, done = f"{ROOT}/defects/{case['id']}", {"outcome": "corrected", "note": "mapped anew"}
    stranger = site.person(Role.QUALITY_OFFICER, "SZ-B")
    assert stranger.get(f"{ROOT}/defects").get_json()["items"] == []
    assert stranger.post(f"{address}/claim").status_code == 404
    assert own.post(f"{address}/resolution", done).status_code == 409

    assert own.post(f"{address}/claim").get_json()["claimedBy"]
    resolved = own.post(f"{address}/resolution", done)

    entry = site.last_entry()
    assert entry.operation == "recognition.resolve-defect"
    named = [(each.kind, each.id) for each in entry.objects]
    assert named == [("defect", case["id"]), ("exam", exam_id)]
    assert [each.patient_id for each in entry.subjects] == [register(site.facility_client("SZ-A"))]
    assert resolved.get_json()["outcome"] == "corrected"
    assert own.get(f"{ROOT}/defects?state=open").get_json()["items"] == []
    assert own.post(f"{address}/claim").status_code == 409
    assert site.last_entry().operation == "recognition.claim-defect"
