"""Builders for the tests of exams: what a hospital's systems send."""

from typing import Any

from medshare.patients.identity_numbers import check_character
from tests.site import Caller

SYSTEMS = {"SZ-A": "urn:oid:2.999.1.1", "SZ-B": "urn:oid:2.999.2.1", "SZ-C": "urn:oid:2.999.3.1"}
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"
# Nowhere's region, so nobody's number.
_BODY = "99999919700101001"
IDENTITY_NUMBER = _BODY + check_character(_BODY)


def a_patient(number: str = "MRN-1", facility: str = "SZ-A") -> dict[str, Any]:
    return {
        "identifiers": [
            {"system": SYSTEMS[facility], "value": number, "type": "MR"},
            {"system": "urn:oid:2.16.156.10011.1.3", "value": IDENTITY_NUMBER, "type": "NNCHN"},
        ],
        "name": {"text": "测试甲"},
        "sex": "male",
        "birthDate": "1970-01-01",
    }


def register(caller: Caller, number: str = "MRN-1", facility: str = "SZ-A") -> str:
    """Register the one test person at a facility; return the patient's id."""
    answer = caller.post("/api/v1/patients", a_patient(number, facility))
    assert answer.status_code in (200, 201), answer.text
    return str(answer.headers["Location"].rpartition("/")[2])


def take_into_care(caller: Caller, number: str, facility: str) -> None:
    """Record an open encounter of a facility with its own patient."""
    answer = caller.post(
        "/api/v1/encounters",
        {
            "kind": "encounter",
            "number": f"V-{number}",
            "patient": {"system": SYSTEMS[facility], "value": number},
            "startedAt": "2026-11-20T09:00:00+08:00",
        },
    )
    assert answer.status_code == 201, answer.text


def an_exam(**changes: Any) -> dict[str, Any]:
    """Return an imaging exam of SZ-A's patient MRN-1; ``None`` leaves a field out."""
    exam = {
        "accessionNumber": "ACC-1",
        "item": {"system": "urn:medshare:item", "code": "CT-CHEST-PLAIN"},
        "performedAt": "2026-11-19T09:30:00+08:00",
        "status": "completed",
        "department": "放射科",
        "patient": {"system": SYSTEMS["SZ-A"], "value": "MRN-1"},
        "studyInstanceUids": ["2.999.1.1"],
    } | changes
    return {name: value for name, value in exam.items() if value is not None}


def a_test(**changes: Any) -> dict[str, Any]:
    """Return a laboratory exam of the same patient."""
    return an_exam(
        **{
            "accessionNumber": "LAB-1",
            "item": {"system": "urn:medshare:item", "code": "LAB-K"},
            "performedAt": None,
            "collectedAt": "2026-11-19T08:00:00+08:00",
            "studyInstanceUids": None,
        }
        | changes
    )


def a_report(**changes: Any) -> dict[str, Any]:
    """Return a final report in words."""
    report = {
        "status": "final",
        "texts": [{"language": "zh-CN", "findings": "双肺纹理清晰。", "impression": "未见异常。"}],
        "author": {"id": "d-1", "name": "测试医师"},
        "verifier": {"id": "d-2", "name": "测试主任"},
        "signedAt": "2026-11-19T11:00:00+08:00",
    } | changes
    return {name: value for name, value in report.items() if value is not None}


def an_observation(**changes: Any) -> dict[str, Any]:
    observation = {
        "code": {"system": "urn:medshare:item", "code": "LAB-K", "display": "钾"},
        "value": 4.1,
        "unit": "mmol/l",
        "referenceRange": {"low": 3.5, "high": 5.3},
        "flag": "N",
    } | changes
    return {name: value for name, value in observation.items() if value is not None}


def post_exam(caller: Caller, **changes: Any) -> dict[str, Any]:
    answer = caller.post("/api/v1/exams", an_exam(**changes))
    assert answer.status_code == 201, answer.text
    return dict(answer.get_json())


def post_report(caller: Caller, exam_id: str, **changes: Any) -> dict[str, Any]:
    answer = caller.post(f"/api/v1/exams/{exam_id}/reports", a_report(**changes))
    assert answer.status_code == 201, answer.text
    return dict(answer.get_json())


def codes_of(document: Any) -> dict[str, str]:
    """Return code by pointer of a problem's issues."""
    return {each["pointer"]: each["code"] for each in document["errors"]}
