"""The outward form of an entry: FHIR R4 AuditEvent by IHE BALP.

One event per patient named, since the profile's query and patient patterns name one each. The
resource is a plain dictionary; a test validates it against a foreign model of FHIR.

References
----------
IHE ITI Basic Audit Log Patterns (BALP) 1.1; FHIR R4 AuditEvent; DICOM PS3.16 CID 400-402.
"""

import base64
from collections.abc import Iterator

from medshare.kernel.audit import AuditAction, AuditEntry, AuditOutcome, Subject
from medshare.kernel.principal import PrincipalKind

DCM = "http://dicom.nema.org/resources/ontology/DCM"
REST = "http://hl7.org/fhir/restful-interaction"
TYPES = {
    AuditAction.LOGIN: ("110114", "User Authentication"),
    AuditAction.LOGOUT: ("110114", "User Authentication"),
    AuditAction.EXPORT: ("110106", "Export"),
    AuditAction.EXECUTE: ("110100", "Application Activity"),
}
ACTIONS = {
    AuditAction.CREATE: ("C", "create"),
    AuditAction.READ: ("R", "read"),
    AuditAction.UPDATE: ("U", "update"),
    AuditAction.DELETE: ("D", "delete"),
    AuditAction.SEARCH: ("E", "search"),
    AuditAction.EXPORT: ("R", "operation"),
    AuditAction.LOGIN: ("E", "operation"),
    AuditAction.LOGOUT: ("E", "operation"),
    AuditAction.EXECUTE: ("E", "operation"),
}
SESSION_SUBTYPES = {
    AuditAction.LOGIN: ("110122", "Login"),
    AuditAction.LOGOUT: ("110123", "Logout"),
}
OUTCOMES = {
    AuditOutcome.SUCCESS: "0",
    AuditOutcome.PARTIAL: "4",
    AuditOutcome.DENIED: "4",
    AuditOutcome.UNAUTHENTICATED: "4",
    AuditOutcome.MALFORMED: "4",
    AuditOutcome.REFUSED: "4",
    AuditOutcome.MISSING: "4",
    AuditOutcome.FAILED: "8",
}


def audit_events(entry: AuditEntry) -> Iterator[dict[str, object]]:
    """Yield an entry as AuditEvents: one for each patient named, one when none is."""
    patients = list(dict.fromkeys(subject.patient_id for subject in entry.subjects))
    for position, patient_id in enumerate(patients or [None]):
        subjects = [each for each in entry.subjects if each.patient_id == patient_id]
        event = _event(entry, subjects)
        event["id"] = entry.id if position == 0 else f"{entry.id}-{position}"
        yield event


def _event(entry: AuditEntry, subjects: list[Subject]) -> dict[str, object]:
    code, display = TYPES.get(entry.action, ("110110", "Patient Record"))
    action, interaction = ACTIONS[entry.action]
    subtype = {"system": REST, "code": interaction, "display": interaction}
    if entry.action in SESSION_SUBTYPES:
        session_code, session_display = SESSION_SUBTYPES[entry.action]
        subtype = {"system": DCM, "code": session_code, "display": session_display}
    event: dict[str, object] = {
        "resourceType": "AuditEvent",
        "type": {"system": DCM, "code": code, "display": display},
        "subtype": [
            subtype,
            {"system": "urn:medshare:operation", "code": entry.operation},
        ],
        "action": action,
        "recorded": entry.recorded_at.isoformat().replace("+00:00", "Z"),
        "outcome": OUTCOMES[entry.outcome],
        "outcomeDesc": " ".join(filter(None, [str(entry.outcome), entry.reason])),
        "agent": list(_agents(entry)),
        "source": {
            "observer": {"display": "medshare"},
            "type": [
                {
                    "system": "http://terminology.hl7.org/CodeSystem/security-source-type",
                    "code": "4",
                    "display": "Application Server",
                }
            ],
        },
        "entity": list(_entities(entry, subjects)),
    }
    if entry.principal.purpose is not None:
        event["purposeOfEvent"] = [
            {
                "coding": [
                    {
                        "system": "http://terminology.hl7.org/CodeSystem/v3-ActReason",
                        "code": str(entry.principal.purpose),
                    }
                ]
            }
        ]
    return event


def _agents(entry: AuditEntry) -> Iterator[dict[str, object]]:
    """Client and server by DCM role, swapped for reads: data flows from the source role."""
    releases = entry.action in (AuditAction.READ, AuditAction.SEARCH, AuditAction.EXPORT)
    client = ("110152", "Destination Role ID") if releases else ("110153", "Source Role ID")
    server = ("110153", "Source Role ID") if releases else ("110152", "Destination Role ID")
    principal = entry.principal
    acting = principal.acting_user
    calling: dict[str, object] = {
        "type": _coding(DCM, *client),
        "who": {
            "identifier": {
                "system": f"urn:medshare:{principal.kind}",
                "value": principal.id,
            },
            "display": principal.facility or str(principal.kind),
        },
        "requestor": acting is None,
    }
    if entry.source_address:
        calling["network"] = {"address": entry.source_address, "type": "2"}
    yield calling
    yield {
        "type": _coding(DCM, *server),
        "who": {"display": "medshare"},
        "requestor": False,
    }
    if acting is not None:
        yield _person(entry)


def _person(entry: AuditEntry) -> dict[str, object]:
    acting = entry.principal.acting_user
    system = "urn:medshare:user"
    if entry.principal.kind is PrincipalKind.CLIENT:
        system = f"urn:medshare:user:{entry.principal.facility}"
    who: dict[str, object] = {}
    if acting is not None:
        who = {"identifier": {"system": system, "value": acting.id}}
        if acting.name:
            who["display"] = acting.name
    return {
        "type": _coding(
            "http://terminology.hl7.org/CodeSystem/v3-ParticipationType",
            "IRCP",
            "information recipient",
        ),
        "who": who,
        "requestor": True,
    }


def _entities(entry: AuditEntry, subjects: list[Subject]) -> Iterator[dict[str, object]]:
    for patient_id in dict.fromkeys(subject.patient_id for subject in subjects):
        if patient_id is not None:
            yield _entity("1", "1", {"reference": f"Patient/{patient_id}"})
    for subject in subjects:
        if subject.record_id is not None:
            yield _entity("2", "4", _identified("record", subject.record_id))
    for each in entry.objects:
        yield _entity("2", "4", _identified(each.kind, each.id))
    if entry.query:
        query = _entity("2", "24", None)
        query["query"] = base64.b64encode(entry.query.encode()).decode()
        yield query
    request = _entity("4", "21", _identified("request", entry.request_id))
    details = {"phase": str(entry.phase), "basis": entry.basis} | {
        name: str(count) for name, count in entry.counts.items()
    }
    request["detail"] = [
        {"type": name, "valueString": value} for name, value in details.items() if value
    ]
    yield request


def _entity(kind: str, role: str, what: dict[str, object] | None) -> dict[str, object]:
    entity: dict[str, object] = {
        "type": {
            "system": "http://terminology.hl7.org/CodeSystem/audit-entity-type",
            "code": kind,
        },
        "role": {
            "system": "http://terminology.hl7.org/CodeSystem/object-role",
            "code": role,
        },
    }
    if what is not None:
        entity["what"] = what
    return entity


def _identified(kind: str, value: str) -> dict[str, object]:
    return {"identifier": {"system": f"urn:medshare:{kind}", "value": value}}


def _coding(system: str, code: str, display: str) -> dict[str, object]:
    return {"coding": [{"system": system, "code": code, "display": display}]}
