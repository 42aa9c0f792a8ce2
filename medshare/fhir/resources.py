"""FHIR R4 resources as plain dictionaries, made from the index's own model."""

from collections.abc import Collection, Sequence
from datetime import date, datetime

from medshare.fhir.questions import PixQuestion
from medshare.kernel.identifiers import PatientId
from medshare.patients.links.golden import golden_view
from medshare.patients.matching.decide import Grade
from medshare.patients.model import FoundPatient, HumanName, PatientIdentifier

Resource = dict[str, object]
IDENTIFIER_TYPES = "http://terminology.hl7.org/CodeSystem/v2-0203"
MATCH_GRADE = "http://hl7.org/fhir/StructureDefinition/match-grade"
# How sure a match is, in numbers (http://terminology.hl7.org/CodeSystem/match-grade).
SCORES = {Grade.CERTAIN: 1.0, Grade.PROBABLE: 0.8, Grade.POSSIBLE: 0.5}


def patient_resource(patient: FoundPatient, domains: Collection[str] = frozenset()) -> Resource:
    """Return a person: every identifier of the records seen, and their golden view.

    Parameters
    ----------
    domains
        Of which alone identifiers are shown; without any, of all.
    """
    golden = {each.attribute: each.value for each in golden_view(patient.records)}
    stated = [each for record in patient.records for each in record.registration.identifiers]
    name, born, died = golden.get("name"), golden.get("birthDate"), golden.get("deceased")
    members: Resource = {
        "resourceType": "Patient",
        "id": patient.patient_id,
        "meta": {"lastUpdated": _instant(max(each.updated_at for each in patient.records))},
        "identifier": [
            identifier_of(each)
            for each in dict.fromkeys(stated)
            if not domains or each.system in domains
        ],
        "active": True,
        "name": [_name(name)] if isinstance(name, HumanName) else None,
        "telecom": [{"system": "phone", "value": golden["phone"]}] if "phone" in golden else None,
        "gender": str(golden.get("sex", "unknown")),
        "birthDate": born.isoformat() if isinstance(born, date) else None,
        "deceasedDateTime": died.isoformat() if isinstance(died, date) else None,
        "address": [{"text": golden["address"]}] if "address" in golden else None,
    }
    return {key: value for key, value in members.items() if value not in (None, [])}


def retired_resource(retired: PatientId, current: PatientId) -> Resource:
    """Return a retired id: nothing but who replaced it."""
    return {
        "resourceType": "Patient",
        "id": retired,
        "active": False,
        "link": [{"other": {"reference": f"Patient/{current}"}, "type": "replaced-by"}],
    }


def identifier_of(identifier: PatientIdentifier) -> Resource:
    """Return an identifier with its type of HL7 table 0203."""
    coding = {"system": IDENTIFIER_TYPES, "code": identifier.type}
    return {"type": {"coding": [coding]}, "system": identifier.system, "value": identifier.value}


def searchset(
    base: str,
    entries: Sequence[Resource],
    *,
    own: str,
    further: str | None = None,
    total: int | None = None,
) -> Resource:
    """Return the answer of a search.

    Parameters
    ----------
    own, further
        The addresses of this page and of the next one.
    total
        How many were found, where all of them are on the page; nobody counts more.
    """
    links = [{"relation": "self", "url": base + own}]
    if further is not None:
        links.append({"relation": "next", "url": base + further})
    answer: Resource = {"resourceType": "Bundle", "type": "searchset", "link": links}
    answer |= {} if total is None else {"total": total}
    # An array in FHIR is never empty.
    return answer | ({"entry": list(entries)} if entries else {})


def match_entry(base: str, resource: Resource, grade: Grade | None = None) -> Resource:
    """Return one match; of ``$match`` with its grade and score."""
    search: Resource = {"mode": "match"}
    if grade is not None:
        search |= {
            "extension": [{"url": MATCH_GRADE, "valueCode": grade}],
            "score": SCORES[grade],
        }
    return {
        "fullUrl": f"{base}/fhir/{resource['resourceType']}/{resource['id']}",
        "resource": resource,
        "search": search,
    }


def cross_references(
    patients: Sequence[FoundPatient], question: PixQuestion, base: str
) -> Resource:
    """Return the answer of ``$ihe-pix``: the other identifiers, and the persons themselves.

    Parameters
    ----------
    base
        This server's own domain, of the ids of persons.

    References
    ----------
    IHE ITI TF-2: 3.83.4.2 (PIXm).
    """
    source = (question.source.system, question.source.value)
    stated = dict.fromkeys(
        identifier
        for patient in patients
        for record in patient.records
        for identifier in record.registration.identifiers
        if (identifier.system, identifier.value) != source and question.wants(identifier.system)
    )
    parameters: list[Resource] = [
        {
            "name": "targetIdentifier",
            "valueIdentifier": {"system": each.system, "value": each.value},
        }
        for each in stated
    ]
    references = [f"Patient/{each.patient_id}" for each in patients if question.wants(base)]
    parameters += [
        {"name": "targetId", "valueReference": {"reference": each}}
        for each in references
        if (base, each) != source
    ]
    answer: Resource = {"resourceType": "Parameters"}
    return answer | ({"parameter": parameters} if parameters else {})


def _name(name: HumanName) -> Resource:
    given = [name.given] if name.given else None
    members: Resource = {
        "text": name.text or name.alphabetic or name.family + name.given,
        "family": name.family or None,
        "given": given,
    }
    return {key: value for key, value in members.items() if value is not None}


def _instant(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
