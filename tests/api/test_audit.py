"""What auditors ask the trail, and in which form it leaves."""

import base64
import csv
import io
from dataclasses import replace
from typing import Any

import orjson
import pytest
from fhir.resources.R4B.auditevent import AuditEvent
from sqlalchemy import text

from medshare.access.model import Role
from medshare.audit.balp import audit_events
from medshare.audit.leaf import Withheld, entry_of, leaf_of, new_salt, withheld_of
from medshare.kernel.audit import AuditAction, AuditObject, AuditOutcome, Subject
from medshare.kernel.identifiers import PatientId, RecordId
from medshare.kernel.principal import (
    ANONYMOUS,
    ActingUser,
    Principal,
    PrincipalKind,
    system_principal,
)
from tests.balp import violations
from tests.entries import CLIENT, an_entry
from tests.site import Caller, Site, problem_of

EVENTS = "/api/v1/audit/events"


@pytest.fixture
def auditor(site: Site) -> Caller:
    site.facility_client("SZ-A").acting("d-1", "TREAT").get("/api/v1/facilities/SZ-B")
    site.facility_client("SZ-B").get("/api/v1/facilities/none")
    site.anonymous().get("/nowhere?name=%E6%9D%8E")
    site.clock.advance(hours=1)
    return site.auditor()


def operations_of(caller: Caller, query: str) -> list[str]:
    answer = caller.get(f"{EVENTS}?{query}")
    assert answer.status_code == 200, answer.text
    return [each["operation"] for each in answer.get_json()["items"]]


def test_a_question_finds_what_fits_newest_first(auditor: Caller) -> None:
    for query, found in (
        ("", ["access.login", "http.unmatched", "facilities.get", "facilities.get"]),
        ("who=his-SZ-A", ["facilities.get"]),
        ("who=d-1", ["facilities.get"]),
        ("facility=SZ-B", ["facilities.get"]),
        ("outcome=missing", ["http.unmatched", "facilities.get"]),
        ("action=login", ["access.login"]),
        ("operation=http.unmatched&outcome=missing", ["http.unmatched"]),
        ("since=2026-11-20T10:30:00%2B08:00", ["access.login"]),
        ("patient=nobody", []),
    ):
        own = {"audit.search"}
        assert [each for each in operations_of(auditor, query) if each not in own] == found, query


def test_an_entry_is_shown_with_all_that_it_says(auditor: Caller) -> None:
    (shown,) = auditor.get(f"{EVENTS}?who=d-1").get_json()["items"]
    assert shown["who"] == {
        "kind": "client",
        "id": "his-SZ-A",
        "facility": "SZ-A",
        "actingUser": "d-1",
        "actingUserName": "",
        "department": "",
        "purposeOfUse": "TREAT",
    }
    assert shown["objects"] == [{"kind": "facility", "id": "SZ-B"}]
    assert (shown["outcome"], shown["basis"]) == ("success", "permission Organization.r")
    assert shown["sourceAddress"] == "127.0.0.1"


def test_pages_lose_and_repeat_nothing_though_each_page_adds_an_entry(auditor: Caller) -> None:
    before = {each.id for each in auditor.site.entries()}
    seen: list[str] = []
    cursor = ""
    while True:
        answer = auditor.get(f"{EVENTS}?limit=2{cursor}").get_json()
        seen += [each["id"] for each in answer["items"]]
        if "next" not in answer:
            break
        cursor = f"&cursor={answer['next']}"
    assert len(seen) == len(set(seen))
    assert set(seen) == before


def test_a_question_that_cannot_be_read_is_refused(auditor: Caller) -> None:
    for query, pointer in (
        ("outcome=lost", "/outcome"),
        ("since=yesterday", "/since"),
        ("since=2026-11-20T10:30:00", "/since"),
        ("since=0001-01-01T00:00:00%2B08:00", "/since"),
        ("patient=a%20b", "/patient"),
        ("cursor=x", "/cursor"),
    ):
        answer = auditor.get(f"{EVENTS}?{query}")
        assert answer.status_code == 422, query
        assert [each["pointer"] for each in problem_of(answer)["errors"]] == [pointer]


def test_auditors_are_audited(auditor: Caller) -> None:
    auditor.get(f"{EVENTS}?patient=p-1")
    entry = auditor.site.last_entry()
    assert (entry.operation, entry.query) == ("audit.search", "patient=p-1")
    assert entry.counts == {"entries": 0}


def test_nobody_else_reads_the_trail(site: Site) -> None:
    for role in (Role.ADMINISTRATOR, Role.REGISTRAR, Role.QUALITY_OFFICER):
        caller = site.person(role)
        assert caller.get(EVENTS).status_code == 403
        assert caller.get("/api/v1/audit/export").status_code == 403
    assert site.facility_client().get(EVENTS).status_code == 403
    assert site.anonymous().get(EVENTS).status_code == 401


def exported(caller: Caller, query: str = "") -> list[dict[str, Any]]:
    answer = caller.get(f"/api/v1/audit/export?format=fhir&{query}")
    assert answer.status_code == 200, answer.text
    assert answer.content_type == "application/x-ndjson"
    return [orjson.loads(line) for line in answer.text.splitlines()]


def test_an_export_is_audit_events_of_fhir_oldest_first(auditor: Caller) -> None:
    events = exported(auditor)
    for each in events:
        AuditEvent.model_validate(each)
        assert violations(each) == []
    assert {each["meta"]["profile"][0].rsplit(".", 1)[1] for each in events if "meta" in each} == {
        "Read"
    }
    assert [each["id"] for each in events] == sorted(each["id"] for each in events)
    codes = [(each["type"]["code"], each["subtype"][0]["code"]) for each in events]
    assert codes[-1] == ("110114", "110122")
    assert auditor.site.last_entry().operation == "audit.export"


def test_an_export_is_filtered_like_a_search(auditor: Caller) -> None:
    (event,) = exported(auditor, "who=d-1")
    agents = [each["who"]["identifier"]["value"] for each in event["agent"]]
    assert agents == ["his-SZ-A", "127.0.0.1", "d-1"]


def test_an_export_as_a_table_opens_in_a_spreadsheet_and_runs_nothing(auditor: Caller) -> None:
    subjects = tuple(Subject(PatientId(each), RecordId("r-1")) for each in ("p-1", "p-2"))
    principal = replace(CLIENT, acting_user=ActingUser("d-9", "=cmd()", "影像科"))
    entry = an_entry(
        principal=principal,
        subjects=subjects,
        objects=(AuditObject("study", "2.999.1"),),
        counts={"instances": 3},
    )
    auditor.site.application.trail.append(entry)
    answer = auditor.get("/api/v1/audit/export?format=csv&who=d-9")
    assert answer.content_type == "text/csv; charset=utf-8"
    assert "audit.csv" in answer.headers["Content-Disposition"]
    assert answer.data.startswith(b"\xef\xbb\xbf")
    (row,) = csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig")))
    assert (row["entry"], row["operation"], row["id"]) == (entry.id, "imaging.read", "his-SZ-A")
    assert (row["actingUserName"], row["department"]) == ("'=cmd()", "影像科")
    assert (row["patients"], row["records"]) == ("p-1 p-2", "r-1 r-1")
    assert (row["objects"], row["counts"]) == ("study:2.999.1", "instances:3")
    assert None not in row.values()


def test_an_export_without_entries_is_empty_and_not_an_error(auditor: Caller) -> None:
    assert exported(auditor, "who=nobody") == []


def test_an_export_of_a_trail_that_is_away_is_503_and_not_empty(auditor: Caller) -> None:
    database = auditor.site.application.house.database
    with database.write() as session:
        session.execute(text("alter table audit_subjects rename to audit_elsewhere"))
    for form in ("fhir", "sealed", "csv", "dicom"):
        assert auditor.get(f"/api/v1/audit/export?format={form}").status_code >= 500


FULL = an_entry(
    operation="exams.search",
    action=AuditAction.SEARCH,
    subjects=(
        Subject(PatientId("p-1"), RecordId("r-1")),
        Subject(PatientId("p-2"), RecordId("r-2")),
        Subject(PatientId("p-1"), RecordId("r-3")),
    ),
    objects=(AuditObject("exam", "e-1"),),
    query="name=%E6%9D%8E",
    source_address="2001:db8::1",
    reason="because",
    counts={"exams": 3},
)


SERVER = "medshare.test"


def entity(event: dict[str, Any], role: str) -> list[dict[str, Any]]:
    return [each for each in event["entity"] if each.get("role", {}).get("code") == role]


def test_there_is_one_event_per_patient_and_none_names_two() -> None:
    events = list(audit_events(FULL, SERVER))
    named = [[each["what"]["reference"] for each in entity(event, "1")] for event in events]
    assert named == [["Patient/p-1"], ["Patient/p-2"]]
    assert len({each["id"] for each in events}) == 2
    records = [each["what"]["identifier"]["value"] for each in entity(events[0], "4")]
    assert records == ["r-1", "r-3", "e-1"]


@pytest.mark.parametrize("action", AuditAction)
@pytest.mark.parametrize("outcome", AuditOutcome)
@pytest.mark.parametrize("principal", [CLIENT, ANONYMOUS, system_principal("sweeper")])
def test_every_action_and_outcome_is_an_event_of_fhir_and_keeps_the_profile_it_claims(
    action: AuditAction, outcome: AuditOutcome, principal: Principal
) -> None:
    address = "" if principal.kind is PrincipalKind.SYSTEM else "192.0.2.17"
    for subjects in ((), FULL.subjects):
        entry = replace(
            FULL,
            action=action,
            outcome=outcome,
            principal=principal,
            source_address=address,
            subjects=subjects,
        )
        for event in audit_events(entry, SERVER):
            AuditEvent.model_validate(event)
            assert violations(event) == []
            claims = action in PROFILED and outcome is AuditOutcome.SUCCESS and bool(address)
            assert ("meta" in event) == claims


PROFILED = {
    *(AuditAction.CREATE, AuditAction.READ, AuditAction.UPDATE),
    *(AuditAction.DELETE, AuditAction.SEARCH),
}


@pytest.mark.parametrize(
    ("broken", "violation"),
    [
        ({"outcome": "4"}, "PatientQuery: action or outcome"),
        ({"subtype": []}, "PatientQuery: subtype"),
        ({"agent": []}, "PatientQuery: agent 110153: 0 of them"),
        ({"entity": []}, "PatientQuery: entity 2: 0 of them"),
    ],
)
def test_an_event_that_breaks_its_profile_is_found(broken: dict[str, Any], violation: str) -> None:
    event = next(audit_events(FULL, SERVER)) | broken
    assert violation in violations(event)


def test_what_is_forgotten_leaves_an_event_of_fhir() -> None:
    leaf = leaf_of(FULL, withheld_of(FULL, new_salt(), new_salt()))
    for event in audit_events(entry_of(leaf, Withheld(None, None)), SERVER):
        AuditEvent.model_validate(event)


def test_a_query_stands_in_base64_as_it_was_asked() -> None:
    for query, asked in ((FULL.query, "?name=%E6%9D%8E"), ("", "?")):
        for event in audit_events(replace(FULL, query=query), SERVER):
            AuditEvent.model_validate(event)
            (found,) = entity(event, "24")
            assert base64.b64decode(found["query"]).decode() == asked


def test_client_and_server_change_roles_between_reads_and_everything_else() -> None:
    reading, asking, writing = (
        next(audit_events(an_entry(action=action), SERVER))["agent"]
        for action in (AuditAction.READ, AuditAction.SEARCH, AuditAction.CREATE)
    )
    roles = [
        [each["type"]["coding"][0]["code"] for each in agents]
        for agents in (reading, asking, writing)
    ]
    assert roles == [
        ["110152", "110153", "IRCP"],
        ["110153", "110152", "IRCP"],
        ["110153", "110152", "AUT"],
    ]
