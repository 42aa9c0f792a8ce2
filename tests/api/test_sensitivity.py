"""Classes of sensitive results: refused, shared with consent only, or sealed, in every door."""

from typing import Any

import pytest

from medshare.access.model import Role
from tests.exams import SYSTEMS, codes_of, register
from tests.orders import EVALUATIONS, a_doctor, a_prior, an_order
from tests.site import Caller, Site, problem_of

WORD = {"givenBy": "patient", "proof": "form 2026-0117"}
DICOM_JSON = {"headers": {"Accept": "application/dicom+json"}}


class Door:
    """A sensitive exam of SZ-A, and how much of it is seen of those who have the person in care."""

    def __init__(self, site: Site, sensitivity: str | None = "PSY") -> None:
        self.site = site
        self.doctor = a_doctor(site)
        self.mine = site.facility_client("SZ-A").acting()
        self.exam = a_prior(site, sensitivity=sensitivity)
        self.patient = register(site.facility_client("SZ-A"))
        site.deliver()

    def seen(self, caller: Caller) -> dict[str, Any]:
        timeline = caller.get(f"/api/v1/patients/{self.patient}/exams")
        studies = caller.get("/dicom-web/studies", **DICOM_JSON)
        study = caller.get("/dicom-web/studies/2.999.9.1/metadata", **DICOM_JSON)
        changes = caller.get("/api/v1/changes?limit=100").get_json()["items"]
        evaluated = caller.post(EVALUATIONS, an_order())
        return {
            "exam": caller.get(f"/api/v1/exams/{self.exam}").status_code,
            "timeline": len(timeline.get_json()["items"]),
            "studies": len(studies.get_json(force=True)),
            "metadata": study.status_code,
            "changes": {each["kind"] for each in changes if "exam" in each["kind"]},
            "study changes": sum("study" in each["kind"] for each in changes) > 0,
            "verdicts": len(evaluated.get_json()["verdicts"]),
        }

    def policy(self, **changes: Any) -> None:
        admin = self.site.person(Role.ADMINISTRATOR, username=f"a{self.site.clock.new_key()}")
        body = {
            "code": "PSY",
            "nameEn": "Psychiatry",
            "nameZh": "精神疾病",
            "consentRequired": False,
            "sealed": False,
            "reason": "An act of the city.",
        } | changes
        answer = admin.put("/api/v1/sensitivity-classes/PSY", body)
        assert answer.status_code == 200, answer.text

    def say(self, where: str, **changes: Any) -> str:
        body = {"patient": {"system": SYSTEMS["SZ-A"], "value": "MRN-1"}} | WORD | changes
        answer = self.mine.post(f"/api/v1/{where}", body)
        assert answer.status_code == 201, answer.text
        return str(answer.headers["Location"])

    def urgent(self) -> Caller:
        whom = {"patient": {"system": SYSTEMS["SZ-B"], "value": "MRN-SZ-B"}}
        why = {"reason": "unconscious", "text": "Brought in unconscious."}
        assert self.doctor.post("/api/v1/break-glass", whom | why).status_code == 201
        return self.site.facility_client("SZ-B").acting("d-007", "BTG")

    def reclassify(self, sensitivity: str | None, **changes: Any) -> Any:
        address = f"/api/v1/exams/{self.exam}"
        shown = self.mine.get(address)
        body = {
            "status": "completed",
            "studyInstanceUids": ["2.999.9.1"],
            "sensitivity": sensitivity,
        }
        return self.mine.put(address, body | changes, headers={"If-Match": shown.headers["ETag"]})


EXAM_CHANGES = {"exams.exam-registered", "exams.report-versioned"}
ALL = {
    "exam": 200,
    "timeline": 1,
    "studies": 1,
    "metadata": 200,
    "changes": EXAM_CHANGES,
    "study changes": True,
    "verdicts": 1,
}
NOTHING = {
    "exam": 404,
    "timeline": 0,
    "studies": 0,
    "metadata": 404,
    "changes": set(),
    "study changes": False,
    "verdicts": 0,
}


@pytest.fixture
def door(site: Site) -> Door:
    return Door(site)


def test_a_class_of_which_nothing_is_asked_is_shared_as_any_other(door: Door) -> None:
    assert door.seen(door.doctor) == ALL
    shown = door.doctor.get(f"/api/v1/exams/{door.exam}").get_json()
    assert shown["sensitivity"] == "PSY"


def test_an_opt_out_of_a_class_hides_that_class_alone(door: Door) -> None:
    other = a_prior(door.site, 2, images=False)
    door.say("opt-outs", sensitivity="HIV")
    assert door.doctor.get(f"/api/v1/exams/{door.exam}").status_code == 200
    where = door.say("opt-outs", sensitivity="PSY")
    assert door.doctor.get(f"/api/v1/exams/{door.exam}").status_code == 404
    assert door.doctor.get(f"/api/v1/exams/{other}").status_code == 200
    assert door.mine.get(f"/api/v1/exams/{door.exam}").status_code == 200
    assert door.mine.post(f"{where}/withdrawal", WORD).status_code == 200
    assert door.doctor.get(f"/api/v1/exams/{door.exam}").status_code == 200


def test_what_is_kept_back_looks_like_nothing_in_every_door(door: Door) -> None:
    door.say("opt-outs", sensitivity="PSY", facilities=["SZ-A"])
    assert door.seen(door.doctor) == NOTHING
    refused = door.doctor.get(f"/api/v1/exams/{door.exam}")
    absent = door.doctor.get(f"/api/v1/exams/{door.site.clock.new_key()}")
    shown = [dict(problem_of(each)) | {"request_id": ""} for each in (refused, absent)]
    assert shown[0] == shown[1]


def test_a_class_that_asks_for_consent_is_shared_with_it_alone(door: Door) -> None:
    door.policy(consentRequired=True)
    assert door.seen(door.doctor) == NOTHING
    door.say("opt-ins", sensitivity="PSY", facilities=["SZ-C"])
    assert door.seen(door.doctor) == NOTHING
    where = door.say("opt-ins", sensitivity="PSY")
    assert door.seen(door.doctor) == ALL
    assert door.mine.post(f"{where}/withdrawal", WORD).status_code == 200
    assert door.seen(door.doctor) == NOTHING


def test_an_opt_out_goes_before_an_opt_in(door: Door) -> None:
    door.policy(consentRequired=True)
    door.say("opt-ins", sensitivity="PSY")
    door.say("opt-outs")
    assert door.seen(door.doctor) == NOTHING


def test_an_emergency_opens_a_class_unless_policy_seals_it(door: Door) -> None:
    door.say("opt-outs", sensitivity="PSY")
    door.policy(consentRequired=True)
    urgent = door.urgent()
    assert door.seen(urgent) == ALL
    door.policy(sealed=True)
    assert door.seen(urgent) == NOTHING


def test_recognition_says_what_it_sees_by_emergency_access_only(door: Door) -> None:
    urgent = door.urgent()

    def reasons() -> list[str]:
        (verdict,) = urgent.post(EVALUATIONS, an_order()).get_json()["verdicts"]
        return [each["code"] for each in verdict["reasons"]]

    assert "BREAK_GLASS" not in reasons()
    door.say("opt-outs")
    assert "BREAK_GLASS" in reasons()


def test_a_sealed_class_is_open_to_care(door: Door) -> None:
    door.policy(sealed=True)
    assert door.seen(door.doctor) == ALL


def test_a_class_is_changed_for_a_reason_and_its_images_follow_at_once(site: Site) -> None:
    door = Door(site, sensitivity=None)
    door.say("opt-outs", sensitivity="PSY")
    assert door.seen(door.doctor) == ALL
    refused = door.reclassify("PSY")
    assert codes_of(problem_of(refused)) == {"/sensitivityReason": "sensitivity-reason-required"}
    changed = door.reclassify("PSY", sensitivityReason="The patient asked.")
    assert changed.get_json()["sensitivityReason"] == "The patient asked."
    assert door.seen(door.doctor) == NOTHING
    kept = door.reclassify("PSY", department="Psychiatry")
    assert kept.get_json()["sensitivityReason"] == "The patient asked."
    assert door.reclassify(None).status_code == 422
    assert door.reclassify(None, sensitivityReason="By mistake.").status_code == 200
    assert door.seen(door.doctor) == ALL
    assert "sensitivityReason" not in door.doctor.get(f"/api/v1/exams/{door.exam}").get_json()


@pytest.mark.parametrize("named", [{}, {"studyInstanceUids": []}], ids=["study", "accession"])
def test_images_that_come_before_their_exam_have_its_class_from_its_registration_on(
    site: Site, named: dict[str, Any]
) -> None:
    doctor = a_doctor(site)
    a_prior(site, 1, images=True, studyInstanceUids=[], accessionNumber="ACC-9")
    site.deliver()
    assert len(doctor.get("/dicom-web/studies", **DICOM_JSON).get_json(force=True)) == 1
    source = site.facility_client("SZ-A").acting()
    body = {"patient": {"system": SYSTEMS["SZ-A"], "value": "MRN-1"}, "sensitivity": "PSY"}
    assert source.post("/api/v1/opt-outs", body | WORD).status_code == 201
    a_prior(site, 1, images=False, sensitivity="PSY", **named)
    for _delivered in range(2):
        found = doctor.get("/dicom-web/studies", **DICOM_JSON)
        assert not found.get_json(force=True)
        assert doctor.get("/dicom-web/studies/2.999.9.1/metadata", **DICOM_JSON).status_code == 404
        site.deliver()


def test_a_class_that_nobody_knows_is_refused(door: Door) -> None:
    refused = door.reclassify("XYZ", sensitivityReason="Tested.")
    assert codes_of(problem_of(refused)) == {"/sensitivity": "sensitivity-unknown"}
    body = {"patient": {"system": SYSTEMS["SZ-A"], "value": "MRN-1"}, "sensitivity": "XYZ"} | WORD
    for where in ("opt-outs", "opt-ins"):
        answer = door.mine.post(f"/api/v1/{where}", body)
        assert codes_of(problem_of(answer)) == {"/sensitivity": "sensitivity-unknown"}


def test_an_opt_in_is_no_opt_out(door: Door) -> None:
    agreed = door.say("opt-ins", sensitivity="PSY")
    refused = door.say("opt-outs", sensitivity="PSY")
    crossed = agreed.replace("opt-ins", "opt-outs"), refused.replace("opt-outs", "opt-ins")
    for each in crossed:
        assert door.mine.post(f"{each}/withdrawal", WORD).status_code == 404
    listed = door.mine.get(f"/api/v1/opt-ins?patientId={door.patient}").get_json()["items"]
    assert [(each["sensitivity"], "everything" in each) for each in listed] == [("PSY", False)]
    (out,) = door.mine.get(f"/api/v1/opt-outs?patientId={door.patient}").get_json()["items"]
    assert out["everything"] is False


def test_the_city_adds_classes_of_its_own(door: Door) -> None:
    admin = door.site.person(Role.ADMINISTRATOR)
    body = {
        "code": "TB-SZ",
        "nameEn": "Tuberculosis",
        "nameZh": "结核病",
        "consentRequired": False,
        "sealed": True,
        "reason": "An act of the city.",
    }
    assert admin.put("/api/v1/sensitivity-classes/TB-SZ", body).status_code == 200
    entry = door.site.last_entry()
    assert [each.id for each in entry.objects] == ["TB-SZ"]
    wrong = admin.put("/api/v1/sensitivity-classes/TB", body)
    assert codes_of(problem_of(wrong)) == {"/code": "code-mismatch"}
    listed = door.mine.get("/api/v1/sensitivity-classes").get_json()["items"]
    assert {"TB-SZ", "PSY", "HIV"} <= {each["code"] for each in listed}
    door.site.clock.advance(minutes=6)
    assert admin.put("/api/v1/sensitivity-classes/TB-SZ", body).status_code == 403
