"""Refusals to share hide a person from all others in every door; an emergency opens for an hour."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from medshare.access.model import Role
from medshare.kernel.audit import AuditOutcome
from tests.dicom import a_ct, multipart
from tests.exams import SYSTEMS, post_exam, register, take_into_care
from tests.site import PASSWORD, Caller, Site, problem_of

WORD = {"givenBy": "patient", "proof": "form 2026-0117"}
EMERGENCY = {"reason": "unconscious", "text": "Brought in unconscious."}


@dataclass(frozen=True)
class Shared:
    """One person whom SZ-A examined and SZ-B has in care."""

    site: Site
    patient: str
    exam: str

    @property
    def mine(self) -> Caller:
        return self.site.facility_client("SZ-A").acting()

    @property
    def theirs(self) -> Caller:
        return self.site.facility_client("SZ-B").acting("d-9")


@pytest.fixture
def shared(site: Site) -> Shared:
    his, other = site.facility_client("SZ-A"), site.facility_client("SZ-B")
    patient = register(his, "MRN-1", "SZ-A")
    register(other, "B-1", "SZ-B")
    take_into_care(other, "B-1", "SZ-B")
    exam = post_exam(his, studyInstanceUids=["2.999.9.1"])
    assert (
        his.post("/dicom-web/studies", **multipart(a_ct(1, PatientID="MRN-1"))).status_code == 200
    )
    site.deliver()
    return Shared(site, patient, exam["id"])


def seen_by(caller: Caller, shared: Shared) -> Mapping[str, Any]:
    """Return what a caller sees of the exam, its images, the timeline and the records."""
    studies = caller.get("/dicom-web/studies", headers={"Accept": "application/dicom+json"})
    study = caller.get(
        "/dicom-web/studies/2.999.9.1/metadata", headers={"Accept": "application/dicom+json"}
    )
    timeline = caller.get(f"/api/v1/patients/{shared.patient}/exams").get_json()
    patient = caller.get(f"/api/v1/patients/{shared.patient}").get_json()
    return {
        "exam": caller.get(f"/api/v1/exams/{shared.exam}").status_code,
        "timeline": len(timeline.get("items", ())),
        "studies": len(studies.get_json(force=True)),
        "metadata": study.status_code,
        "records": len(patient.get("records", ())),
    }


ALL = {"exam": 200, "timeline": 1, "studies": 1, "metadata": 200, "records": 2}
OWN_ONLY = {"exam": 404, "timeline": 0, "studies": 0, "metadata": 404, "records": 1}


def opt_out(shared: Shared, **changes: Any) -> Any:
    body = {"patient": {"system": SYSTEMS["SZ-A"], "value": "MRN-1"}} | WORD | changes
    answer = shared.mine.post("/api/v1/opt-outs", body)
    assert answer.status_code == 201, answer.text
    return answer.get_json()


def break_glass(caller: Caller, **changes: Any) -> Any:
    body = {"patient": {"system": SYSTEMS["SZ-B"], "value": "B-1"}} | EMERGENCY | changes
    return caller.post("/api/v1/break-glass", body)


def test_who_opted_out_looks_to_others_like_one_of_whom_there_is_nothing(shared: Shared) -> None:
    assert seen_by(shared.theirs, shared) == ALL
    made = opt_out(shared)
    assert made["everything"] is True
    assert made["recordedBy"] == "d-007"
    assert seen_by(shared.theirs, shared) == OWN_ONLY
    assert seen_by(shared.mine, shared)["exam"] == 200
    refused = shared.theirs.get(f"/api/v1/exams/{shared.exam}")
    absent = shared.theirs.get(f"/api/v1/exams/{shared.site.clock.new_key()}")
    shown = [dict(problem_of(each)) | {"request_id": ""} for each in (refused, absent)]
    assert shown[0] == shown[1]


def test_an_opt_out_of_one_facility_hides_its_results_only(shared: Shared) -> None:
    opt_out(shared, facilities=["SZ-C"])
    assert seen_by(shared.theirs, shared) == ALL
    opt_out(shared, facilities=["SZ-A"])
    assert seen_by(shared.theirs, shared) == OWN_ONLY


def test_an_opt_out_taken_down_elsewhere_hides_the_same_person(shared: Shared) -> None:
    other = shared.site.facility_client("SZ-B").acting()
    body = {"patient": {"system": SYSTEMS["SZ-B"], "value": "B-1"}} | WORD
    assert other.post("/api/v1/opt-outs", body).status_code == 201
    assert seen_by(shared.theirs, shared) == OWN_ONLY


def test_what_was_withdrawn_hides_nothing_and_stays_on_record(shared: Shared) -> None:
    made = opt_out(shared, givenBy="guardian", guardian="mother")
    address = f"/api/v1/opt-outs/{made['id']}/withdrawal"
    withdrawn = shared.mine.post(address, WORD)
    assert withdrawn.status_code == 200, withdrawn.text
    assert withdrawn.get_json()["withdrawnBy"] == "d-007"
    assert seen_by(shared.theirs, shared) == ALL
    assert shared.mine.post(address, WORD).status_code == 409
    assert shared.theirs.post(address, WORD).status_code == 404
    listed = shared.mine.get(f"/api/v1/opt-outs?patientId={shared.patient}").get_json()["items"]
    assert [each["guardian"] for each in listed] == ["mother"]
    entry = shared.site.last_entry()
    assert [each.patient_id for each in entry.subjects] == [shared.patient]


def test_others_do_not_learn_that_somebody_opted_out(shared: Shared) -> None:
    opt_out(shared)
    listed = shared.theirs.get(f"/api/v1/opt-outs?patientId={shared.patient}")
    assert listed.get_json() == {"items": []}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"givenBy": "guardian"}, "guardian-required"),
        ({"facilities": ["NOWHERE"]}, "facility-unknown"),
        ({"patient": {"system": "urn:oid:2.999.1.1", "value": "nobody"}}, "no-own-record"),
        ({"proof": ""}, "too-short"),
        ({"facilities": []}, "too-few"),
        ({"patientId": "p"}, "patient-reference"),
    ],
)
def test_a_bad_opt_out_is_refused_by_name(shared: Shared, change: Any, code: str) -> None:
    body = {"patient": {"system": SYSTEMS["SZ-A"], "value": "MRN-1"}} | WORD | change
    refused = shared.mine.post("/api/v1/opt-outs", body)
    assert refused.status_code == 422
    assert code in [each["code"] for each in problem_of(refused)["errors"]]
    assert seen_by(shared.theirs, shared) == ALL


def test_an_opt_out_names_who_took_it_down(shared: Shared) -> None:
    body = {"patient": {"system": SYSTEMS["SZ-A"], "value": "MRN-1"}} | WORD
    refused = shared.site.facility_client("SZ-A").post("/api/v1/opt-outs", body)
    assert [each["code"] for each in problem_of(refused)["errors"]] == ["acting-user-required"]


def test_emergency_access_overrides_a_refusal_for_its_user_and_purpose_only(
    shared: Shared,
) -> None:
    opt_out(shared)
    granted = break_glass(shared.theirs)
    assert granted.status_code == 201, granted.text
    entry = shared.site.last_entry()
    assert (entry.operation, entry.reason) == ("break-glass.open", "break-glass: unconscious")
    other = shared.site.facility_client("SZ-B")
    assert seen_by(other.acting("d-9", "BTG"), shared) == ALL
    assert shared.site.last_entry().basis.endswith("break-glass")
    assert seen_by(other.acting("d-9"), shared) == OWN_ONLY
    assert seen_by(other.acting("d-10", "BTG"), shared) == OWN_ONLY
    assert seen_by(shared.site.facility_client("SZ-C").acting("d-9", "BTG"), shared)["exam"] == 404


def test_emergency_access_ends_after_an_hour(shared: Shared) -> None:
    opt_out(shared)
    break_glass(shared.theirs)
    shared.site.clock.advance(minutes=59)
    urgent = shared.site.facility_client("SZ-B").acting("d-9", "BTG")
    assert seen_by(urgent, shared) == ALL
    shared.site.clock.advance(minutes=2)
    late = shared.site.facility_client("SZ-B").acting("d-9", "BTG")
    assert seen_by(late, shared) == OWN_ONLY


def test_emergency_access_needs_no_encounter(shared: Shared) -> None:
    stranger = shared.site.facility_client("SZ-C")
    register(stranger, "C-1", "SZ-C")
    urgent = stranger.acting("d-5", "BTG")
    assert urgent.get(f"/api/v1/exams/{shared.exam}").status_code == 404
    whom = {"system": SYSTEMS["SZ-C"], "value": "C-1"}
    assert break_glass(urgent, patient=whom).status_code == 201
    assert urgent.get(f"/api/v1/exams/{shared.exam}").status_code == 200


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"text": "short"}, "too-short"),
        ({"reason": "curious"}, "choice"),
        ({"patient": {"system": "urn:oid:2.999.2.1", "value": "nobody"}}, "no-own-record"),
    ],
)
def test_emergency_access_says_why_and_to_whom(shared: Shared, change: Any, code: str) -> None:
    refused = break_glass(shared.theirs, **change)
    assert refused.status_code == 422
    assert code in [each["code"] for each in problem_of(refused)["errors"]]


def test_a_person_proves_themselves_anew_to_break_glass(shared: Shared) -> None:
    site = shared.site
    doctor = site.person(Role.CLINICIAN, "SZ-B")
    site.clock.advance(minutes=6)
    assert break_glass(doctor).status_code == 403
    doctor.post("/api/v1/session/step-up", {"password": PASSWORD})
    assert break_glass(doctor).status_code == 201
    doctor.headers["X-Purpose-Of-Use"] = "BTG"
    opt_out(shared)
    assert doctor.get(f"/api/v1/exams/{shared.exam}").status_code == 200


def test_every_emergency_access_is_reviewed_once_by_somebody_else(shared: Shared) -> None:
    site = shared.site
    grant = break_glass(shared.theirs).get_json()
    auditor = site.auditor()
    waiting = auditor.get("/api/v1/break-glass").get_json()["items"]
    assert [each["id"] for each in waiting] == [grant["id"]]
    address = f"/api/v1/break-glass/{grant['id']}/review"
    found = {"outcome": "justified", "comment": "The emergency record shows it."}
    reviewed = auditor.post(address, found)
    assert reviewed.get_json()["outcome"] == "justified"
    assert site.last_entry().operation == "break-glass.review"
    assert auditor.post(address, found).status_code == 409
    assert auditor.get("/api/v1/break-glass").get_json()["items"] == []
    done = auditor.get("/api/v1/break-glass?reviewed=true").get_json()["items"]
    assert [each["reviewedBy"] for each in done] == ["auditor-city"]
    missing = f"/api/v1/break-glass/{site.clock.new_key()}/review"
    assert auditor.post(missing, found).status_code == 404
    assert auditor.get("/api/v1/break-glass?reviewed=perhaps").status_code == 422


def test_who_broke_the_glass_does_not_review_it(shared: Shared) -> None:
    site = shared.site
    break_glass(site.facility_client("SZ-B").acting("auditor-city"))
    auditor = site.auditor()
    (grant,) = auditor.get("/api/v1/break-glass").get_json()["items"]
    found = {"outcome": "justified", "comment": "It was me."}
    assert auditor.post(f"/api/v1/break-glass/{grant['id']}/review", found).status_code == 403


def test_systems_neither_list_nor_review_emergency_access(shared: Shared) -> None:
    assert shared.theirs.get("/api/v1/break-glass").status_code == 403
    assert shared.site.last_entry().outcome is AuditOutcome.DENIED
