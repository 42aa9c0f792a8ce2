from typing import Any
from urllib.parse import urlencode

import orjson
import pytest

from medshare.kernel.audit import AuditAction, AuditOutcome
from medshare.patients.identity_numbers import SYSTEM
from tests.fhir_patients import (
    PATIENT,
    PIX,
    WANG,
    A,
    B,
    a_patient,
    feed,
    ids,
    refused,
    resource,
    send,
)
from tests.links import merged, registered, registrar, two_persons
from tests.registrations import an_identity_number
from tests.site import Site

# --- ITI-83 --------------------------------------------------------------------------------


def test_cross_references_are_those_that_may_be_seen(site: Site) -> None:
    first, second = two_persons(site)
    merged(registrar(site), first["patientId"], second["patientId"])
    own = resource(site.facility_client("SZ-B").get(f"{PIX}?sourceIdentifier={B}|M1"))
    assert own["parameter"] == [
        {"name": "targetId", "valueReference": {"reference": f"Patient/{first['patientId']}"}}
    ]
    keeper = registrar(site, name="second")
    found = resource(keeper.get(f"{PIX}?sourceIdentifier={B}|M1&targetSystem={A}"))
    assert found["parameter"] == [
        {"name": "targetIdentifier", "valueIdentifier": {"system": A, "value": "M1"}}
    ]
    entry = site.last_entry()
    assert (entry.operation, entry.action) == ("fhir.pix", AuditAction.SEARCH)
    assert len(entry.subjects) == 2
    asked = [{"name": "sourceIdentifier", "valueString": f"{B}|M1"}]
    posted = send(keeper, "POST", PIX, {"resourceType": "Parameters", "parameter": asked})
    assert {"name": "targetIdentifier", "valueIdentifier": {"system": A, "value": "M1"}} in (
        resource(posted)["parameter"]
    )
    assert site.last_entry().query == urlencode({"sourceIdentifier": f"{B}|M1"})


def test_a_person_is_cross_referenced_to_several_domains_and_by_the_id_of_this_server(
    site: Site,
) -> None:
    made = registered(site, "SZ-A", "M1", number=WANG)
    registered(site, "SZ-B", "M2", number=WANG)
    keeper, base = registrar(site), f"{site.settings.effective_base_url}/fhir"
    reference = f"Patient/{made['patientId']}"

    def told(query: str) -> set[str]:
        found = resource(keeper.get(f"{PIX}?{query}")).get("parameter", ())
        return {
            each.get("valueIdentifier", {}).get("value") or each["valueReference"]["reference"]
            for each in found
        }

    both = f"targetSystem={B}&targetSystem={SYSTEM}"
    assert told(f"sourceIdentifier={A}|M1&{both}") == {"M2", WANG}
    assert told(f"sourceIdentifier={A}|M1&targetSystem={base}") == {reference}
    assert told(f"sourceIdentifier={base}|{reference}") == {"M1", "M2", WANG}
    asked = [
        {"name": "sourceIdentifier", "valueString": f"{base}|{reference}"},
        {"name": "targetSystem", "valueUri": A},
        {"name": "targetSystem", "valueUri": B},
    ]
    posted = send(keeper, "POST", PIX, {"resourceType": "Parameters", "parameter": asked})
    assert len(resource(posted)["parameter"]) == 2


NO_DOMAIN = ("code-invalid", "sourceIdentifier Assigning Authority not found")
NO_SOURCE = ("not-found", "sourceIdentifier Patient Identifier not found")


@pytest.mark.parametrize(
    ("query", "status", "told"),
    [
        (f"sourceIdentifier={A}|none", 404, NO_SOURCE),
        (f"sourceIdentifier={A}|", 404, NO_SOURCE),
        ("sourceIdentifier=urn:oid:2.999.77|M1", 400, NO_DOMAIN),
        ("sourceIdentifier=M1", 400, NO_DOMAIN),
        (
            f"sourceIdentifier={A}|M1&targetSystem={A}&targetSystem=urn:oid:2.999.77",
            403,
            ("code-invalid", "targetSystem not found"),
        ),
        ("", 422, ("invalid", "required")),
        (f"sourceIdentifier={A}|M1&sourceIdentifier={A}|M2", 422, ("invalid", "text")),
    ],
)
def test_iti_83_tells_its_refusals_apart(
    site: Site, query: str, status: int, told: tuple[str, str]
) -> None:
    registered(site, "SZ-A")
    answer = site.facility_client().get(f"{PIX}?{query}")
    assert answer.status_code == status
    issue = resource(answer)["issue"][0]
    assert (issue["code"], issue["diagnostics"]) == told


def test_what_may_not_be_seen_is_not_known(site: Site) -> None:
    registered(site, "SZ-A")
    answer = site.facility_client("SZ-C").acting().get(f"{PIX}?sourceIdentifier={A}|M1")
    assert refused(answer, 404) == NO_SOURCE[1]
    assert site.last_entry().outcome is AuditOutcome.MISSING


# --- ITI-119 -------------------------------------------------------------------------------


def test_a_match_is_graded_and_creates_nothing(site: Site) -> None:
    sure = registered(site, "SZ-A", "M1", number=WANG)
    maybe = registered(site, "SZ-A", "M2")
    his = site.facility_client()
    described = a_patient(identifier=[{"system": SYSTEM, "value": WANG}])
    answer = send(his, "POST", f"{PATIENT}/$match", described)
    grades = {
        each["resource"]["id"]: each["search"]["extension"][0]["valueCode"]
        for each in resource(answer)["entry"]
    }
    assert grades == {sure["patientId"]: "certain", maybe["patientId"]: "probable"}
    parameters = [
        {"name": "resource", "resource": described},
        {"name": "onlyCertainMatches", "valueBoolean": True},
    ]
    only = send(
        his, "POST", f"{PATIENT}/$match", {"resourceType": "Parameters", "parameter": parameters}
    )
    assert ids(only) == [sure["patientId"]]
    none = send(site.facility_client("SZ-C"), "POST", f"{PATIENT}/$match", described)
    assert ids(none) == []
    assert site.last_entry().reason == "nothing found"
    assert WANG in site.last_entry().query


def test_a_hospitals_number_makes_sure_of_whom_a_name_met_and_tells_nothing_alone(
    site: Site,
) -> None:
    made = registered(site, "SZ-A", "M1")
    registered(site, "SZ-A", "M2")
    his = site.facility_client()

    def grades(**changes: Any) -> dict[str, str]:
        answer = send(his, "POST", f"{PATIENT}/$match", a_patient("M1", **changes))
        return {
            each["resource"]["id"]: each["search"]["extension"][0]["valueCode"]
            for each in resource(answer).get("entry", ())
        }

    sure, *rest = grades().items()
    assert (sure, [grade for _, grade in rest]) == (
        (made["patientId"], "certain"),
        ["probable"],
    )
    twin = [{"text": "王小亮", "family": "王", "given": ["小亮"]}]
    assert "certain" not in grades(name=twin).values()
    assert grades(name=[{"text": "赵雨晴"}], birthDate="1999-01-01") == {}


@pytest.mark.parametrize(
    "document",
    [
        [],
        {"resourceType": "Parameters"},
        {"resourceType": "Patient", "name": "x"},
        a_patient(gender=1),
    ],
)
def test_a_match_that_cannot_be_read_is_422(site: Site, document: Any) -> None:
    refused(send(site.facility_client(), "POST", f"{PATIENT}/$match", document), 422)


# --- ITI-104 -------------------------------------------------------------------------------


def test_a_feed_creates_and_changes_the_senders_record(site: Site) -> None:
    his = site.facility_client()
    made = feed(his, a_patient())
    assert made.status_code == 201, made.text
    assert made.headers["Location"] == f"{PATIENT}/{resource(made)['id']}"
    changed = feed(his, a_patient(telecom=[{"system": "phone", "value": "199 0000 0001"}]))
    assert changed.status_code == 200
    assert resource(changed)["telecom"] == [{"system": "phone", "value": "19900000001"}]
    entry = site.last_entry()
    assert (entry.operation, len(entry.subjects)) == ("fhir.feed-patient", 1)


def test_a_feed_keeps_a_name_and_an_address_that_are_sent_in_parts(site: Site) -> None:
    name = {"family": "Mohr", "given": ["Alice", "Maria"]}
    latin = {"line": ["1 Test\u3000Road"], "city": "Testville", "postalCode": "00001"}
    his = site.facility_client()
    kept = resource(feed(his, a_patient(name=[name], address=[latin])))
    assert (kept["name"][0]["given"], kept["address"]) == (
        ["Alice Maria"],
        [{"text": "1 Test Road, Testville, 00001"}],
    )
    han = {"line": ["测试路\n1 号"], "city": "测试市", "state": "测试省", "postalCode": "000001"}
    kept = resource(feed(his, a_patient("M2", address=[han]), "M2"))
    assert kept["address"] == [{"text": "测试省测试市测试路 1 号"}]


def test_a_feed_of_a_mistyped_number_is_taken_and_warned_of_on_request(site: Site) -> None:
    his = site.facility_client()
    wrong = {"system": SYSTEM, "value": WANG[:17] + "9"}
    sent = a_patient()
    sent["identifier"] = [*sent["identifier"], wrong]
    address = f"{PATIENT}?identifier={A}|M1"
    headers = {"Prefer": "return=OperationOutcome", "Content-Type": "application/fhir+json"}
    answer = his.call("PUT", address, data=orjson.dumps(sent), headers=headers)
    assert answer.status_code == 201, answer.text
    (issue,) = resource(answer)["issue"]
    assert (issue["severity"], issue["diagnostics"]) == ("warning", "identity-number-check-digit")
    kept = resource(feed(his, sent))
    assert wrong["value"] in {each["value"] for each in kept["identifier"]}
    right = {**wrong, "value": WANG}
    sent["identifier"] = [*a_patient()["identifier"], right]
    answer = his.call("PUT", address, data=orjson.dumps(sent), headers=headers)
    assert [each["severity"] for each in resource(answer)["issue"]] == ["information"]


def test_a_replaced_record_comes_to_the_person_of_the_one_that_replaces_it(site: Site) -> None:
    his = site.facility_client()
    kept = resource(feed(his, a_patient("M1")))
    gone = resource(feed(his, a_patient("M2"), "M2"))
    link = [{"type": "replaced-by", "other": {"identifier": {"system": A, "value": "M1"}}}]
    answer = feed(his, a_patient("M2", active=False, link=link), "M2")
    assert (answer.status_code, resource(answer)["id"]) == (200, kept["id"])
    assert feed(his, a_patient("M2", active=False, link=link), "M2").status_code == 200
    assert resource(his.get(f"{PATIENT}/{gone['id']}"))["active"] is False
    elsewhere = [{"type": "replaced-by", "other": {"identifier": {"system": B, "value": "M1"}}}]
    foreign = feed(his, a_patient("M2", active=False, link=elsewhere), "M2")
    assert refused(foreign, 422) == "patient-record-unknown"


def test_two_identity_numbers_are_not_replaced_by_each_other(site: Site) -> None:
    registered(site, "SZ-A", "M1", number=WANG)
    registered(site, "SZ-A", "M2", number=an_identity_number(13))
    link = [{"type": "replaced-by", "other": {"identifier": {"system": A, "value": "M1"}}}]
    answer = feed(site.facility_client(), a_patient("M2", link=link), "M2")
    assert refused(answer, 409) == "identity-numbers-conflict"


@pytest.mark.parametrize(
    ("document", "status", "code"),
    [
        (a_patient("M9"), 400, "identifier-differs"),
        (a_patient(gender="M"), 422, "fhir-element"),
        (a_patient(birthDate="1962"), 422, "fhir-element"),
        (a_patient(name=[]), 422, "fhir-element"),
        (a_patient(name=[{"family": "王", "given": ["小\0明"]}]), 422, "fhir-element"),
        (a_patient(address=[{"line": [1]}]), 422, "fhir-element"),
        (a_patient("M" * 65), 422, "fhir-element"),
        (a_patient(link=[{"type": "replaced-by"}]), 422, "fhir-element"),
        ({"resourceType": "Observation"}, 422, "not-a-patient"),
    ],
)
def test_a_feed_that_cannot_be_read_is_refused(
    site: Site, document: Any, status: int, code: str
) -> None:
    assert refused(feed(site.facility_client(), document), status) == code


# --- the door itself -----------------------------------------------------------------------


def test_the_statement_names_what_the_door_does(site: Site) -> None:
    statement = resource(site.anonymous().get("/fhir/metadata"))
    resources = statement["rest"][0]["resource"]
    (patient,) = (each for each in resources if each["type"] == "Patient")
    assert {each["name"] for each in patient["operation"]} == {"ihe-pix", "match"}
    rules = {rule.rule for rule in site.application.flask.url_map.iter_rules()}
    assert {f"{PATIENT}/${each['name']}" for each in patient["operation"]} <= rules


def test_refusals_are_operation_outcomes(site: Site) -> None:
    assert refused(site.anonymous().get(f"{PATIENT}?telecom=1"), 401) == "unauthenticated"
    reader = site.facility_client(scope="system/Patient.r")
    assert refused(feed(reader, a_patient()), 403) == "forbidden"
    his = site.facility_client()
    xml = his.get(f"{PATIENT}?telecom=1", headers={"Accept": "application/fhir+xml"})
    assert refused(xml, 406) == "not-acceptable"
    for asked in ("application/fhir+json; fhirVersion=4.0", "application/json;charset=UTF-8"):
        assert his.get(f"{PATIENT}?telecom=1", headers={"Accept": asked}).status_code == 200
    other = his.get(f"{PATIENT}?telecom=1", headers={"Accept": "*/*; fhirVersion=5.0"})
    assert refused(other, 406) == "not-acceptable"
    for method, path, status in (
        ("DELETE", f"{PATIENT}?identifier={A}|M1", 405),
        ("GET", "/fhir/Observation", 404),
    ):
        refused(his.call(method, path), status)
    broken = his.call("PUT", f"{PATIENT}?identifier={A}|M1", data=b"{", content_type="text/plain")
    assert refused(broken, 400) == "broken-json"
    chinese = his.get(f"{PATIENT}?gender=x", headers={"Accept-Language": "zh-CN"})
    assert "请" in resource(chinese)["issue"][0]["details"]["text"]
