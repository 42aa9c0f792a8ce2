"""ITI-78: patients by what is known of them."""

from urllib.parse import parse_qsl, urlencode

import pytest
from werkzeug.datastructures import MultiDict

from medshare.patients.identity_numbers import SYSTEM
from tests.fhir_patients import PATIENT, WANG, A, B, ids, refused, resource
from tests.links import ask_unmerge, merged, registered, registrar, two_persons
from tests.site import Site


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
