"""The constraints of IHE BALP's profiles on an AuditEvent, as data, and what breaks them.

Facts from the StructureDefinitions ``IHE.BasicAudit.Create``, ``.Read``, ``.Update``, ``.Delete``,
``.Query`` and ``.Patient*`` of BALP 1.1.4, https://profiles.ihe.net/ITI/BALP. A slice is told by
the type of the agent or entity; its least and greatest number stand with it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

BALP = "https://profiles.ihe.net/ITI/BALP"
DCM = "http://dicom.nema.org/resources/ontology/DCM"
PARTICIPATION = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"
CUSTODIAN = "http://terminology.hl7.org/CodeSystem/provenance-participant-type"
ENTITY = "http://terminology.hl7.org/CodeSystem/audit-entity-type"
ROLE = "http://terminology.hl7.org/CodeSystem/object-role"
REST = "http://hl7.org/fhir/restful-interaction"

Coding = tuple[str, str]


@dataclass(frozen=True)
class Slice:
    """Agents or entities of some types: how many, and which of their elements must and may not be.

    Parameters
    ----------
    roles
        Of which the entity's role must be one; empty: any or none.
    """

    types: Sequence[Coding]
    least: int
    most: int
    must: Sequence[str] = ()
    must_not: Sequence[str] = ()
    roles: Sequence[str] = ()
    requestor: bool | None = None


@dataclass(frozen=True)
class Profile:
    """One profile: the interactions of its subtype, its action, and its slices."""

    subtypes: Sequence[str]
    action: str
    agents: Sequence[Slice]
    entities: Sequence[Slice]


def _agents(client: Coding, server: Coding, users: Sequence[Coding]) -> Sequence[Slice]:
    return (
        Slice([client], 1, 1, ("who", "network"), ("media",)),
        Slice([server], 1, 1, ("who", "network"), ("media",)),
        Slice(users, 0, 1, ("who",), ("media", "network"), requestor=True),
    )


SOURCE, DESTINATION = (DCM, "110153"), (DCM, "110152")
RECIPIENTS = [(PARTICIPATION, "IRCP")]
AUTHORS = [(PARTICIPATION, each) for each in ("AUT", "INF", "CST")]
REQUEST = Slice(
    [(f"{BALP}/CodeSystem/BasicAuditEntityType", "XrequestId")], 0, 1, ("what.identifier.value",)
)
DATA = Slice([(ENTITY, "2")], 1, 1, ("what",), roles=("4", "3", "20"))
ASKED = Slice([(ENTITY, "2")], 1, 1, ("query",), ("what", "lifecycle", "detail"), roles=("24",))
PATIENT = Slice([(ENTITY, "1")], 1, 1, ("what.reference",), roles=("1",))
WRITING = _agents(SOURCE, DESTINATION, AUTHORS)

PLAIN = {
    "Create": Profile(("create",), "C", WRITING, (REQUEST, DATA)),
    "Read": Profile(
        ("read", "vread"), "R", _agents(DESTINATION, SOURCE, RECIPIENTS), (REQUEST, DATA)
    ),
    "Update": Profile(("update", "patch"), "U", WRITING, (REQUEST, DATA)),
    "Delete": Profile(
        ("delete",),
        "D",
        _agents((DCM, "110150"), (CUSTODIAN, "custodian"), AUTHORS),
        (REQUEST, DATA),
    ),
    "Query": Profile(
        ("search", "search-type", "search-system"),
        "E",
        _agents(SOURCE, DESTINATION, RECIPIENTS),
        (REQUEST, ASKED),
    ),
}
PROFILES = {
    f"{BALP}/StructureDefinition/IHE.BasicAudit.{about}{name}": Profile(
        each.subtypes, each.action, each.agents, (*each.entities, *more)
    )
    for name, each in PLAIN.items()
    for about, more in (("", ()), ("Patient", (PATIENT,)))
}


def violations(event: Mapping[str, Any]) -> list[str]:
    """Return what an event breaks of every profile that it claims."""
    return [
        f"{profile.rsplit('.', 1)[1]}: {each}"
        for profile in event.get("meta", {}).get("profile", ())
        for each in _violations(event, PROFILES[profile])
    ]


def _violations(event: Mapping[str, Any], profile: Profile) -> Iterator[str]:
    if event["type"]["code"] != "rest":
        yield "type"
    rest = [each["code"] for each in event["subtype"] if each["system"] == REST]
    if len([each for each in rest if each in profile.subtypes]) != 1:
        yield "subtype"
    if (event["action"], event["outcome"]) != (profile.action, "0"):
        yield "action or outcome"
    for each in profile.agents:
        yield from _of_slice("agent", each, event["agent"], _agent_type)
    for each in profile.entities:
        yield from _of_slice("entity", each, event["entity"], _coding)


def _of_slice(name: str, expected: Slice, given: Sequence[Any], type_of: Any) -> Iterator[str]:
    found = [each for each in given if type_of(each["type"]) in expected.types]
    if not expected.least <= len(found) <= expected.most:
        yield f"{name} {expected.types[0][1]}: {len(found)} of them"
    for each in found:
        yield from (f"{name} lacks {path}" for path in expected.must if not _at(each, path))
        yield from (f"{name} has {path}" for path in expected.must_not if path in each)
        if expected.roles and _coding(each.get("role", {})) not in [
            (ROLE, role) for role in expected.roles
        ]:
            yield f"{name} role"
        if expected.requestor not in (None, each.get("requestor")):
            yield f"{name} requestor"


def _at(element: Any, path: str) -> Any:
    for name in path.split("."):
        element = element.get(name, {})
    return element


def _coding(element: Mapping[str, Any]) -> Coding:
    return element.get("system", ""), element.get("code", "")


def _agent_type(element: Mapping[str, Any]) -> Coding:
    return _coding(element["coding"][0])
