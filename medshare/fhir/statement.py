"""The CapabilityStatement: what this door does, no more."""

from collections.abc import Mapping

from medshare import __version__

FHIR_VERSION = "4.0.1"
SEARCH_PARAMETERS = {
    "_id": "token",
    "identifier": "token",
    "family": "string",
    "given": "string",
    "name": "string",
    "birthdate": "date",
    "gender": "token",
    "telecom": "token",
    "address": "string",
    "active": "token",
}
OPERATIONS = {
    "ihe-pix": "https://profiles.ihe.net/ITI/PIXm/OperationDefinition/IHE.PIXm.pix",
    "match": "http://hl7.org/fhir/OperationDefinition/Patient-match",
}


def capability_statement(base: str) -> Mapping[str, object]:
    """Return the statement of a server at an address."""
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": "2026-11-26",
        "kind": "instance",
        "software": {"name": "medshare", "version": __version__},
        "implementation": {"description": "medshare", "url": f"{base}/fhir"},
        "fhirVersion": FHIR_VERSION,
        "format": ["application/fhir+json", "json"],
        "rest": [{"mode": "server", "security": _security(), "resource": [_patient()]}],
    }


def _security() -> Mapping[str, object]:
    coding = {
        "system": "http://terminology.hl7.org/CodeSystem/restful-security-service",
        "code": "SMART-on-FHIR",
    }
    return {"service": [{"coding": [coding]}]}


def _patient() -> Mapping[str, object]:
    return {
        "type": "Patient",
        "interaction": [{"code": "read"}, {"code": "search-type"}, {"code": "update"}],
        "versioning": "no-version",
        "conditionalUpdate": True,
        "searchParam": [{"name": name, "type": kind} for name, kind in SEARCH_PARAMETERS.items()],
        "operation": [
            {"name": name, "definition": definition} for name, definition in OPERATIONS.items()
        ],
    }
