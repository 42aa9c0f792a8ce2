from collections.abc import Callable
from typing import Any

from werkzeug.test import TestResponse

from medshare.access.model import Role
from tests.exams import (
    SYSTEMS,
    a_patient,
    a_report,
    an_exam,
    codes_of,
    post_exam,
    register,
    take_into_care,
)
from tests.site import Caller, Site, problem_of

NOBODYS = "/api/v1/exams/00000000-0000-7000-8000-000000000000"
FAULTS: list[tuple[dict[str, Any], str, str]] = [
    ({"item": {"system": "urn:medshare:item", "code": "CT-NO"}}, "/item/code", "item-unknown"),
    (
        {"item": {"system": "urn:medshare:local:SZ-B", "code": "1"}},
        "/item/system",
        "item-system-unknown",
    ),
    ({"modality": "MR"}, "/modality", "modality-mismatch"),
    ({"modality": "XYZ"}, "/modality", "modality"),
    (
        {"item": {"system": "urn:medshare:item", "code": "DX-KNEE"}},
        "/laterality",
        "laterality-required",
    ),
    ({"performedAt": "2026-11-19T09:30:00"}, "/performedAt", "time-without-offset"),
    ({"performedAt": "2026-11-20T10:05:01+08:00"}, "/performedAt", "time-in-future"),
    ({"collectedAt": "2026-11-19T09:30:00+08:00"}, "/performedAt", "one-time"),
    (
        {"performedAt": None, "collectedAt": "2026-11-19T09:30:00+08:00"},
        "/collectedAt",
        "time-kind",
    ),
    ({"patient": None}, "/patient", "one-patient"),
    (
        {"patient": {"system": SYSTEMS["SZ-B"], "value": "B-1"}},
        "/patient",
        "patient-unknown-to-facility",
    ),
    ({"studyInstanceUids": ["1..2"]}, "/studyInstanceUids/0", "uid"),
    ({"status": "done"}, "/status", "choice"),
]
REQUESTS: list[Callable[[Caller], TestResponse]] = [
    lambda caller: caller.post("/api/v1/exams", an_exam()),
    lambda caller: caller.put(NOBODYS, {"status": "cancelled"}, headers={"If-Match": '"1"'}),
    lambda caller: caller.get(NOBODYS),
    lambda caller: caller.post("/api/v1/exams/search", {"modality": "CT"}),
    lambda caller: caller.get(NOBODYS.replace("exams", "patients") + "/exams"),
    lambda caller: caller.post(f"{NOBODYS}/reports", a_report()),
    lambda caller: caller.get(f"{NOBODYS}/reports"),
    lambda caller: caller.get(f"{NOBODYS}/reports/1"),
    lambda caller: caller.get(f"{NOBODYS}/reports/1/pdf"),
]


def test_an_exam_is_registered_with_what_its_item_says(site: Site) -> None:
    his = site.facility_client("SZ-A")
    patient_id = register(his)
    answer = his.post("/api/v1/exams", an_exam())
    assert answer.status_code == 201, answer.text
    exam = answer.get_json()
    assert answer.headers["Location"] == f"/api/v1/exams/{exam['id']}"
    assert answer.headers["ETag"] == '"1"'
    assert exam["facility"] == "SZ-A"
    assert exam["kind"] == "imaging"
    assert exam["modality"] == "CT"
    assert exam["bodySite"] == "CHEST"
    assert exam["item"]["display"] == "胸部CT平扫"
    assert exam["performedAt"] == "2026-11-19T09:30:00+08:00"
    assert exam["patientId"] == patient_id
    entry = site.last_entry()
    assert entry.operation == "exams.register"
    assert entry.subjects[0].patient_id == patient_id
    assert entry.objects[0].id == exam["id"]
    assert "own-facility" in entry.basis


def test_the_same_exam_again_changes_nothing(site: Site) -> None:
    his = site.facility_client("SZ-A")
    register(his)
    first = his.post("/api/v1/exams", an_exam())
    changed = his.put(
        first.headers["Location"],
        {"status": "entered-in-error"},
        headers={"If-Match": first.headers["ETag"]},
    )
    assert changed.status_code == 200, changed.text
    again = his.post("/api/v1/exams", an_exam())
    assert again.status_code == 200
    assert again.get_json()["id"] == first.get_json()["id"]
    assert again.get_json()["status"] == "entered-in-error"


def test_an_accession_number_is_not_used_twice(site: Site) -> None:
    his = site.facility_client("SZ-A")
    register(his)
    his.post("/api/v1/patients", a_patient("MRN-2"))
    exam = post_exam(his)
    for change in (
        {"patient": {"system": SYSTEMS["SZ-A"], "value": "MRN-2"}},
        {"item": {"system": "urn:medshare:item", "code": "CT-HEAD-PLAIN"}},
    ):
        answer = his.post("/api/v1/exams", an_exam(**change))
        assert answer.status_code == 409
        problem = problem_of(answer)
        assert problem["type"] == "urn:medshare:problem:accession-in-use"
        assert problem["params"] == {"examId": exam["id"]}
        assert site.last_entry().outcome == "refused"


def test_two_facilities_may_use_one_accession_number(site: Site) -> None:
    ours, theirs = site.facility_client("SZ-A"), site.facility_client("SZ-B")
    register(ours)
    register(theirs, "B-1", "SZ-B")
    post_exam(ours)
    post_exam(theirs, patient={"system": SYSTEMS["SZ-B"], "value": "B-1"})


def test_a_study_belongs_to_one_exam_of_a_facility(site: Site) -> None:
    his = site.facility_client("SZ-A")
    register(his)
    post_exam(his)
    answer = his.post("/api/v1/exams", an_exam(accessionNumber="ACC-2"))
    assert answer.status_code == 409
    assert problem_of(answer)["type"] == "urn:medshare:problem:study-in-use"
    other = post_exam(his, accessionNumber="ACC-2", studyInstanceUids=["2.999.1.2"])
    moved = his.put(
        f"/api/v1/exams/{other['id']}",
        {"status": "completed", "studyInstanceUids": ["2.999.1.1"]},
        headers={"If-Match": '"1"'},
    )
    assert moved.status_code == 409
    assert problem_of(moved)["type"] == "urn:medshare:problem:study-in-use"


def test_a_fault_of_an_exam_is_named(site: Site) -> None:
    his = site.facility_client("SZ-A")
    register(his)
    for change, pointer, code in FAULTS:
        answer = his.post("/api/v1/exams", an_exam(**change))
        assert answer.status_code == 422, answer.text
        assert codes_of(problem_of(answer)) == {pointer: code}
        assert site.last_entry().outcome == "malformed"


def test_five_minutes_of_a_fast_clock_are_forgiven(site: Site) -> None:
    his = site.facility_client("SZ-A")
    register(his)
    post_exam(his, performedAt="2026-11-20T10:05:00+08:00")


def test_whether_a_stranger_is_known_elsewhere_does_not_show(site: Site) -> None:
    his, theirs = site.facility_client("SZ-A"), site.facility_client("SZ-B")
    known = register(theirs, "B-1", "SZ-B")
    unknown = "00000000-0000-7000-8000-000000000000"
    answers = [
        his.post("/api/v1/exams", an_exam(patient=None, patientId=each)).get_json(force=True)
        for each in (known, unknown)
    ]
    for each in answers:
        del each["request_id"]
    assert answers[0] == answers[1]
    assert codes_of(answers[0]) == {"/patientId": "patient-unknown-to-facility"}


def test_a_facility_may_use_its_own_codes(site: Site) -> None:
    his = site.facility_client("SZ-A")
    register(his)
    item = {"system": "urn:medshare:local:SZ-A", "code": "X/7", "display": "本院项目"}
    exam = post_exam(his, item=item, modality="US")
    assert exam["item"] == item
    assert exam["modality"] == "US"


def test_a_radiograph_may_come_from_a_cassette(site: Site) -> None:
    his = site.facility_client("SZ-A")
    register(his)
    item = {"system": "urn:medshare:item", "code": "DX-CHEST"}
    assert post_exam(his, item=item, modality="CR")["modality"] == "CR"


def test_an_exam_may_come_before_its_patient(site: Site) -> None:
    his = site.facility_client("SZ-A")
    exam = post_exam(his)
    assert "patientId" not in exam
    assert site.last_entry().reason == "patient not registered yet"
    site.deliver()
    patient_id = register(his)
    site.deliver()
    seen = his.get(f"/api/v1/exams/{exam['id']}")
    assert seen.get_json()["patientId"] == patient_id
    assert seen.headers["ETag"] == '"2"'
    attached = site.entries(operation="outbox.patients.record-registered")
    assert [each.subjects[0].patient_id for each in attached] == [patient_id]


def test_an_exam_that_waits_is_seen_by_its_own_facility_only(site: Site) -> None:
    his, theirs = site.facility_client("SZ-A"), site.facility_client("SZ-B").acting()
    exam = post_exam(his)
    register(theirs, "B-1", "SZ-B")
    take_into_care(theirs, "B-1", "SZ-B")
    assert his.get(f"/api/v1/exams/{exam['id']}").status_code == 200
    assert theirs.get(f"/api/v1/exams/{exam['id']}").status_code == 404


def test_another_facility_sees_an_exam_only_in_care_and_by_a_named_user(site: Site) -> None:
    ours, theirs = site.facility_client("SZ-A"), site.facility_client("SZ-B")
    patient_id = register(ours)
    assert register(theirs, "B-1", "SZ-B") == patient_id
    exam = post_exam(ours)
    address = f"/api/v1/exams/{exam['id']}"
    missing = theirs.acting().get(NOBODYS)
    without_care = theirs.acting().get(address)
    take_into_care(theirs, "B-1", "SZ-B")
    without_user = theirs.get(address)
    for each in (without_care, without_user):
        assert each.status_code == 404
        assert problem_of(each)["detail"] == problem_of(missing)["detail"]
        assert problem_of(each)["type"] == problem_of(missing)["type"]
    seen = theirs.acting().get(address)
    assert seen.status_code == 200, seen.text
    entry = site.last_entry()
    assert "care-relationship" in entry.basis
    assert entry.subjects[0].patient_id == patient_id
    assert entry.principal.acting_user is not None


def test_an_exam_is_changed_on_the_version_that_was_read(site: Site) -> None:
    his = site.facility_client("SZ-A")
    register(his)
    exam = post_exam(his, status="in-progress")
    address = f"/api/v1/exams/{exam['id']}"
    details = {
        "status": "completed",
        "department": "影像科",
        "studyInstanceUids": ["2.999.1.1", "2.999.1.9"],
    }
    assert his.put(address, details).status_code == 428
    assert his.put(address, details, headers={"If-Match": '"7"'}).status_code == 412
    answer = his.put(address, details, headers={"If-Match": '"1"'})
    assert answer.status_code == 200, answer.text
    assert answer.headers["ETag"] == '"2"'
    seen = his.get(address).get_json()
    assert {name: seen[name] for name in details} == details
    assert [each.outcome for each in site.entries()][-4:] == [
        "refused",
        "refused",
        "success",
        "success",
    ]


def test_an_exam_of_a_paired_part_keeps_its_side(site: Site) -> None:
    his = site.facility_client("SZ-A")
    register(his)
    item = {"system": "urn:medshare:item", "code": "DX-KNEE"}
    exam = post_exam(his, item=item, laterality="left")
    answer = his.put(
        f"/api/v1/exams/{exam['id']}", {"status": "completed"}, headers={"If-Match": '"1"'}
    )
    assert answer.status_code == 422
    assert codes_of(problem_of(answer)) == {"/laterality": "laterality-required"}


def test_an_error_is_never_undone(site: Site) -> None:
    his = site.facility_client("SZ-A")
    register(his)
    exam = post_exam(his, status="entered-in-error")
    address = f"/api/v1/exams/{exam['id']}"
    answer = his.put(address, {"status": "completed"}, headers={"If-Match": '"1"'})
    assert answer.status_code == 409
    assert problem_of(answer)["type"] == "urn:medshare:problem:exam-withdrawn"
    assert his.get(address).get_json()["status"] == "entered-in-error"


def test_a_study_may_leave_an_exam_that_was_entered_in_error(site: Site) -> None:
    his = site.facility_client("SZ-A")
    register(his)
    wrong = post_exam(his, status="entered-in-error")
    answer = his.put(
        f"/api/v1/exams/{wrong['id']}", {"status": "entered-in-error"}, headers={"If-Match": '"1"'}
    )
    assert answer.status_code == 200, answer.text
    post_exam(his, accessionNumber="ACC-2")


def test_nobody_changes_another_facilitys_exam(site: Site) -> None:
    ours, theirs = site.facility_client("SZ-A"), site.facility_client("SZ-B").acting()
    register(ours)
    register(theirs, "B-1", "SZ-B")
    take_into_care(theirs, "B-1", "SZ-B")
    exam = post_exam(ours)
    address = f"/api/v1/exams/{exam['id']}"
    assert theirs.get(address).status_code == 200
    answer = theirs.put(address, {"status": "cancelled"}, headers={"If-Match": '"1"'})
    assert answer.status_code == 404
    assert site.last_entry().outcome == "missing"


def test_exams_are_no_matter_of_administrators(site: Site) -> None:
    administrator = site.person(Role.ADMINISTRATOR)
    operations = set()
    for ask in REQUESTS:
        answer = ask(administrator)
        assert answer.status_code == 403, answer.text
        entry = site.last_entry()
        assert entry.outcome == "denied"
        operations.add(entry.operation)
    assert len(operations) == len(REQUESTS)


def test_a_broken_body_is_told_from_a_wrong_one(site: Site) -> None:
    his = site.facility_client("SZ-A")
    for path, call in (
        ("/api/v1/exams", his.post),
        ("/api/v1/exams/search", his.post),
        (f"{NOBODYS}/reports", his.post),
    ):
        answer = call(path, data=b"{", headers={"Content-Type": "application/json"})
        assert answer.status_code == 400
        assert site.last_entry().outcome == "malformed"
