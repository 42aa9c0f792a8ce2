from typing import Any
from urllib.parse import parse_qsl, urlencode

import orjson
import pytest
from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.capabilitystatement import CapabilityStatement
from fhir.resources.R4B.operationoutcome import OperationOutcome
from fhir.resources.R4B.parameters import Parameters
from fhir.resources.R4B.patient import Patient
from werkzeug.datastructures import MultiDict

from medshare.kernel.audit import AuditAction, AuditOutcome
from medshare.patients.identity_numbers import SYSTEM
from tests.links import ask_unmerge, merged, registered, registrar, two_persons
from tests.registrations import NUMBER_SYSTEMS, an_identity_number
from tests.site import Caller, Site

A, B = NUMBER_SYSTEMS["SZ-A"], NUMBER_SYSTEMS["SZ-B"]
PATIENT = "/fhir/Patient"
PIX = f"{PATIENT}/$ihe-pix"
WANG = an_identity_number()
KINDS = {
    each.__name__: each
    for each in (Bundle, CapabilityStatement, OperationOutcome, Parameters, Patient)
}


def resource(answer: Any) -> dict[str, Any]:
    """Return the resource of an answer, judged by a foreign validator."""
    assert answer.content_type == "application/fhir+json", answer.text
    document: dict[str, Any] = orjson.loads(answer.data)
    KINDS[document["resourceType"]].model_validate(document)
    return document


def refused(answer: Any, status: int) -> str:
    assert answer.status_code == status, answer.text
    return str(resource(answer)["issue"][0]["diagnostics"])


def a_patient(mrn: str = "M1", system: str = A, **changes: Any) -> dict[str, Any]:
    return {
        "resourceType": "Patient",
        "identifier": [{"system": system, "value": mrn}],
        "name": [{"text": "王小明", "family": "王", "given": ["小明"]}],
        "gender": "male",
        "birthDate": "1962-05-17",
        **changes,
    }


def send(caller: Caller, method: str, path: str, document: Any) -> Any:
    return caller.call(
        method, path, data=orjson.dumps(document), content_type="application/fhir+json"
    )


def feed(caller: Caller, document: Any, mrn: str = "M1", system: str = A) -> Any:
    return send(caller, "PUT", f"{PATIENT}?identifier={system}|{mrn}", document)


def ids(answer: Any) -> list[str]:
    return [each["resource"]["id"] for each in resource(answer).get("entry", ())]


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


# --- ITI-78 --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "query",
    [
        f"identifier={A}|M1",
        "family=王&birthdate=1962-05-17",
        "given=小明&birthdate=1962-05-17&gender=male&active=true",
        "name=wang&birthdate=1962-05-17",
        "telecom=19900000001",
        "name=王小明&address=测试路",
        "family=王&gender=http://hl7.org/fhir/administrative-gender|male",
        "family=王&given=小明",
        "family=李,王&birthdate=1962-05&telecom=phone|19900000001",
        "name:exact=王小明&birthdate=ge1962-05-01&birthdate=lt1962-06-01&address-city=测试",
        "birthdate=1962&name=王&mothersMaidenName=赵",
    ],
)
def test_a_patient_is_found_by_demographics(site: Site, query: str) -> None:
    made = registered(site, "SZ-A", phone="19900000001", address="测试路 1 号")
    his = site.facility_client()
    assert ids(his.get(f"{PATIENT}?{query}")) == [made["patientId"]]
    form = MultiDict(parse_qsl(query))
    posted = his.call("POST", f"{PATIENT}/_search", data=form)
    assert ids(posted) == [made["patientId"]]
    assert ids(site.facility_client("SZ-B").get(f"{PATIENT}?{query}")) == []


@pytest.mark.parametrize(
    "query",
    [
        "name:exact=王小&birthdate=1962-05-17",
        "name=王小明&birthdate=ne1962-05-17&telecom=19900000001",
        "telecom=email|19900000001",
        "telecom=19900000001&gender=female",
        "telecom=19900000001&address-city=别处",
        f"identifier={A}|M1&identifier={B}|M1",
        "telecom=19900000001&active=false",
        "_id=none",
    ],
)
def test_nobody_is_found_by_what_does_not_fit(site: Site, query: str) -> None:
    registered(site, "SZ-A", phone="19900000001", address="测试路 1 号")
    found = resource(site.facility_client().get(f"{PATIENT}?{query}"))
    assert (found["total"], found.get("entry")) == (0, None)


def test_identifiers_are_shown_of_the_domains_that_are_asked_for(site: Site) -> None:
    made = registered(site, "SZ-A", "M1", number=WANG)
    registered(site, "SZ-B", "M2", number=WANG)
    keeper, who = registrar(site), "family=王&birthdate=1962-05-17"
    answer = resource(keeper.get(f"{PATIENT}?{who}&identifier={A}|,{SYSTEM}|&identifier={B}|M2"))
    (entry,) = answer["entry"]
    assert (answer["total"], entry["resource"]["id"]) == (1, made["patientId"])
    assert {each["value"] for each in entry["resource"]["identifier"]} == {"M1", WANG}
    own = site.facility_client("SZ-A")
    assert ids(own.get(f"{PATIENT}?{who}&identifier={B}|")) == []
    unknown = own.get(f"{PATIENT}?{who}&identifier=urn:oid:2.999.77|")
    assert refused(unknown, 404) == "targetSystem not found"


@pytest.mark.parametrize(
    "query",
    ["identifier=M1", "birthdate=62", "gender=m", "active=yes", "family:contains=王", "x=1"],
)
def test_a_value_a_modifier_or_a_parameter_that_is_not_read_is_refused(
    site: Site, query: str
) -> None:
    refused(site.facility_client().get(f"{PATIENT}?telecom=1&{query}"), 422)


@pytest.mark.parametrize(
    "query",
    [
        "",
        "gender=male",
        "name=王",
        "birthdate=1962-05-17",
        "name=王&birthdate=ge1962",
        "name=王&address-city=测",
        f"name=王&identifier={A}|",
    ],
)
def test_a_search_that_would_list_the_city_is_refused(site: Site, query: str) -> None:
    assert refused(site.facility_client().get(f"{PATIENT}?{query}"), 400) == "search-too-wide"


def test_a_search_is_paged_by_its_next_link(site: Site) -> None:
    for number in range(3):
        registered(site, "SZ-A", f"M{number}")
    his = site.facility_client()
    first = his.get(f"{PATIENT}?name=王小明&birthdate=1962-05-17&_count=2")
    links = {each["relation"]: each["url"] for each in resource(first)["link"]}
    rest = his.get(links["next"].removeprefix(site.settings.effective_base_url))
    assert len({*ids(first), *ids(rest)}) == 3
    assert "next" not in {each["relation"] for each in resource(rest)["link"]}


def test_a_search_by_post_goes_on_by_an_address_that_tells_nothing(site: Site) -> None:
    for number in range(3):
        registered(site, "SZ-A", f"M{number}")
    his, form = site.facility_client(), {"name": "王小明", "birthdate": "1962-05-17", "_count": "2"}
    first = his.call("POST", f"{PATIENT}/_search", data=form)
    links = {each["relation"]: each["url"] for each in resource(first)["link"]}
    further = links["next"].removeprefix(site.settings.effective_base_url)
    for told in (*form, urlencode(form), "1962"):
        assert told not in links["self"] + further
    rest = his.get(further)
    assert len({*ids(first), *ids(rest)}) == 3
    assert {each["relation"] for each in resource(rest)["link"]} == {"self"}
    # The trail holds of both pages what was asked.
    assert [each.query for each in site.entries()[-2:]] == [urlencode(form)] * 2
    for refusing, address in (
        (site.facility_client("SZ-B"), further),
        (his, further[:-6] + "AAAAA="),
        (his, f"{further}&name=x"),
        (his, further.replace("/Patient?", "/AuditEvent?")),
    ):
        refused(refusing.get(address), 403 if "AuditEvent" in address else 422)


def test_a_retired_id_says_who_replaced_it(site: Site) -> None:
    first, second = two_persons(site)
    keeper = registrar(site)
    act = merged(keeper, first["patientId"], second["patientId"])
    address = f"{PATIENT}/{second['patientId']}"
    retired = resource(keeper.get(address))
    assert retired["active"] is False
    assert retired["link"] == [
        {"other": {"reference": f"Patient/{first['patientId']}"}, "type": "replaced-by"}
    ]
    ask_unmerge(keeper, act["id"])
    shown = resource(keeper.get(address))
    assert (shown["active"], shown["gender"]) == (True, "male")
    assert refused(site.facility_client("SZ-C").get(address), 404) == "patient-unknown"


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
