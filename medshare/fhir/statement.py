"""The CapabilityStatement: what this door does, no more."""

from collections.abc import Mapping, Sequence

from medshare import __version__
from medshare.audit.balp import BALP, PROFILES

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
    "address-city": "string",
    "address-state": "string",
    "address-postalcode": "string",
    "address-country": "string",
    "active": "token",
}
AUDIT_SEARCH_PARAMETERS = {
    "_id": "token",
    "date": "date",
    "agent.identifier": "token",
    "patient": "reference",
    "patient.identifier": "token",
    "entity": "reference",
    "entity.identifier": "token",
    "type": "token",
    "subtype": "token",
    "action": "token",
    "outcome": "token",
    "address": "string",
    "site": "token",
    "source.identifier": "token",
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
        "rest": [
            {
                "mode": "server",
                "security": _security(),
                "resource": [_patient(), _audit_event()],
            }
        ],
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
        "searchParam": _search_parameters(SEARCH_PARAMETERS),
        "operation": [
            {"name": name, "definition": definition} for name, definition in OPERATIONS.items()
        ],
    }


def _audit_event() -> Mapping[str, object]:
    return {
        "type": "AuditEvent",
        "supportedProfile": [
            f"{BALP}/StructureDefinition/IHE.BasicAudit.{about}{name}"
            for name in sorted(PROFILES.values())
            for about in ("", "Patient")
        ],
        "interaction": [{"code": "read"}, {"code": "search-type"}],
        "versioning": "no-version",
        "searchParam": _search_parameters(AUDIT_SEARCH_PARAMETERS),
    }


def _search_parameters(parameters: Mapping[str, str]) -> Sequence[Mapping[str, str]]:
    return [{"name": name, "type": kind} for name, kind in parameters.items()]
