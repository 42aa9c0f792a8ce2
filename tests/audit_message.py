"""The grammar of DICOM audit messages, as data, and what breaks it.

Facts from the RELAX NG schema of PS3.15 A.5.1.1 (2024): of each element its attributes (``?``:
optional) with their values, and its children in order as a regular expression over their names.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element

TOKEN = r"\S(?:.*\S)?"
ANY = r"(?s:.*)"
BASE64 = r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?"
MOMENT = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)"
CODED = {"csd-code": TOKEN, "codeSystemName": TOKEN, "displayName?": TOKEN, "originalText": TOKEN}


def up_to(last: int) -> str:
    """Return the pattern of a number from 1 to ``last``."""
    return "|".join(map(str, range(1, last + 1)))


@dataclass(frozen=True)
class Rule:
    """What an element may hold."""

    attributes: dict[str, str] = field(default_factory=dict)
    children: str = ""
    text: str = r"\s*"


CODE = Rule(CODED)
GRAMMAR = {
    "AuditMessage": Rule(
        children="EventIdentification,(ActiveParticipant,)+AuditSourceIdentification,"
        "(ParticipantObjectIdentification,)*"
    ),
    "EventIdentification": Rule(
        {
            "EventActionCode?": "[CRUDE]",
            "EventDateTime": MOMENT,
            "EventOutcomeIndicator": "0|4|8|12",
        },
        "EventID,(EventTypeCode,)*(EventOutcomeDescription,)?",
    ),
    "EventID": CODE,
    "EventTypeCode": CODE,
    "EventOutcomeDescription": Rule(text=ANY),
    "ActiveParticipant": Rule(
        {
            "UserID": ANY,
            "AlternativeUserID?": ANY,
            "UserName?": ANY,
            "UserIsRequestor": "true|false|0|1",
            "NetworkAccessPointID?": TOKEN,
            "NetworkAccessPointTypeCode?": up_to(5),
        },
        "(RoleIDCode,)*(MediaIdentifier,)?",
    ),
    "RoleIDCode": CODE,
    "MediaIdentifier": Rule(children="MediaType,"),
    "MediaType": CODE,
    "AuditSourceIdentification": Rule(
        {"AuditEnterpriseSiteID?": TOKEN, "AuditSourceID": TOKEN}, "(AuditSourceTypeCode,)*"
    ),
    "AuditSourceTypeCode": Rule(
        {
            "csd-code": TOKEN,
            "codeSystemName?": TOKEN,
            "displayName?": TOKEN,
            "originalText?": TOKEN,
        }
    ),
    "ParticipantObjectIdentification": Rule(
        {
            "ParticipantObjectID": TOKEN,
            "ParticipantObjectTypeCode?": up_to(4),
            "ParticipantObjectTypeCodeRole?": up_to(26),
            "ParticipantObjectDataLifeCycle?": up_to(15),
            "ParticipantObjectSensitivity?": TOKEN,
        },
        "ParticipantObjectIDTypeCode,(ParticipantObjectName,|ParticipantObjectQuery,)"
        "(ParticipantObjectDetail,)*(ParticipantObjectDescription,)*",
    ),
    "ParticipantObjectIDTypeCode": CODE,
    "ParticipantObjectName": Rule(text=TOKEN),
    "ParticipantObjectQuery": Rule(text=BASE64),
    "ParticipantObjectDetail": Rule({"type": TOKEN, "value": BASE64}),
    "ParticipantObjectDescription": Rule(
        children="(MPPS,)*(Accession,)*(SOPClass,)*(ParticipantObjectContainsStudy,)?"
        "(Encrypted,)?(Anonymized,)?"
    ),
    "SOPClass": Rule({"UID?": TOKEN, "NumberOfInstances": r"\d+"}, "(Instance,)*"),
}


def violations(element: Element) -> Iterator[str]:
    """Yield what breaks the grammar in an element and below."""
    rule = GRAMMAR.get(element.tag)
    if rule is None:
        yield f"{element.tag} is not known"
        return
    patterns = {name.rstrip("?"): each for name, each in rule.attributes.items()}
    required = {name for name in rule.attributes if not name.endswith("?")}
    yield from (f"{element.tag} lacks {name}" for name in required - element.attrib.keys())
    for name, value in element.attrib.items():
        if name not in patterns:
            yield f"{element.tag} has {name}"
        elif not re.fullmatch(patterns[name], value):
            yield f"{element.tag}@{name}"
    if not re.fullmatch(rule.children, "".join(f"{each.tag}," for each in element)):
        yield f"{element.tag}: its children"
    if not re.fullmatch(rule.text, element.text or ""):
        yield f"{element.tag}: its text"
    for each in element:
        yield from violations(each)
