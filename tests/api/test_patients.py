from typing import Any

import pytest

from medshare.access.model import Role
from medshare.kernel.audit import AuditAction, AuditOutcome
from medshare.kernel.principal import PurposeOfUse
from medshare.patients.identity_numbers import SYSTEM
from tests.links import PATIENTS, WANG, one_person, registered
from tests.registrations import NUMBER_SYSTEMS, a_body, an_identity_number
from tests.site import Caller, Site, issues_of, problem_of

SEARCH = f"{PATIENTS}/search"
BY_NAME = {"name": "王小明", "birthDate": "1962-05-17"}
NOBODY = "00000000-0000-7000-8000-000000000000"


def register(site: Site, facility: str = "SZ-A", **changes: Any) -> dict[str, Any]:
    return registered(site, facility, **{"number": WANG, **changes})


def treat(site: Site, facility: str, patient_id: str) -> None:
    encounter = {
        "kind": "encounter",
        "number": "V1",
        "patientId": patient_id,
        "startedAt": "2026-11-20T09:00:00+08:00",
    }
    answer = site.facility_client(facility).post("/api/v1/encounters", encounter)
    assert answer.status_code == 201, answer.text


def facilities_in(patient: dict[str, Any]) -> list[str]:
    return sorted(each["facility"] for each in patient["records"])


# --- registering ---------------------------------------------------------------------------


def test_a_registration_makes_a_person_and_is_audited(site: Site) -> None:
    answer = site.facility_client().post(PATIENTS, a_body(number=WANG, phone="+86 (199) 0000-0001"))
    assert answer.status_code == 201, answer.text
    document = answer.get_json()
    assert document["outcome"] == "new"
    assert [each["code"] for each in document["explanation"]] == ["no-agreeing-person"]
    assert document["explanation"][0].keys() == {"code", "en", "zh"}
    assert answer.headers["Location"] == f"{PATIENTS}/{document['patientId']}"
    assert answer.headers["ETag"] == '"1"'
    assert document["record"] == {
        "recordId": document["recordId"],
        "patientId": document["patientId"],
        "facility": "SZ-A",
        "version": 1,
        "updatedAt": document["record"]["updatedAt"],
        "identifiers": [
            {"system": SYSTEM, "value": WANG, "type": "NNCHN"},
            {"system": NUMBER_SYSTEMS["SZ-A"], "value": "M1", "type": "MR"},
        ],
        "name": {"text": "王小明", "alphabetic": "Wang^XiaoMing"},
        "sex": "male",
        "birthDate": "1962-05-17",
        "phone": "+8619900000001",
    }
    entry = site.last_entry()
    assert (entry.operation, entry.outcome) == ("patients.register", AuditOutcome.SUCCESS)
    assert [(each.patient_id, each.record_id) for each in entry.subjects] == [
        (document["patientId"], document["recordId"])
    ]
    assert WANG not in repr(entry)
    assert "王小明" not in repr(entry)


def test_another_facilitys_record_of_the_person_is_linked(site: Site) -> None:
    first = register(site, "SZ-A")
    second = register(site, "SZ-B")
    assert second["outcome"] == "linked"
    assert second["patientId"] == first["patientId"]
    assert second["explanation"][0]["code"] == "identity-number-and-name"


def test_the_very_same_again_answers_200_and_other_content_409(site: Site) -> None:
    made = register(site)
    client = site.facility_client()
    again = client.post(PATIENTS, a_body(number=WANG))
    assert (again.status_code, again.get_json()) == (200, made)
    other = client.post(PATIENTS, a_body(number=WANG, sex="female"))
    assert other.status_code == 409
    problem = problem_of(other)
    assert problem["type"] == "urn:medshare:problem:patient-record-stands"
    assert problem["params"] == {"recordId": made["recordId"]}
    assert site.last_entry().outcome is AuditOutcome.REFUSED


def test_a_number_with_a_wrong_check_digit_is_taken_as_stated_with_a_warning(site: Site) -> None:
    client, wrong = site.facility_client(), WANG[:17] + "9"
    answer = client.post(PATIENTS, a_body(number=wrong))
    assert answer.status_code == 201, answer.text
    document = answer.get_json()
    assert document["record"]["identifiers"][0]["value"] == wrong
    (warning,) = document["warnings"]
    assert (warning["pointer"], warning["code"]) == (
        "/identifiers/0/value",
        "identity-number-check-digit",
    )
    again = client.post(PATIENTS, a_body(number=wrong)).get_json()
    assert again["warnings"] == document["warnings"]
    found = client.post(f"{PATIENTS}/search", {"identifier": {"system": SYSTEM, "value": wrong}})
    assert [each["patientId"] for each in found.get_json()["items"]] == [document["patientId"]]
    right = client.post(PATIENTS, a_body(mrn="M2", number=WANG)).get_json()
    assert right["outcome"] == "review", "name, birth date and a slip prove nobody"
    assert right["warnings"] == []


def test_a_registration_tells_its_fact_and_the_outbox_settles_it(site: Site) -> None:
    register(site)
    assert site.application.outbox.deliver_due() == 1
    assert site.application.outbox.deliver_due() == 0


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (a_body("SZ-B"), ("/identifiers", "own-record-number")),
        (a_body(number=WANG[:17]), ("/identifiers/1/value", "identity-number-format")),
        (a_body(number=WANG, birthDate="1962-05-18"), ("/birthDate", "identity-number-birth-date")),
        (a_body(birthDate="17.05.1962"), ("/birthDate", "date")),
        (a_body(sex="M"), ("/sex", "choice")),
        (a_body(name={}), ("/name", "name-empty")),
        (a_body(name={"text": " · "}), ("/name", "name-empty")),
        (a_body(phone="ask the ward"), ("/phone", "phone")),
        (a_body(identifiers=[]), ("/identifiers", "too-few")),
        (a_body(nickname="x"), ("/nickname", "unknown-field")),
    ],
)
def test_what_is_wrong_is_pointed_at(
    site: Site, body: dict[str, Any], fault: tuple[str, str]
) -> None:
    answer = site.facility_client().post(PATIENTS, body)
    assert issues_of(answer) == [fault]
    assert WANG[:17] not in answer.text
    assert site.last_entry().outcome is AuditOutcome.MALFORMED


def test_only_a_facilitys_own_caller_with_the_right_registers(site: Site) -> None:
    registrar = site.person(Role.REGISTRAR).post(PATIENTS, a_body())
    assert registrar.status_code == 403
    assert site.last_entry().outcome is AuditOutcome.DENIED
    reader = site.facility_client(scope="system/Patient.rs").post(PATIENTS, a_body())
    assert reader.status_code == 403
    assert site.anonymous().post(PATIENTS, a_body()).status_code == 401


def test_a_body_that_is_no_json_is_malformed(site: Site) -> None:
    answer = site.facility_client().post(PATIENTS, data=b"{", content_type="application/json")
    assert answer.status_code == 400


def test_a_doubtful_registration_begins_a_person_and_waits_for_a_registrar(site: Site) -> None:
    first = register(site, "SZ-A", number=None)
    second = register(site, "SZ-B", number=None)
    assert second["outcome"] == "review"
    assert second["patientId"] != first["patientId"]
    assert [each["code"] for each in second["explanation"]] == ["possible-same-person"]


# --- changing ------------------------------------------------------------------------------


def test_a_record_is_changed_on_the_version_that_stands(site: Site) -> None:
    made = register(site)
    client = site.facility_client()
    path = f"{PATIENTS}/records/{made['recordId']}"
    body = a_body(number=WANG, address="广东省深圳市示例区虚构路1号")
    assert client.put(path, body).status_code == 428
    assert client.put(path, body, headers={"If-Match": "*"}).status_code == 428
    assert client.put(path, body, headers={"If-Match": 'W/"1"'}).status_code == 412
    changed = client.put(path, body, headers={"If-Match": '"1"'})
    assert changed.status_code == 200, changed.text
    assert changed.headers["ETag"] == '"2"'
    assert changed.get_json()["record"]["address"] == "广东省深圳市示例区虚构路1号"
    entry = site.last_entry()
    assert (entry.operation, entry.action) == ("patients.replace-record", AuditAction.UPDATE)
    assert [each.record_id for each in entry.subjects] == [made["recordId"]]
    assert client.put(path, body, headers={"If-Match": '"1"'}).status_code == 412
    assert site.last_entry().outcome is AuditOutcome.REFUSED


def test_a_changed_identity_keeps_the_link_and_says_so(site: Site) -> None:
    register(site, "SZ-A")
    made = register(site, "SZ-B")
    body = a_body("SZ-B", number=an_identity_number(13))
    path = f"{PATIENTS}/records/{made['recordId']}"
    changed = site.facility_client("SZ-B").put(path, body, headers={"If-Match": '"1"'})
    document = changed.get_json()
    assert document["patientId"] == made["patientId"]
    codes = [each["code"] for each in document["explanation"]]
    assert codes == ["identity-number-and-name", "link-kept-though-content-differs"]


def test_anothers_record_and_none_look_alike_to_a_change(site: Site) -> None:
    made = register(site)
    client = site.facility_client("SZ-B")
    answers = [
        client.put(f"{PATIENTS}/records/{each}", a_body("SZ-B"), headers={"If-Match": '"1"'})
        for each in (made["recordId"], NOBODY)
    ]
    assert [each.status_code for each in answers] == [404, 404]
    first, second = (problem_of(each) for each in answers)
    assert first["type"] == second["type"] == "urn:medshare:problem:patient-record-unknown"
    assert first["detail"] == second["detail"]
    assert site.last_entry().outcome is AuditOutcome.MISSING


def test_a_change_needs_the_right_and_a_right_body(site: Site) -> None:
    path = f"{PATIENTS}/records/{register(site)['recordId']}"
    tag = {"If-Match": '"1"'}
    reader = site.facility_client(scope="system/Patient.rs")
    assert reader.put(path, a_body(), headers=tag).status_code == 403
    client = site.facility_client()
    assert issues_of(client.put(path, a_body(mrn="M2"), headers=tag)) == [
        ("/identifiers", "record-number-fixed")
    ]


# --- showing -------------------------------------------------------------------------------


def test_a_facility_sees_its_own_record_of_a_person(site: Site) -> None:
    patient_id = one_person(site)
    answer = site.facility_client().get(f"{PATIENTS}/{patient_id}")
    assert answer.status_code == 200, answer.text
    assert facilities_in(answer.get_json()) == ["SZ-A"]
    entry = site.last_entry()
    assert len(entry.subjects) == 1
    assert entry.counts == {"records": 1}
    assert entry.basis == "permission Patient.r, own-facility"


def test_care_opens_the_others_records_to_a_named_person_with_a_purpose(site: Site) -> None:
    patient_id = one_person(site)
    treat(site, "SZ-A", patient_id)
    client = site.facility_client()
    assert facilities_in(client.get(f"{PATIENTS}/{patient_id}").get_json()) == ["SZ-A"]
    answer = client.acting().get(f"{PATIENTS}/{patient_id}")
    assert facilities_in(answer.get_json()) == ["SZ-A", "SZ-B"]
    entry = site.last_entry()
    assert entry.basis == "permission Patient.r, care-relationship, own-facility"
    assert entry.principal.purpose is PurposeOfUse.TREAT
    assert len(entry.subjects) == 2
    elsewhere = site.facility_client("SZ-C").acting().get(f"{PATIENTS}/{patient_id}")
    assert elsewhere.status_code == 404


def test_a_registrar_sees_every_record(site: Site) -> None:
    patient_id = one_person(site)
    registrar = site.person(Role.REGISTRAR)
    assert facilities_in(registrar.get(f"{PATIENTS}/{patient_id}").get_json()) == ["SZ-A", "SZ-B"]
    found = registrar.post(SEARCH, BY_NAME).get_json()["items"]
    assert [facilities_in(each) for each in found] == [["SZ-A", "SZ-B"]]


def test_a_stranger_and_nobody_look_alike(site: Site) -> None:
    patient_id = one_person(site)
    client = site.facility_client("SZ-C").acting()
    first, second = (problem_of(client.get(f"{PATIENTS}/{each}")) for each in (patient_id, NOBODY))
    assert first["status"] == 404
    assert {**first, "request_id": ""} == {**second, "request_id": ""}
    assert client.get(f"{PATIENTS}/not-an-id").status_code == 404


@pytest.mark.parametrize("method", ["get", "search"])
def test_reading_needs_the_right(site: Site, method: str) -> None:
    patient_id = one_person(site)
    writer = site.facility_client(scope="system/Patient.c")

    def ask(caller: Caller) -> int:
        if method == "get":
            return caller.get(f"{PATIENTS}/{patient_id}").status_code
        return caller.post(SEARCH, BY_NAME).status_code

    assert ask(writer) == 403
    assert site.last_entry().outcome is AuditOutcome.DENIED
    assert ask(site.anonymous()) == 401


def test_an_auditor_asks_by_patient(site: Site) -> None:
    patient_id = one_person(site)
    answer = site.auditor().get(f"/api/v1/audit/events?patient={patient_id}")
    assert answer.status_code == 200, answer.text
    assert len(answer.get_json()["items"]) == 2
