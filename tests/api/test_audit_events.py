"""ITI-81: auditors who speak FHIR ask for AuditEvents."""

import base64
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

import orjson
import pytest
from fhir.resources.R4B.auditevent import AuditEvent
from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.operationoutcome import OperationOutcome

from medshare.kernel.audit import AuditAction, AuditObject, AuditOutcome, Subject
from medshare.kernel.identifiers import PatientId, RecordId
from medshare.kernel.principal import system_principal
from tests.balp import violations
from tests.entries import an_entry
from tests.links import merged, registrar, two_persons
from tests.registrations import NUMBER_SYSTEMS
from tests.site import NOW, Caller, Site

EVENTS = "/fhir/AuditEvent"
FORM = "application/x-www-form-urlencoded"


@dataclass
class Trail:
    """A trail of known entries, and an auditor."""

    site: Site
    auditor: Caller
    ids: dict[str, str]

    def found(self, query: str) -> list[str]:
        """Return which of the known entries answer a search, newest first."""
        names = {each: name for name, each in self.ids.items()}
        shown = [each["id"] for each in events_of(self.auditor.get(f"{EVENTS}?{query}"))]
        return [names[each] for each in shown if each in names]


def bundle(answer: Any) -> dict[str, Any]:
    """Return the bundle of an answer, each resource judged by a foreign validator and BALP."""
    assert answer.status_code == 200, answer.text
    assert answer.content_type == "application/fhir+json"
    document: dict[str, Any] = orjson.loads(answer.data)
    Bundle.model_validate(document)
    for each in document.get("entry", ()):
        AuditEvent.model_validate(each["resource"])
        assert violations(each["resource"]) == []
    return document


def events_of(answer: Any) -> list[dict[str, Any]]:
    return [each["resource"] for each in bundle(answer).get("entry", ())]


ENTRIES: dict[str, dict[str, Any]] = {
    "read": {
        "operation": "exams.get",
        "subjects": (Subject(PatientId("p-1"), RecordId("r-1")),),
        "objects": (AuditObject("exam", "e-1"),),
        "source_address": "192.0.2.17",
    },
    "search": {
        "operation": "exams.search",
        "action": AuditAction.SEARCH,
        "subjects": (
            Subject(PatientId("p-1"), RecordId("r-1")),
            Subject(PatientId("p-2"), RecordId("r-2")),
        ),
        "objects": (AuditObject("exam", "e-2"),),
        "query": "name=%E6%9D%8E",
        "source_address": "2001:db8::1",
        "request_id": "request-2",
    },
    "denied": {"operation": "exams.get", "outcome": AuditOutcome.DENIED},
    "failed": {"operation": "exams.register", "action": AuditAction.CREATE}
    | {"outcome": AuditOutcome.FAILED, "source_address": "198.51.100.7"},
    "job": {"operation": "jobs.sweep", "action": AuditAction.EXECUTE}
    | {"principal": system_principal("sweeper")},
}


@pytest.fixture
def trail(site: Site) -> Trail:
    ids = {}
    for name, changes in ENTRIES.items():
        site.clock.advance(hours=1)
        entry = an_entry(**{"recorded_at": site.clock.now()} | changes)
        site.application.trail.append(entry)
        ids[name] = entry.id
    site.clock.advance(hours=1)
    return Trail(site, site.auditor(), ids)


USERS = "urn:medshare:user:SZ-A"


FOUND: list[tuple[str, list[str] | None]] = [
    ("", ["job", "failed", "denied", "search", "search-1", "read"]),
    ("action=R", ["denied", "read"]),
    ("action=C,E", ["job", "failed", "search", "search-1"]),
    ("action=R&action=E", []),
    ("action=X", []),
    ("action=http://hl7.org/fhir/audit-event-action|C", ["failed"]),
    ("action=urn:other|C", []),
    ("outcome=8", ["failed"]),
    ("outcome=4,8", ["failed", "denied"]),
    ("outcome=12", []),
    ("outcome=4&action=R", ["denied"]),
    ("type=rest", ["failed", "denied", "search", "search-1", "read"]),
    ("type=http://dicom.nema.org/resources/ontology/DCM|110100", ["job"]),
    ("type=urn:other|rest", []),
    ("subtype=search", ["search", "search-1"]),
    ("subtype=urn:medshare:operation|exams.get", ["denied", "read"]),
    ("subtype=exams.get,search", ["denied", "search", "search-1", "read"]),
    ("agent.identifier=urn:medshare:system|sweeper", ["job"]),
    ("agent.identifier=sweeper", ["job"]),
    ("agent:identifier=urn:medshare:client|his-SZ-A&action=R", ["denied", "read"]),
    (f"agent.identifier={USERS}|d-007&action=R", ["denied", "read"]),
    ("agent.identifier=urn:medshare:user:SZ-B|d-007", []),
    ("agent.identifier=urn:medshare:user|d-007", []),
    ("agent.identifier=urn:medshare:client|d-007", []),
    ("agent.identifier=|his-SZ-A", []),
    ("patient=Patient/p-2", ["search-1"]),
    ("patient=p-1", ["search", "read"]),
    ("patient=https://elsewhere.test/fhir/Patient/p-1,Patient/p-2&action=R", ["read"]),
    ("entity=Patient/p-2", ["search-1"]),
    ("entity.identifier=urn:medshare:exam|e-1", ["read"]),
    (
        "entity.identifier=urn:medshare:exam|e-1,urn:medshare:exam|e-2&outcome=0&action=R",
        ["read"],
    ),
    ("entity.identifier=urn:medshare:exam|e-2&entity.identifier=urn:medshare:exam|e-1", []),
    ("entity.identifier=urn:medshare:study|e-1", []),
    ("entity.identifier=urn:other|e-1", []),
    ("entity.identifier=urn:medshare:request|request-2", ["search", "search-1"]),
    ("entity=Patient/p-2&entity.identifier=urn:medshare:exam|e-2", ["search-1"]),
    ("address=192.0.2", ["read"]),
    ("address=2001:DB8", ["search", "search-1"]),
    ("address=192.0.2,198", ["failed", "read"]),
    ("address=0.2", []),
    ("date=2026-11-20T11", None),
    ("date=ge2026-11-20T13:00&date=lt2026-11-20T15:00", ["failed", "denied"]),
    ("date=2026-11-20T11:00,2026-11-20T15:00", ["job", "read"]),
    ("date=ne2026-11-20", []),
    ("date=2026-11-20", ["job", "failed", "denied", "search", "search-1", "read"]),
    ("date=sa2026-11-20T06:00:00Z&action=E", ["job"]),
    ("site=127.0.0.1&action=C", ["failed"]),
    ("source.identifier=127.0.0.1&action=C", ["failed"]),
    ("source.identifier=elsewhere.test", []),
    ("address=127.0.0.1&action=C", ["failed"]),
]


def test_a_search_finds_what_fits(trail: Trail, subtests: pytest.Subtests) -> None:
    trail.ids["search-1"] = f"{trail.ids['search']}-1"
    for query, found in FOUND:
        with subtests.test(query):
            if found is None:
                assert trail.auditor.get(f"{EVENTS}?{query}").status_code == 422
            else:
                assert trail.found(f"{query}&_count=200") == found


UNREAD = [
    ("wide=open", "/wide"),
    ("agent=Practitioner/1", "/agent"),
    ("outcome:not=0", "/outcome:not"),
    ("date:missing=false", "/date:missing"),
    ("_sort=date", "/_sort"),
    ("_include=AuditEvent:patient", "/_include"),
    ("_count=0", "/_count"),
    ("_count=2&_count=3", "/_count"),
    ("date=ap2026", "/date"),
    ("date=2026-11-20,never", "/date"),
    ("patient=Practitioner/p-1", "/patient"),
    ("patient.identifier=M1", "/patient.identifier"),
    ("entity=e-1", "/entity"),
    ("entity.identifier=e-1", "/entity.identifier"),
    ("action=", "/action/0"),
    ("_cursor=x", "/cursor"),
    ("_cursor=WyJ4Il0", "/_cursor"),
]


def test_what_is_not_read_is_refused_and_never_passed_over(
    trail: Trail, subtests: pytest.Subtests
) -> None:
    for query, pointer in UNREAD:
        with subtests.test(query):
            answer = trail.auditor.get(f"{EVENTS}?{query}")
            assert answer.status_code == 422, answer.text
            document = orjson.loads(answer.data)
            OperationOutcome.model_validate(document)
            assert [each["expression"] for each in document["issue"]] == [[pointer]]


@pytest.mark.parametrize("query", ["", "entity.identifier=urn:medshare:exam|e-2", "patient=p-1"])
def test_pages_follow_by_links_and_lose_and_repeat_nothing(trail: Trail, query: str) -> None:
    query = f"{query}&date=lt2026-11-20T16:00&action=R,E,C"
    whole = [each["id"] for each in events_of(trail.auditor.get(f"{EVENTS}?{query}&_count=200"))]
    seen: list[str] = []
    address: str | None = f"{EVENTS}?{query}&_count=1"
    while address:
        page = bundle(trail.auditor.get(address))
        assert len(page["entry"]) <= 1
        seen += [each["resource"]["id"] for each in page["entry"]]
        links = {each["relation"]: each["url"] for each in page["link"]}
        parts = urlsplit(links.get("next", ""))
        address = f"{parts.path}?{parts.query}" if "next" in links else None
    assert seen == whole
    assert len(seen) > 1


def test_an_event_is_read_by_the_id_that_a_search_gives_it(trail: Trail) -> None:
    for shown in events_of(trail.auditor.get(f"{EVENTS}?patient=p-1,p-2")):
        answer = trail.auditor.get(f"{EVENTS}/{shown['id']}")
        assert orjson.loads(answer.data) == shown
        assert trail.site.last_entry().objects[0].kind == "audit-entry"
        assert [
            each["id"] for each in events_of(trail.auditor.get(f"{EVENTS}?_id={shown['id']}"))
        ] == [shown["id"]]
    for wrong in (f"{trail.ids['read']}-1", f"{trail.ids['read']}-0", "none", NOW.isoformat()):
        assert trail.auditor.get(f"{EVENTS}/{quote(wrong)}").status_code == 404
        assert events_of(trail.auditor.get(f"{EVENTS}?_id={quote(wrong)}")) == []


def test_a_search_by_post_is_the_same_and_stands_in_the_trail_as_it_was_asked(
    trail: Trail,
) -> None:
    query = "patient=p-1&action=R"
    asked = trail.auditor.call("POST", f"{EVENTS}/_search", data=query, content_type=FORM)
    assert events_of(asked) == events_of(trail.auditor.get(f"{EVENTS}?{query}"))
    own, posted = trail.site.entries()[-1:-3:-1]
    assert (own.operation, posted.operation) == (
        "fhir.search-audit-events",
        "fhir.search-audit-events-by-post",
    )
    assert posted.query == own.query == query
    assert posted.counts == {"events": 1}
    (event,) = events_of(trail.auditor.get(f"{EVENTS}?_id={posted.id}"))
    (asked_for,) = [each for each in event["entity"] if "query" in each]
    assert dict(parse_qsl(base64.b64decode(asked_for["query"]).decode()[1:])) == {
        "patient": "p-1",
        "action": "R",
    }


def test_a_search_by_post_names_nobody_in_the_address_of_its_next_page(trail: Trail) -> None:
    form = "patient=p-1&_count=1"
    asked = trail.auditor.call("POST", f"{EVENTS}/_search", data=form, content_type=FORM)
    links = {each["relation"]: each["url"] for each in bundle(asked)["link"]}
    further = links["next"].removeprefix(trail.site.settings.effective_base_url)
    assert not any(told in further + links["self"] for told in ("patient", "p-1"))
    shown = [each["id"] for each in events_of(asked) + events_of(trail.auditor.get(further))]
    assert shown == [trail.ids["search"], trail.ids["read"]]


def test_a_patient_is_found_by_identifier_and_under_every_id_ever_had(site: Site) -> None:
    first, second = two_persons(site)
    merged(registrar(site), first["patientId"], second["patientId"])
    auditor = site.auditor()
    system = NUMBER_SYSTEMS["SZ-B"]
    for query in (
        f"patient={first['patientId']}",
        f"patient={second['patientId']}",
        f"patient.identifier={system}|M1",
        f"patient:identifier={system}|M1",
    ):
        shown = events_of(auditor.get(f"{EVENTS}?{query}&subtype=patients.register"))
        named = {
            each["what"]["reference"]
            for event in shown
            for each in event["entity"]
            if each["type"]["code"] == "1"
        }
        assert named == {f"Patient/{each['patientId']}" for each in (first, second)}, query
    record = f"entity.identifier=urn:medshare:record|{second['recordId']}"
    (registered,) = events_of(auditor.get(f"{EVENTS}?{record}&subtype=patients.register"))
    assert any(
        each["what"]["reference"] == f"Patient/{second['patientId']}"
        for each in registered["entity"]
        if each["type"]["code"] == "1"
    )
    assert events_of(auditor.get(f"{EVENTS}?patient.identifier={system}|none")) == []
    assert events_of(auditor.get(f"{EVENTS}?entity.identifier=urn:medshare:record|none")) == []


def test_only_auditors_search_and_the_statement_tells_what_for(site: Site) -> None:
    for path in (EVENTS, f"{EVENTS}/none"):
        assert site.administrator().get(path).status_code == 403 if path == EVENTS else True
        assert site.facility_client().get(path).status_code == 403
        assert site.anonymous().get(path).status_code == 401
    document = site.anonymous().get("/fhir/metadata").get_json(force=True)
    (told,) = [each for each in document["rest"][0]["resource"] if each["type"] == "AuditEvent"]
    for each in told["searchParam"]:
        answer = site.anonymous().get(f"{EVENTS}?{each['name']}=x")
        assert answer.status_code == 401
    assert len(told["supportedProfile"]) == 10
