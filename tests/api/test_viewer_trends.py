"""How a laboratory value went, from the report that states it."""

from typing import Any

import pytest

from medshare.access.model import Role
from medshare.recognition.catalogue.model import LocalCode
from medshare.recognition.catalogue.service import map_code
from tests.exams import (
    SYSTEMS,
    a_report,
    a_test,
    an_observation,
    register,
    take_into_care,
)
from tests.site import Caller, Site
from tests.viewer import require_bundle

GLUCOSE = {"system": "urn:medshare:item", "code": "LAB-GLU"}
MASS = {"system": "http://loinc.org", "code": "2345-7", "display": "Glucose [Mass/volume]"}


@pytest.fixture(autouse=True)
def bundle() -> None:
    require_bundle()


@pytest.fixture
def patient_id(site: Site) -> str:
    """The test person, registered at SZ-A and in the care of SZ-B."""
    register(site.facility_client("SZ-A"))
    reader = site.facility_client("SZ-B")
    patient_id = register(reader, "MRN-SZ-B", "SZ-B")
    take_into_care(reader, "MRN-SZ-B", "SZ-B")
    return patient_id


@pytest.fixture
def doctor(site: Site) -> Caller:
    return site.person(Role.CLINICIAN, "SZ-B", "dr.test")


def a_measurement(source: Caller, number: str, patient: str, at: str, **observation: Any) -> str:
    """Register a laboratory report of one value; return the exam's id."""
    facility = patient.removeprefix("MRN-") if patient != "MRN-1" else "SZ-A"
    test = a_test(
        accessionNumber=number,
        collectedAt=at,
        patient={"system": SYSTEMS[facility], "value": patient},
    )
    exam_id = str(source.post("/api/v1/exams", test).get_json()["id"])
    report = a_report(texts=[], observations=[an_observation(**observation)])
    answer = source.post(f"/api/v1/exams/{exam_id}/reports", report)
    assert answer.status_code == 201, answer.text
    return exam_id


def test_a_value_is_followed_across_hospitals_units_and_codes(
    site: Site, patient_id: str, doctor: Caller
) -> None:
    site.write(lambda uow: map_code(uow, LocalCode(MASS["system"], MASS["code"], "LAB-GLU")))
    source, own = site.facility_client("SZ-A"), site.facility_client("SZ-B")
    limits = {"low": 3.9, "high": 6.1}
    here = a_measurement(
        *(source, "G-1", "MRN-1", "2026-11-18T08:00:00+08:00"),
        code=GLUCOSE,
        value=6.6,
        flag="H",
        referenceRange=limits,
    )
    before = a_measurement(
        *(own, "G-2", "MRN-SZ-B", "2025-03-01T08:00:00+08:00"),
        code=MASS,
        value=149,
        unit="mg/dL",
        flag="H",
        referenceRange=None,
    )
    a_measurement(
        *(own, "G-3", "MRN-SZ-B", "2025-04-01T08:00:00+08:00"),
        code=MASS,
        value=3,
        unit="U/L",
        referenceRange=None,
    )
    answer = doctor.get(f"/viewer/exams/{here}/observations/0/trend")
    assert answer.status_code == 200
    for shown in ("葡萄糖变化趋势", "8.27", "原报告值 149 mg/dL", "3 U/L", "未绘入图中（1）"):
        assert shown in answer.text, shown
    assert answer.text.count("<title>") == 2
    assert "style=" not in answer.text
    entry = site.last_entry()
    assert (entry.operation, entry.objects[0].id) == ("viewer.trend", here)
    assert before in {each.id for each in entry.objects}
    assert {each.patient_id for each in entry.subjects} == {patient_id}
    seen_from_there = doctor.get(f"/viewer/exams/{before}/observations/0/trend").text
    assert "6.6 mmol/l" in seen_from_there
    assert ">119<" in seen_from_there
    assert "葡萄糖" in doctor.get(f"/viewer/exams/{before}/report").text


def test_a_trend_tells_nobody_what_they_may_not_see(
    site: Site, patient_id: str, doctor: Caller
) -> None:
    site.write(lambda uow: map_code(uow, LocalCode(MASS["system"], MASS["code"], "LAB-GLU")))
    source, own = site.facility_client("SZ-A"), site.facility_client("SZ-B")
    value = {"code": GLUCOSE, "value": 123.4, "referenceRange": None}
    theirs = a_measurement(source, "G-1", "MRN-1", "2026-11-18T08:00:00+08:00", **value)
    value["value"] = 5.5
    ours = a_measurement(own, "G-2", "MRN-SZ-B", "2026-11-17T08:00:00+08:00", **value)
    address = f"/viewer/exams/{ours}/observations/0/trend"
    assert "123.4" in doctor.get(address).text
    word = {"givenBy": "patient", "proof": "form 2026-0117"}
    refused = own.acting("d-9").post(
        "/api/v1/opt-outs", {"patient": {"system": SYSTEMS["SZ-B"], "value": "MRN-SZ-B"}} | word
    )
    assert refused.status_code == 201, refused.text
    answer = doctor.get(address)
    assert answer.status_code == 200
    assert "123.4" not in answer.text
    assert theirs not in {each.id for each in site.last_entry().objects}
    assert doctor.get(f"/viewer/exams/{theirs}/observations/0/trend").status_code == 404


def test_a_withdrawn_value_is_in_no_trend_and_a_missing_one_has_none(
    site: Site, patient_id: str, doctor: Caller
) -> None:
    source = site.facility_client("SZ-A")
    first, second = (
        a_measurement(
            source, f"K-{n}", "MRN-1", f"2026-11-0{n}T08:00:00+08:00", value=4.0 + n / 100
        )
        for n in (1, 2)
    )
    address = f"/viewer/exams/{second}/observations"
    assert "4.01" in doctor.get(f"{address}/0/trend").text
    wrong = a_report(status="entered-in-error", texts=[], observations=None)
    assert source.post(f"/api/v1/exams/{first}/reports", wrong).status_code == 201
    assert "4.01" not in doctor.get(f"{address}/0/trend").text
    assert doctor.get(f"{address}/1/trend").status_code == 404
