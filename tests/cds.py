"""Builders for the tests of CDS Hooks: what an EHR sends."""

from typing import Any

from tests.exams import SYSTEMS
from tests.orders import a_doctor
from tests.site import Caller, Site

SERVICES = "/cds-services"
SIGN = f"{SERVICES}/medshare-order-sign"


def a_request(code: str = "CT-CHEST-PLAIN", number: int = 1, **changes: Any) -> dict[str, Any]:
    return {
        "resourceType": "ServiceRequest",
        "id": f"draft-{number}",
        "status": "draft",
        "intent": "order",
        "subject": {"reference": "Patient/4711"},
        "code": {"coding": [{"system": "urn:medshare:item", "code": code}]},
        **changes,
    }


def a_call(*drafts: dict[str, Any], hook: str = "order-sign", **context: Any) -> dict[str, Any]:
    """Return a call without FHIR: the Patient comes prefetched with its identifiers."""
    return {
        "hook": hook,
        "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        "context": {
            "userId": "Practitioner/d-007",
            "patientId": "4711",
            "encounterId": "V-1",
            "draftOrders": {
                "resourceType": "Bundle",
                "entry": [{"resource": each} for each in drafts or [a_request()]],
            },
            **context,
        },
        "prefetch": {
            "patient": {
                "resourceType": "Patient",
                "id": "4711",
                "identifier": [
                    {"system": "urn:x:other", "value": "1"},
                    {"system": SYSTEMS["SZ-B"], "value": "MRN-SZ-B"},
                ],
            }
        },
    }


def cards(caller: Caller, call: dict[str, Any], path: str = SIGN, **options: Any) -> list[Any]:
    answer = caller.post(path, call, **options)
    assert answer.status_code == 200, answer.text
    found: list[Any] = answer.get_json()["cards"]
    return found


def an_ehr(site: Site) -> Caller:
    """Return SZ-B's system, whose doctor has the test person in care; no header says who acts."""
    a_doctor(site)
    return site.facility_client("SZ-B")
