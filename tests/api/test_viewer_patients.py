"""Finding a patient, the page of one, the report pane, and deciding where a result is read."""

from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from medshare.access.model import Role
from medshare.kernel.audit import AuditOutcome
from medshare.recognition.decisions.rows import ViewRow
from tests.exams import SYSTEMS, a_report, a_test, an_exam, register, take_into_care
from tests.links import merged, registrar, two_persons
from tests.orders import DECISIONS, a_prior
from tests.site import Caller, Site, problem_of
from tests.viewer import require_bundle

NOBODY = "00000000-0000-7000-8000-000000000000"
HOSTILE = "<script>alert(1)</script>"


@pytest.fixture(autouse=True)
def bundle() -> None:
    require_bundle()


@pytest.fixture
def patient_id(site: Site) -> str:
    """The test person, with a chest CT at SZ-A, in the care of SZ-B."""
    a_prior(site)
    source = site.facility_client("SZ-B")
    patient_id = register(source, "MRN-SZ-B", "SZ-B")
    take_into_care(source, "MRN-SZ-B", "SZ-B")
    return patient_id


@pytest.fixture
def doctor(site: Site) -> Caller:
    return site.person(Role.CLINICIAN, "SZ-B", "dr.test")


def for_emergency(doctor: Caller) -> Caller:
    """Return a doctor whose every request states the purpose, as the page's scripts do."""
    caller = Caller(doctor.site, doctor.headers | {"X-Purpose-Of-Use": "BTG"})
    caller.http = doctor.http
    return caller


def exam_on(page: str) -> str:
    return page.partition('data-exam="')[2].partition('"')[0]


def test_dates_are_those_of_the_zone_that_is_set(
    site: Site, patient_id: str, doctor: Caller
) -> None:
    address = f"/viewer/patients/{patient_id}"
    exam = exam_on(doctor.get(address).text)
    happened = datetime.fromisoformat(
        doctor.get(address).text.partition('datetime="')[2].partition('"')[0]
    )
    zones = [ZoneInfo("Pacific/Kiritimati"), ZoneInfo("Pacific/Pago_Pago")]  # 25 hours apart
    for zone in zones:
        elsewhere = Site(replace(site.settings, time_zone=zone), site.clock, fresh=False)
        try:
            there = elsewhere.person(Role.CLINICIAN, "SZ-B", zone.key)
            day = happened.astimezone(zone).date().isoformat()
            assert f'data-day="{day}"' in there.get(address).text
            assert day in there.get(f"/viewer/exams/{exam}/report").text
        finally:
            elsewhere.close()


def test_somebody_is_found_by_name_and_by_the_accession_number_of_another_hospital(
    site: Site, patient_id: str, doctor: Caller
) -> None:
    for words in ("测试甲", "csj", "MRN-SZ-B", "ACC-1"):
        answer = doctor.post("/viewer/search", {"words": words})
        assert answer.status_code == 200
        assert f"/viewer/patients/{patient_id}" in answer.text, words
        entry = site.last_entry()
        assert {each.patient_id for each in entry.subjects} == {patient_id}
        assert words in entry.query


def test_nobody_is_found_of_whom_the_hospital_knows_nothing(site: Site, patient_id: str) -> None:
    stranger = site.person(Role.CLINICIAN, "SZ-C")
    answer = stranger.post("/viewer/search", {"words": "测试甲"})
    assert patient_id not in answer.text
    assert site.last_entry().reason == "nothing found"


@pytest.mark.parametrize("body", [{}, {"words": "王"}, {"words": "a" * 65}, {"word": "ab"}])
def test_a_search_that_tells_nobody_apart_is_refused(doctor: Caller, body: dict[str, str]) -> None:
    answer = doctor.post("/viewer/search", body)
    assert answer.status_code == 422
    assert problem_of(answer)["errors"]


def test_the_page_shows_who_it_is_and_the_results_of_other_hospitals(
    site: Site, patient_id: str, doctor: Caller
) -> None:
    answer = doctor.get(f"/viewer/patients/{patient_id}")
    assert answer.status_code == 200
    for shown in ("测试甲", "1970-01-01", "MRN-SZ-B", "测试医院2", "测试医院1", "胸部CT平扫"):
        assert shown in answer.text, shown
    assert "badge-due" in answer.text
    entry = site.last_entry()
    assert entry.operation == "viewer.patient"
    assert "care-relationship" in entry.basis
    assert len(entry.subjects) == 2
    assert [each.kind for each in entry.objects] == ["exam"]


def test_without_care_only_the_own_results_are_shown_until_glass_is_broken(
    site: Site, doctor: Caller
) -> None:
    a_prior(site)
    patient_id = register(site.facility_client("SZ-B"), "MRN-SZ-B", "SZ-B")
    page = f"/viewer/patients/{patient_id}"
    assert "胸部CT平扫" not in doctor.get(page).text
    assert "胸部CT平扫" not in doctor.get(f"{page}?purpose=BTG").text
    emergency = {
        "patientId": patient_id,
        "reason": "emergency",
        "text": "昏迷，家属不在场，需要病史。",
    }
    assert doctor.post("/api/v1/break-glass", emergency).status_code == 201
    opened = doctor.get(f"{page}?purpose=BTG").text
    assert "胸部CT平扫" in opened
    assert "badge-glass" in opened
    assert "break-glass" in site.last_entry().basis
    exam_id, hurried = exam_on(opened), for_emergency(doctor)
    images = "/viewer/studies/2.999.9.1/images"
    assert f"{images}?purpose=BTG" in hurried.get(f"/viewer/exams/{exam_id}/report").text
    assert doctor.get(images).status_code == 404
    assert doctor.get(f"{images}?purpose=BTG").status_code == 200
    assert "胸部CT平扫" not in doctor.get(page).text


def test_a_page_of_nobody_and_of_a_wrong_purpose_is_refused_by_a_page(
    site: Site, patient_id: str, doctor: Caller
) -> None:
    missing = doctor.get(f"/viewer/patients/{NOBODY}")
    assert (missing.status_code, missing.mimetype) == (404, "text/html")
    assert site.last_entry().outcome is AuditOutcome.MISSING
    wrong = doctor.get(f"/viewer/patients/{patient_id}?purpose=CURIOSITY")
    assert (wrong.status_code, wrong.mimetype) == (422, "text/html")
    assert site.auditor().get(f"/viewer/patients/{patient_id}").status_code == 403


def test_whose_session_has_ended_signs_in_at_the_same_address(site: Site, patient_id: str) -> None:
    answer = site.anonymous().get(f"/viewer/patients/{patient_id}")
    assert answer.status_code == 401
    assert 'data-form="sign-in"' in answer.text
    assert "测试甲" not in answer.text


def test_a_name_that_is_a_script_is_a_text(site: Site, doctor: Caller) -> None:
    source = site.facility_client("SZ-B")
    own = {"system": SYSTEMS["SZ-B"], "value": "M-9", "type": "MR"}
    person = {"identifiers": [own], "name": {"text": HOSTILE}, "sex": "male"}
    registered = source.post("/api/v1/patients", person).get_json()
    exam = an_exam(patient={"system": SYSTEMS["SZ-B"], "value": "M-9"}, department=HOSTILE)
    exam_id = source.post("/api/v1/exams", exam).get_json()["id"]
    texts = [{"language": "zh-CN", "findings": HOSTILE, "impression": HOSTILE}]
    source.post(f"/api/v1/exams/{exam_id}/reports", a_report(texts=texts))
    for answer in (
        doctor.post("/viewer/search", {"words": "M-9"}),
        doctor.get(f"/viewer/patients/{registered['patientId']}"),
        doctor.get(f"/viewer/exams/{exam_id}/report"),
    ):
        assert "&lt;script&gt;alert(1)" in answer.text
        assert "<script>alert" not in answer.text


def test_the_pane_shows_the_report_and_says_who_read_it(
    site: Site, patient_id: str, doctor: Caller
) -> None:
    exam_id = exam_on(doctor.get(f"/viewer/patients/{patient_id}").text)
    answer = doctor.get(f"/viewer/exams/{exam_id}/report")
    assert answer.status_code == 200
    assert "双肺纹理清晰。" in answer.text
    assert 'data-action="recognise"' in answer.text
    entry = site.last_entry()
    assert (entry.operation, entry.objects[0].id) == ("viewer.report", exam_id)
    assert doctor.get(f"/viewer/exams/{NOBODY}/report").status_code == 404


def test_a_laboratory_report_is_a_table_with_flags_and_ranges(site: Site, patient_id: str) -> None:
    source = site.facility_client("SZ-A")
    test_id = source.post("/api/v1/exams", a_test()).get_json()["id"]
    potassium = {
        "code": {"system": "urn:medshare:item", "code": "LAB-K"},
        "value": 6.9,
        "unit": "mmol/L",
        "referenceRange": {"low": 3.5, "high": 5.3},
        "flag": "HH",
    }
    source.post(f"/api/v1/exams/{test_id}/reports", a_report(texts=[], observations=[potassium]))
    text = site.person(Role.CLINICIAN, "SZ-A").get(f"/viewer/exams/{test_id}/report").text
    for shown in ('<td class="figure">6.9</td>', "3.5–5.3", "mmol/L", "危急高值", "is-critical"):
        assert shown in text, shown


def test_a_result_is_recognised_and_the_decision_undone_where_it_is_read(
    site: Site, patient_id: str, doctor: Caller
) -> None:
    exam_id = exam_on(doctor.get(f"/viewer/patients/{patient_id}").text)
    decided = doctor.post(
        f"/viewer/exams/{exam_id}/decision", {"version": 1, "outcome": "recognised", "dwellMs": 900}
    )
    assert decided.status_code == 204, decided.text
    views = site.read(lambda uow: uow.session.scalars(select(ViewRow)).all())
    assert [(each.kind, each.dwell_ms) for each in views] == [("report", 900)]
    entry = site.last_entry()
    assert (entry.operation, entry.objects[-1].kind) == ("viewer.decide", "decision")
    kept = doctor.get(f"{DECISIONS}/{entry.objects[-1].id}").get_json()
    assert (kept["outcome"], kept["channel"], kept["doctor"]) == ("recognised", "page", "dr.test")
    assert "badge-decided" in doctor.get(f"/viewer/patients/{patient_id}").text
    pane = doctor.get(f"/viewer/exams/{exam_id}/report").text
    assert f'data-decision="{kept["id"]}"' in pane
    assert 'data-action="recognise"' not in pane
    assert doctor.post(f"{DECISIONS}/{kept['id']}/undo", {}).status_code == 200
    assert 'data-action="recognise"' in doctor.get(f"/viewer/exams/{exam_id}/report").text


def test_a_due_result_is_repeated_for_a_reason_only(
    site: Site, patient_id: str, doctor: Caller
) -> None:
    exam_id = exam_on(doctor.get(f"/viewer/patients/{patient_id}").text)
    address = f"/viewer/exams/{exam_id}/decision"
    without = doctor.post(address, {"version": 1, "outcome": "repeated"})
    assert problem_of(without)["errors"][0]["code"] == "reason-required"
    reasons = doctor.get("/api/v1/recognition/reasons").get_json()["reasons"]
    reason = next(each["code"] for each in reasons if not each["needsText"])
    choice = {"version": 1, "outcome": "repeated", "reason": reason, "explained": "oral"}
    assert doctor.post(address, choice).status_code == 204
    kept = doctor.get(f"{DECISIONS}/{site.last_entry().objects[-1].id}").get_json()
    assert kept["explained"]["method"] == "oral"


def test_nothing_is_decided_on_a_report_that_was_amended_meanwhile(
    site: Site, patient_id: str, doctor: Caller
) -> None:
    exam_id = exam_on(doctor.get(f"/viewer/patients/{patient_id}").text)
    amended = a_report(status="amended", signedAt="2026-11-20T09:30:00+08:00")
    site.facility_client("SZ-A").post(f"/api/v1/exams/{exam_id}/reports", amended)
    choice: dict[str, Any] = {"version": 1, "outcome": "recognised"}
    refused = doctor.post(f"/viewer/exams/{exam_id}/decision", choice)
    assert problem_of(refused)["type"].endswith("result-changed")
    assert "修订" in doctor.get(f"/viewer/exams/{exam_id}/report").text


def test_nobody_decides_on_what_they_may_not_see(site: Site, patient_id: str) -> None:
    exam_id = exam_on(
        site.person(Role.CLINICIAN, "SZ-B").get(f"/viewer/patients/{patient_id}").text
    )
    choice = {"version": 1, "outcome": "recognised"}
    address = f"/viewer/exams/{exam_id}/decision"
    assert site.person(Role.CLINICIAN, "SZ-C").post(address, choice).status_code == 404
    assert site.auditor().post(address, choice).status_code == 403


def test_a_retired_id_leads_to_the_one_that_replaced_it(site: Site) -> None:
    first, second = two_persons(site)
    merged(registrar(site), first["patientId"], second["patientId"])
    clinician = site.person(Role.CLINICIAN, "SZ-A")
    answer = clinician.get(f"/viewer/patients/{second['patientId']}")
    assert answer.status_code == 308
    assert answer.headers["Location"].endswith(f"/viewer/patients/{first['patientId']}")
