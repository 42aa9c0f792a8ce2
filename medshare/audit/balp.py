"""The outward form of an entry: FHIR R4 AuditEvent by IHE BALP.

One event per patient named, since the profile's query and patient patterns name one each. The
resource is a plain dictionary; tests validate it against a foreign model of FHIR and against the
constraints of the profiles that it claims.

References
----------
IHE ITI Basic Audit Log Patterns (BALP) 1.1.4; FHIR R4 AuditEvent; DICOM PS3.16 CID 400-402.
"""

import base64
from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

from medshare.kernel.audit import AuditAction, AuditEntry, AuditOutcome, Subject
from medshare.kernel.identifiers import PatientId
from medshare.kernel.principal import ActingUser, PrincipalKind

Coding = tuple[str, str, str]
"""System, code and display."""
DCM = "http://dicom.nema.org/resources/ontology/DCM"
REST = "http://hl7.org/fhir/restful-interaction"
BALP = "https://profiles.ihe.net/ITI/BALP"
TERMINOLOGY = "http://terminology.hl7.org/CodeSystem"
OPERATION = "urn:medshare:operation"
BY_REST = {
    "system": f"{TERMINOLOGY}/audit-event-type",
    "code": "rest",
    "display": "RESTful Operation",
}
TYPES = {
    AuditAction.LOGIN: ("110114", "User Authentication"),
    AuditAction.LOGOUT: ("110114", "User Authentication"),
    AuditAction.EXPORT: ("110106", "Export"),
}
APPLICATION_ACTIVITY = ("110100", "Application Activity")
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
PROFILES = {
    AuditAction.CREATE: "Create",
    AuditAction.READ: "Read",
    AuditAction.UPDATE: "Update",
    AuditAction.DELETE: "Delete",
    AuditAction.SEARCH: "Query",
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
RECEIVING = frozenset({AuditAction.READ, AuditAction.EXPORT})
CHANGING = frozenset({AuditAction.CREATE, AuditAction.UPDATE, AuditAction.DELETE})
SOURCE, DESTINATION = (DCM, "110153", "Source Role ID"), (DCM, "110152", "Destination Role ID")
APPLICATION = (DCM, "110150", "Application")
CUSTODIAN = (f"{TERMINOLOGY}/provenance-participant-type", "custodian", "Custodian")
RECIPIENT = (f"{TERMINOLOGY}/v3-ParticipationType", "IRCP", "information recipient")
AUTHOR = (f"{TERMINOLOGY}/v3-ParticipationType", "AUT", "author (originator)")
PERSON, SYSTEM_OBJECT, OTHER = "1", "2", "4"
PATIENT, DOMAIN_RESOURCE, QUERY = "1", "4", "24"


def audit_events(entry: AuditEntry, server: str) -> Iterator[dict[str, object]]:
    """Yield an entry as AuditEvents: one for each patient named, one when none is.

    Parameters
    ----------
    server
        What the log's origin says of the server, as of ``server_of``.
    """
    for position, patient_id in enumerate(patients_of(entry)):
        subjects = [each for each in entry.subjects if each.patient_id == patient_id]
        event = {"resourceType": "AuditEvent", "id": event_id(entry.id, position)}
        yield event | _event(entry, subjects, server)


def server_of(origin: str) -> str:
    """Return the host in the origin of a log, which is what names the server in its events."""
    return urlsplit(f"//{origin}").hostname or origin


def patients_of(entry: AuditEntry) -> Sequence[PatientId | None]:
    """Return whom the events of an entry are about, in their order."""
    return list(dict.fromkeys(subject.patient_id for subject in entry.subjects)) or [None]


def event_id(entry_id: str, position: int) -> str:
    """Return the id of one event of an entry."""
    return entry_id if position == 0 else f"{entry_id}-{position}"


def type_of(action: AuditAction, *, by_rest: bool) -> dict[str, str]:
    """Return the coded type of the events of an action."""
    if action not in TYPES and by_rest:
        return BY_REST
    code, display = TYPES.get(action, APPLICATION_ACTIVITY)
    return {"system": DCM, "code": code, "display": display}


def subtype_of(action: AuditAction) -> dict[str, str]:
    """Return the coded interaction of an action."""
    if action in SESSION_SUBTYPES:
        code, display = SESSION_SUBTYPES[action]
        return {"system": DCM, "code": code, "display": display}
    interaction = ACTIONS[action][1]
    return {"system": REST, "code": interaction, "display": interaction}


def agent_systems(kind: PrincipalKind, facility: str | None) -> tuple[str, str]:
    """Return the systems that identify a principal, and the person behind it."""
    user = "urn:medshare:user"
    return f"urn:medshare:{kind}", f"{user}:{facility}" if kind is PrincipalKind.CLIENT else user


def _event(entry: AuditEntry, subjects: list[Subject], server: str) -> dict[str, object]:
    profile = _profile(entry, subjects)
    by_rest = entry.principal.kind is not PrincipalKind.SYSTEM
    purposes = _purposes(entry)
    return {
        **({"meta": {"profile": [profile]}} if profile else {}),
        "type": type_of(entry.action, by_rest=by_rest),
        "subtype": [
            subtype_of(entry.action),
            {"system": OPERATION, "code": entry.operation},
        ],
        "action": ACTIONS[entry.action][0],
        "recorded": entry.recorded_at.isoformat().replace("+00:00", "Z"),
        "outcome": OUTCOMES[entry.outcome],
        "outcomeDesc": " ".join(filter(None, [str(entry.outcome), entry.reason])),
        **({"purposeOfEvent": purposes} if purposes else {}),
        "agent": list(_agents(entry, server)),
        "source": {
            "site": server,
            "observer": _own(server),
            "type": [
                {
                    "system": f"{TERMINOLOGY}/security-source-type",
                    "code": "4",
                    "display": "Application Server",
                }
            ],
        },
        "entity": list(_entities(entry, subjects)),
    }


def _profile(entry: AuditEntry, subjects: Sequence[Subject]) -> str | None:
    """Return the profile that an event keeps: of what succeeded over the network."""
    name = PROFILES.get(entry.action)
    if name is None or entry.outcome is not AuditOutcome.SUCCESS or not entry.source_address:
        return None
    about = "Patient" if any(each.patient_id for each in subjects) else ""
    return f"{BALP}/StructureDefinition/IHE.BasicAudit.{about}{name}"


def _purposes(entry: AuditEntry) -> list[dict[str, object]]:
    if entry.principal.purpose is None:
        return []
    coding = {"system": f"{TERMINOLOGY}/v3-ActReason", "code": str(entry.principal.purpose)}
    return [{"coding": [coding]}]


def _own(server: str) -> dict[str, object]:
    return {"identifier": {"value": server}, "display": "medshare"}


def _agents(entry: AuditEntry, server: str) -> Iterator[dict[str, object]]:
    """Client and server in the roles of the profile, and the person behind the client."""
    client, serving = (_coding(*each) for each in roles_of(entry.action))
    principal = entry.principal
    who: dict[str, object] = {"display": principal.facility or str(principal.kind)}
    if principal.id:
        system, _user = agent_systems(principal.kind, principal.facility)
        who = {"identifier": {"system": system, "value": principal.id}} | who
    calling: dict[str, object] = {
        "type": client,
        "who": who,
        "requestor": principal.acting_user is None,
    }
    if entry.source_address:
        calling["network"] = {"address": entry.source_address, "type": "2"}
    yield calling
    yield {
        "type": serving,
        "who": _own(server),
        "requestor": False,
        "network": {"address": server, "type": "1"},
    }
    if principal.acting_user is not None:
        yield _person(entry, principal.acting_user)


def roles_of(action: AuditAction) -> tuple[Coding, Coding]:
    """Return what client and server are: of a query it is the question that flows, not the data."""
    if action is AuditAction.DELETE:
        return APPLICATION, CUSTODIAN
    return (DESTINATION, SOURCE) if action in RECEIVING else (SOURCE, DESTINATION)


def person_role_of(entry: AuditEntry) -> Coding:
    """Return what the person behind a client is: who gets the data, or who made the change."""
    return AUTHOR if entry.action in CHANGING else RECIPIENT


def _person(entry: AuditEntry, acting: ActingUser) -> dict[str, object]:
    _system, users = agent_systems(entry.principal.kind, entry.principal.facility)
    who: dict[str, object] = {"identifier": {"system": users, "value": acting.id}}
    named = {"name": acting.name} if acting.name else {}
    purposes = _purposes(entry)
    return {
        "type": _coding(*person_role_of(entry)),
        "who": who | ({"display": acting.name} if acting.name else {}),
        **named,
        "requestor": True,
        **({"purposeOfUse": purposes} if purposes else {}),
    }


def _entities(entry: AuditEntry, subjects: Sequence[Subject]) -> Iterator[dict[str, object]]:
    """Yield the patient, one thing or query as profiles have it, other things, the request."""
    patient_id = subjects[0].patient_id if subjects else None
    if patient_id is not None:
        yield _entity(PERSON, PATIENT, {"reference": f"Patient/{patient_id}"})
    things = [_identified("record", each.record_id) for each in subjects if each.record_id]
    things += [_identified(each.kind, each.id) for each in entry.objects]
    if entry.action is AuditAction.SEARCH:
        yield _entity(SYSTEM_OBJECT, QUERY) | {"query": encoded_query(entry.query)}
    else:
        first, *things = things or [{"display": entry.operation}]
        yield _entity(SYSTEM_OBJECT, DOMAIN_RESOURCE, first)
        if entry.query:
            yield _entity(OTHER, QUERY) | {"query": encoded_query(entry.query)}
    for each in things:
        yield _entity(OTHER, DOMAIN_RESOURCE, each)
    yield _request(entry)


def encoded_query(query: str) -> str:
    """Return a query as it was asked, in base64, behind the mark that sets it off in an address."""
    return base64.b64encode(f"?{query}".encode()).decode()


def _request(entry: AuditEntry) -> dict[str, object]:
    kind = _entity_type(OTHER)
    known: dict[str, object] = {}
    if entry.request_id:
        kind = {"system": f"{BALP}/CodeSystem/BasicAuditEntityType", "code": "XrequestId"}
        known = {"what": _identified("request", entry.request_id)}
    details = {"phase": str(entry.phase), "basis": entry.basis} | {
        name: str(count) for name, count in entry.counts.items()
    }
    detail = [{"type": name, "valueString": value} for name, value in details.items() if value]
    return {"type": kind, **known, "detail": detail}


def _entity(kind: str, role: str, what: dict[str, object] | None = None) -> dict[str, object]:
    return {
        "type": _entity_type(kind),
        "role": {"system": f"{TERMINOLOGY}/object-role", "code": role},
        **({"what": what} if what else {}),
    }


def _entity_type(kind: str) -> dict[str, str]:
    return {"system": f"{TERMINOLOGY}/audit-entity-type", "code": kind}


def _identified(kind: str, value: str) -> dict[str, object]:
    return {"identifier": {"system": f"urn:medshare:{kind}", "value": value}}


def _coding(system: str, code: str, display: str) -> dict[str, object]:
    return {"coding": [{"system": system, "code": code, "display": display}]}
