"""Builders for the tests of recognition's doors: priors at SZ-A, orders and decisions at SZ-B."""

from typing import Any

from tests.dicom import a_ct, multipart
from tests.exams import SYSTEMS, a_report, an_exam, register, take_into_care
from tests.site import Caller, Site

EVALUATIONS = "/api/v1/recognition/evaluations"
DECISIONS = "/api/v1/recognition/decisions"
ALERTS = "/api/v1/recognition/alerts"


def with_images(site: Site, study: int = 1) -> None:
    """Send an image of the prior that ``a_prior`` registers, as SZ-A's system."""
    stored = site.facility_client("SZ-A").post(
        "/dicom-web/studies",
        **multipart(a_ct(1, study, PatientID="MRN-1", AccessionNumber=f"ACC-{study}")),
    )
    assert stored.status_code == 200, stored.text


def a_prior(site: Site, number: int = 1, *, images: bool = True, **changes: Any) -> str:
    """Register a reported chest CT of the test person at SZ-A; return the exam's id."""
    source = site.facility_client("SZ-A")
    register(source)
    exam = source.post(
        "/api/v1/exams",
        an_exam(accessionNumber=f"ACC-{number}", studyInstanceUids=[f"2.999.9.{number}"]) | changes,
    )
    assert exam.status_code == 201, exam.text
    exam_id = str(exam.get_json()["id"])
    reported = source.post(f"/api/v1/exams/{exam_id}/reports", a_report())
    assert reported.status_code == 201, reported.text
    if images:
        with_images(site, number)
    return exam_id


def a_doctor(site: Site, facility: str = "SZ-B", user: str = "d-007") -> Caller:
    """Return a doctor behind a facility's system who has the test person in care."""
    system = site.facility_client(facility)
    register(system, f"MRN-{facility}", facility)
    take_into_care(system, f"MRN-{facility}", facility)
    return system.acting(user)


def an_order(of: str = "SZ-B", **changes: Any) -> dict[str, Any]:
    """Return an order of a chest CT for the test person; ``None`` leaves a field out."""
    order = {
        "patient": {"system": SYSTEMS[of], "value": f"MRN-{of}"},
        "item": {"system": "urn:medshare:item", "code": "CT-CHEST-PLAIN"},
        "orderReference": "ORD-1",
    } | changes
    return {name: value for name, value in order.items() if value is not None}


def evaluated(doctor: Caller, **changes: Any) -> dict[str, Any]:
    answer = doctor.post(EVALUATIONS, an_order(**changes))
    assert answer.status_code == 201, answer.text
    return dict(answer.get_json())


def a_decision(evaluation: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Return the recognition of an evaluation's first result."""
    decision = {
        "evaluationId": evaluation["id"],
        "result": evaluation["verdicts"][0]["result"],
        "outcome": "recognised",
    } | changes
    return {name: value for name, value in decision.items() if value is not None}


def decided(doctor: Caller, evaluation: dict[str, Any], **changes: Any) -> dict[str, Any]:
    answer = doctor.post(DECISIONS, a_decision(evaluation, **changes))
    assert answer.status_code == 201, answer.text
    return dict(answer.get_json())


def codes_of(verdict: dict[str, Any]) -> list[str]:
    return [each["code"] for each in verdict["reasons"]]
