from typing import Any

import pytest

from medshare.access.model import Role
from medshare.care.model import EncounterKind
from medshare.kernel.audit import AuditAction, AuditOutcome
from tests.exams import post_exam, register
from tests.registrations import NUMBER_SYSTEMS, a_body
from tests.site import Site, issues_of, problem_of

ENCOUNTERS = "/api/v1/encounters"
NOBODY = "00000000-0000-7000-8000-000000000000"


def an_encounter(**changes: object) -> dict[str, Any]:
    return {
        "kind": "encounter",
        "number": "V1",
        "patient": {"system": NUMBER_SYSTEMS["SZ-A"], "value": "M1"},
        "department": "呼吸内科",
        "startedAt": "2026-11-20T09:00:00+08:00",
        **changes,
    }


@pytest.fixture
def patient(site: Site) -> dict[str, Any]:
    """Somebody whom SZ-A has registered."""
    document: dict[str, Any] = site.facility_client().post("/api/v1/patients", a_body()).get_json()
    return document


def record(site: Site) -> str:
    answer = site.facility_client().post(ENCOUNTERS, an_encounter())
    assert answer.status_code == 201, answer.text
    encounter_id: str = answer.get_json()["id"]
    return encounter_id


def test_an_encounter_is_recorded_and_audited(site: Site, patient: dict[str, Any]) -> None:
    answer = site.facility_client().post(ENCOUNTERS, an_encounter())
    assert answer.status_code == 201, answer.text
    document = answer.get_json()
    assert answer.headers["Location"] == f"{ENCOUNTERS}/{document['id']}"
    assert document == {
        "id": document["id"],
        "facility": "SZ-A",
        "kind": "encounter",
        "number": "V1",
        "patientId": patient["patientId"],
        "recordId": patient["recordId"],
        "department": "呼吸内科",
        "startedAt": "2026-11-20T01:00:00Z",
    }
    entry = site.last_entry()
    assert (entry.operation, entry.action) == ("care.record", AuditAction.CREATE)
    assert [each.record_id for each in entry.subjects] == [patient["recordId"]]
    assert [each.id for each in entry.objects] == [document["id"]]
    again = site.facility_client().post(ENCOUNTERS, an_encounter())
    assert (again.status_code, again.get_json()) == (200, document)
    other = site.facility_client().post(ENCOUNTERS, an_encounter(department="放射科"))
    assert other.status_code == 409
    assert problem_of(other)["params"] == {"encounterId": document["id"]}


@pytest.mark.usefixtures("patient")
@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (an_encounter(kind="visit"), ("/kind", "choice")),
        (an_encounter(startedAt="2026-11-20T09:00:00"), ("/startedAt", "time-without-offset")),
        (an_encounter(startedAt="0001-01-01T00:00:00+08:00"), ("/startedAt", "date-time")),
        (an_encounter(startedAt="2026-11-20T10:05:01+08:00"), ("/startedAt", "time-in-future")),
        (an_encounter(endedAt="2026-11-20T08:59:59+08:00"), ("/endedAt", "end-before-start")),
        (an_encounter(patientId=NOBODY), ("/patient", "patient-reference")),
        (
            an_encounter(patient={"system": NUMBER_SYSTEMS["SZ-A"], "value": "M2"}),
            ("/patient", "no-own-record"),
        ),
    ],
)
def test_what_is_wrong_is_pointed_at(
    site: Site, body: dict[str, Any], fault: tuple[str, str]
) -> None:
    answer = site.facility_client().post(ENCOUNTERS, body)
    assert issues_of(answer) == [fault]
    assert site.last_entry().outcome is AuditOutcome.MALFORMED


def test_whom_others_know_and_nobody_look_alike(site: Site, patient: dict[str, Any]) -> None:
    client = site.facility_client("SZ-B")
    known, unknown = (
        client.post(
            ENCOUNTERS,
            {key: value for key, value in an_encounter().items() if key != "patient"}
            | {"patientId": each},
        )
        for each in (patient["patientId"], NOBODY)
    )
    assert known.status_code == unknown.status_code == 422
    assert problem_of(known)["errors"] == problem_of(unknown)["errors"]


@pytest.mark.usefixtures("patient")
def test_an_encounter_is_shown_to_its_own_facility_only(site: Site) -> None:
    encounter_id = record(site)
    mine = site.facility_client().get(f"{ENCOUNTERS}/{encounter_id}")
    assert mine.status_code == 200, mine.text
    assert site.last_entry().operation == "care.get"
    assert len(site.last_entry().subjects) == 1
    client = site.facility_client("SZ-B").acting()
    theirs, none = (client.get(f"{ENCOUNTERS}/{each}") for each in (encounter_id, NOBODY))
    assert theirs.status_code == none.status_code == 404
    assert problem_of(theirs)["type"] == problem_of(none)["type"]
    assert site.last_entry().outcome is AuditOutcome.MISSING


@pytest.mark.usefixtures("patient")
def test_an_encounter_is_ended(site: Site) -> None:
    path = f"{ENCOUNTERS}/{record(site)}/end"
    client = site.facility_client()
    end = {"endedAt": "2026-11-20T09:30:00+08:00"}
    answer = client.post(path, end)
    assert answer.status_code == 200, answer.text
    assert answer.get_json()["endedAt"] == "2026-11-20T01:30:00Z"
    assert site.last_entry().operation == "care.end"
    assert client.post(path, end).status_code == 200
    later = client.post(path, {"endedAt": "2026-11-20T09:31:00+08:00"})
    assert later.status_code == 409
    assert client.post(path, {}).status_code == 422
    assert site.facility_client("SZ-B").post(path, end).status_code == 404
    assert client.post(f"{ENCOUNTERS}/{NOBODY}/end", end).status_code == 404


@pytest.mark.usefixtures("patient")
def test_encounters_need_the_right(site: Site) -> None:
    encounter_id = record(site)
    end = {"endedAt": "2026-11-20T09:30:00+08:00"}
    reader = site.facility_client(scope="system/Encounter.r")
    assert reader.post(ENCOUNTERS, an_encounter()).status_code == 403
    assert reader.post(f"{ENCOUNTERS}/{encounter_id}/end", end).status_code == 403
    writer = site.facility_client(scope="system/Encounter.c")
    assert writer.get(f"{ENCOUNTERS}/{encounter_id}").status_code == 403
    assert site.last_entry().outcome is AuditOutcome.DENIED
    assert site.anonymous().post(ENCOUNTERS, an_encounter()).status_code == 401


@pytest.mark.usefixtures("patient")
def test_a_clinician_records_in_the_name_of_the_facility(site: Site) -> None:
    answer = site.person(Role.CLINICIAN, "SZ-A").post(ENCOUNTERS, an_encounter())
    assert answer.status_code == 201, answer.text
    assert answer.get_json()["facility"] == "SZ-A"


@pytest.mark.parametrize("kind", list(EncounterKind))
def test_what_has_ended_long_enough_ago_opens_nothing_more(site: Site, kind: EncounterKind) -> None:
    source, treating = site.facility_client("SZ-A"), site.facility_client("SZ-B").acting()
    register(source)
    exam = post_exam(source)
    register(treating, "B-1", "SZ-B")
    whom = {"system": NUMBER_SYSTEMS["SZ-B"], "value": "B-1"}
    reason = an_encounter(kind=kind, patient=whom, startedAt="2026-09-01T09:00:00+08:00")
    recorded = treating.post(ENCOUNTERS, reason).get_json()
    assert treating.get(f"/api/v1/exams/{exam['id']}").status_code == 200
    ended = treating.post(
        f"{ENCOUNTERS}/{recorded['id']}/end", {"endedAt": "2026-10-01T09:00:00+08:00"}
    )
    assert ended.status_code == 200, ended.text
    assert treating.get(f"/api/v1/exams/{exam['id']}").status_code == 404
