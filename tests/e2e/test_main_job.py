"""The main job: what one hospital registered and sent, another finds and reads; all is logged."""

import json
import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from medshare.settings import Settings
from tests.dicom import a_ct, multipart, parts_of
from tests.e2e.hospital import Party, open_auditor, open_hospital
from tests.e2e.served import serving

NUMBER = {"system": "urn:oid:2.16.156.10011.1.3", "value": "999999196205170114", "type": "NNCHN"}
STUDY = "/dicom-web/studies/2.999.9.1"
AS_STORED = 'multipart/related; type="application/dicom"; transfer-syntax=*'


def registration(number: int, mrn: str) -> dict[str, Any]:
    own = {"system": f"urn:oid:2.999.{number}.1", "value": mrn, "type": "MR"}
    return {
        "identifiers": [own, NUMBER],
        "name": {"text": "王小明", "family": "王", "given": "小明"},
        "birthDate": "1962-05-17",
        "sex": "male",
    }


def an_exam(mrn: str) -> dict[str, Any]:
    return {
        "accessionNumber": "R1",
        "item": {"system": "urn:medshare:item", "code": "CT-CHEST-PLAIN"},
        "modality": "CT",
        "bodySite": "CHEST",
        "performedAt": "2026-03-01T09:30:00+08:00",
        "status": "completed",
        "department": "放射科",
        "patient": {"system": "urn:oid:2.999.1.1", "value": mrn},
    }


def an_encounter(mrn: str) -> dict[str, Any]:
    return {
        "kind": "encounter",
        "number": "V1",
        "startedAt": datetime.now(UTC).isoformat(timespec="seconds"),
        "patient": {"system": "urn:oid:2.999.2.1", "value": mrn},
    }


REPORT = {
    "status": "final",
    "signedAt": "2026-03-01T11:00:00+08:00",
    "author": {"id": "r-2", "name": "示例医师"},
    "verifier": {"id": "r-8", "name": "示例主任"},
    "texts": [
        {"language": "zh-CN", "findings": "右肺上叶小结节，约6 mm。", "impression": "建议随访。"}
    ],
}


def send_images(hospital: Party) -> None:
    body = multipart(a_ct(1), a_ct(2))
    hospital.call(
        "POST",
        "/dicom-web/studies",
        status=200,
        data=body["data"],
        headers={"Content-Type": body["content_type"]},
    )


def test_a_result_travels_and_its_path_is_logged(settings: Settings) -> None:
    with serving(replace(settings, low_water_bytes=0)) as served:
        here = open_hospital(served, "SZ-A", 1)
        there = open_hospital(served, "SZ-B", 2)
        auditor = open_auditor(served)

        send_images(here)
        exam = here.post("/api/v1/exams", an_exam("A-1"))
        patient = here.post("/api/v1/patients", registration(1, "A-1"))["patientId"]
        here.post(f"/api/v1/exams/{exam['id']}/reports", REPORT)

        found = there.post("/api/v1/patients", registration(2, "B-9"))
        assert (found["outcome"], found["patientId"]) == ("linked", patient)
        there.get(f"/api/v1/exams/{exam['id']}", status=404)
        there.get(STUDY, status=404)

        there.post("/api/v1/encounters", an_encounter("B-9"))
        timeline = _eventually(there, f"/api/v1/patients/{patient}/exams")
        assert [each["facility"] for each in timeline] == ["SZ-A"]
        read = there.get(f"/api/v1/exams/{exam['id']}").json()
        assert read["report"]["texts"][0]["impression"] == "建议随访。"
        images = _images(there)
        assert images == [a_ct(1), a_ct(2)]

        _check_the_log(auditor, patient, [here, there])


def _eventually(hospital: Party, path: str) -> list[dict[str, Any]]:
    """Read a list until what came before its patient has found them: at most two seconds."""
    deadline = time.monotonic() + 10
    while True:
        items = hospital.get(path).json()["items"]
        if items or time.monotonic() > deadline:
            return list(items)
        time.sleep(0.2)


def _images(hospital: Party) -> list[bytes]:
    answer = hospital.get(STUDY, headers={"Accept": AS_STORED})
    return [content for _type, content in parts_of(answer.content, answer.headers["Content-Type"])]


def _check_the_log(auditor: Party, patient: str, hospitals: list[Party]) -> None:
    """Find every request of both hospitals in the export, once, and who read the patient."""
    seen = auditor.get(f"/api/v1/audit/events?patient={patient}&limit=200").json()["items"]
    assert {each["who"]["facility"] for each in seen} >= {"SZ-A", "SZ-B"}
    reads = [each for each in seen if each["operation"] == "dicomweb.retrieve-study"]
    assert reads[0]["who"]["actingUser"] == "doctor-SZ-B"
    assert reads[0]["basis"] == "care-relationship"
    lines = auditor.get("/api/v1/audit/export?format=fhir").text.splitlines()
    logged = [request_id_of(json.loads(line)) for line in lines]
    for hospital in hospitals:
        for request_id in hospital.request_ids:
            assert request_id in logged
    for request_id in auditor.request_ids[:-1]:
        assert logged.count(request_id) == 1


def request_id_of(event: dict[str, Any]) -> str:
    identifiers = [entity.get("what", {}).get("identifier", {}) for entity in event["entity"]]
    return next(
        each["value"] for each in identifiers if each.get("system") == "urn:medshare:request"
    )
