"""The FHIR door of patients as its callers use it."""

from typing import Any

import orjson
from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.capabilitystatement import CapabilityStatement
from fhir.resources.R4B.operationoutcome import OperationOutcome
from fhir.resources.R4B.parameters import Parameters
from fhir.resources.R4B.patient import Patient

from tests.registrations import NUMBER_SYSTEMS, an_identity_number
from tests.site import Caller

A, B = NUMBER_SYSTEMS["SZ-A"], NUMBER_SYSTEMS["SZ-B"]
PATIENT = "/fhir/Patient"
PIX = f"{PATIENT}/$ihe-pix"
WANG = an_identity_number()
KINDS = {
    each.__name__: each
    for each in (Bundle, CapabilityStatement, OperationOutcome, Parameters, Patient)
}


def resource(answer: Any) -> dict[str, Any]:
    """Return the resource of an answer, judged by a foreign validator."""
    assert answer.content_type == "application/fhir+json", answer.text
    document: dict[str, Any] = orjson.loads(answer.data)
    KINDS[document["resourceType"]].model_validate(document)
    return document


def refused(answer: Any, status: int) -> str:
    assert answer.status_code == status, answer.text
    return str(resource(answer)["issue"][0]["diagnostics"])


def a_patient(mrn: str = "M1", system: str = A, **changes: Any) -> dict[str, Any]:
    return {
        "resourceType": "Patient",
        "identifier": [{"system": system, "value": mrn}],
        "name": [{"text": "王小明", "family": "王", "given": ["小明"]}],
        "gender": "male",
        "birthDate": "1962-05-17",
        **changes,
    }


def send(caller: Caller, method: str, path: str, document: Any) -> Any:
    return caller.call(
        method, path, data=orjson.dumps(document), content_type="application/fhir+json"
    )


def feed(caller: Caller, document: Any, mrn: str = "M1", system: str = A) -> Any:
    return send(caller, "PUT", f"{PATIENT}?identifier={system}|{mrn}", document)


def ids(answer: Any) -> list[str]:
    return [each["resource"]["id"] for each in resource(answer).get("entry", ())]
