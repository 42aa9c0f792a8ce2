"""An entry as DICOM audit messages (PS3.15 A.5): one for each patient named, as its AuditEvents.

Events by CID 400: what a study lost or gained is *DICOM Instances Accessed* or *Transferred*, a
search *Query*, everything else about a patient *Patient Record*. A test holds each message against
the grammar of A.5.1.
"""

import base64
import re
from collections.abc import Iterable, Iterator, Sequence
from xml.etree.ElementTree import Element, SubElement, tostring

from medshare.audit.balp import (
    ACTIONS,
    APPLICATION_ACTIVITY,
    DCM,
    OUTCOMES,
    SESSION_SUBTYPES,
    TYPES,
    patients_of,
    person_role_of,
    roles_of,
)
from medshare.kernel.audit import AuditAction, AuditEntry, AuditObject, Subject

Code = tuple[str, str, str]
"""Code, its system and its meaning."""
Attributes = dict[str, str]
ACCESSED = ("110103", "DICOM Instances Accessed")
TRANSFERRED = ("110104", "DICOM Instances Transferred")
ASKED = ("110112", "Query")
PATIENT_RECORD = ("110110", "Patient Record")
STUDY = ("110180", "DCM", "Study Instance UID")
PATIENT_NUMBER = ("2", "RFC-3881", "Patient Number")
PERSON, SYSTEM_OBJECT, OTHER = "1", "2", "4"
PATIENT, REPORT, QUERY = "1", "3", "24"
FORGOTTEN = "-"
HEAD = b'<?xml version="1.0" encoding="UTF-8"?>\n<AuditMessages>\n'
FOOT = b"</AuditMessages>\n"
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def message_lines(entries: Iterable[AuditEntry], server: str) -> Iterator[bytes]:
    """Yield one XML document with the messages of entries, a message a line."""
    yield HEAD
    for entry in entries:
        for message in audit_messages(entry, server):
            yield tostring(message, encoding="utf-8") + b"\n"
    yield FOOT


def audit_messages(entry: AuditEntry, server: str) -> Iterator[Element]:
    """Yield the AuditMessages of an entry; ``server`` is what names it in its events."""
    for patient_id in patients_of(entry):
        subjects = [each for each in entry.subjects if each.patient_id == patient_id]
        message = Element("AuditMessage")
        _identify_event(message, entry)
        _add_participants(message, entry, server)
        source = _add(message, "AuditSourceIdentification", {"AuditSourceID": server})
        _add(source, "AuditSourceTypeCode", {"csd-code": "4"})
        _add_objects(message, entry, subjects)
        yield message


def event_code(entry: AuditEntry) -> tuple[str, str]:
    """Return the event that an entry is in the words of DICOM."""
    if entry.action in TYPES:
        return TYPES[entry.action]
    if entry.action is AuditAction.SEARCH:
        return ASKED
    if any(each.kind == "study" for each in entry.objects):
        if entry.action is AuditAction.READ:
            return ACCESSED
        if entry.action is AuditAction.CREATE:
            return TRANSFERRED
    return PATIENT_RECORD if entry.subjects else APPLICATION_ACTIVITY


def _identify_event(message: Element, entry: AuditEntry) -> None:
    attributes = {
        "EventActionCode": ACTIONS[entry.action][0],
        "EventDateTime": entry.recorded_at.isoformat(),
        "EventOutcomeIndicator": OUTCOMES[entry.outcome],
    }
    event = _add(message, "EventIdentification", attributes)
    code, meaning = event_code(entry)
    _add(event, "EventID", _coded((code, "DCM", meaning)))
    if entry.action in SESSION_SUBTYPES:
        kind, means = SESSION_SUBTYPES[entry.action]
        _add(event, "EventTypeCode", _coded((kind, "DCM", means)))
    _add(event, "EventTypeCode", _coded((entry.operation, "medshare", entry.operation)))
    outcome = " ".join(filter(None, [str(entry.outcome), entry.reason]))
    _add(event, "EventOutcomeDescription", text=outcome)


def _add_participants(message: Element, entry: AuditEntry, server: str) -> None:
    principal, acting = entry.principal, entry.principal.acting_user
    client, serving = roles_of(entry.action)
    network = {"NetworkAccessPointID": entry.source_address, "NetworkAccessPointTypeCode": "2"}
    calling = {"UserID": principal.id} | (network if entry.source_address else {})
    _add_participant(message, calling, client, asks=acting is None)
    own = {"NetworkAccessPointID": server, "NetworkAccessPointTypeCode": "1"}
    _add_participant(message, {"UserID": server, **own}, serving, asks=False)
    if acting is not None:
        named = {"UserName": acting.name} if acting.name else {}
        _add_participant(message, {"UserID": acting.id, **named}, person_role_of(entry), asks=True)


def _add_participant(
    message: Element, attributes: Attributes, role: tuple[str, str, str], *, asks: bool
) -> None:
    requests = {"UserIsRequestor": str(asks).lower()}
    participant = _add(message, "ActiveParticipant", attributes | requests)
    system, code, meaning = role
    _add(participant, "RoleIDCode", _coded((code, "DCM" if system == DCM else system, meaning)))


def _add_objects(message: Element, entry: AuditEntry, subjects: Sequence[Subject]) -> None:
    for patient_id in {each.patient_id: None for each in subjects if each.patient_id}:
        _add_object(message, PERSON, PATIENT, PATIENT_NUMBER, patient_id)
    for subject in subjects:
        if subject.record_id:
            _add_object(message, SYSTEM_OBJECT, "", _own_code("record"), subject.record_id)
    studies = [each for each in entry.objects if each.kind == "study"]
    for each in entry.objects:
        _add_thing(message, each, entry.counts if [each] == studies else {})
    if entry.query or entry.action is AuditAction.SEARCH:
        asked = f"?{entry.query}"
        _add_object(message, SYSTEM_OBJECT, QUERY, _own_code("query"), entry.operation, asked)
    request = _add_object(message, OTHER, "", _own_code("request"), entry.request_id or FORGOTTEN)
    details = {"phase": str(entry.phase), "basis": entry.basis} | {
        name: str(count) for name, count in entry.counts.items()
    }
    for name, value in details.items():
        pair = {"type": name, "value": _in_base64(value)}
        _add(request, "ParticipantObjectDetail", pair)


def _add_thing(message: Element, thing: AuditObject, counts: dict[str, int]) -> None:
    """Add a thing touched; of the only study with how many of its instances left or came."""
    if thing.kind != "study":
        _add_object(message, SYSTEM_OBJECT, "", _own_code(thing.kind), thing.id)
        return
    study = _add_object(message, SYSTEM_OBJECT, REPORT, STUDY, thing.id)
    if "instances" in counts:
        described = _add(study, "ParticipantObjectDescription", {})
        _add(described, "SOPClass", {"NumberOfInstances": str(counts["instances"])})


def _add_object(  # every attribute of it is one of these
    message: Element, kind: str, role: str, code: Code, object_id: str, query: str | None = None
) -> Element:
    attributes = {"ParticipantObjectID": object_id, "ParticipantObjectTypeCode": kind}
    if role:
        attributes["ParticipantObjectTypeCodeRole"] = role
    added = _add(message, "ParticipantObjectIdentification", attributes)
    _add(added, "ParticipantObjectIDTypeCode", _coded(code))
    if query is None:
        _add(added, "ParticipantObjectName", text=object_id)
    else:
        _add(added, "ParticipantObjectQuery", text=_in_base64(query))
    return added


def _own_code(kind: str) -> Code:
    return (kind, "medshare", kind)


def _coded(code: Code) -> Attributes:
    value, system, meaning = code
    return {"csd-code": value, "codeSystemName": system, "originalText": meaning}


def _in_base64(text: str) -> str:
    return base64.b64encode(text.encode("utf-8", "surrogatepass")).decode()


def _add(
    parent: Element, name: str, attributes: Attributes | None = None, text: str = ""
) -> Element:
    """Add an element; characters that no XML can hold are replaced."""
    safe = {key: _NOT_XML.sub("\ufffd", value) for key, value in (attributes or {}).items()}
    added = SubElement(parent, name, safe)
    if text:
        added.text = _NOT_XML.sub("\ufffd", text)
    return added
