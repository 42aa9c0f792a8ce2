"""FHIR over the patient index."""

from typing import Any

import orjson

from medshare.patients.identity_numbers import SYSTEM
from tests.access_matrix.world import Actor, Ask, AskMaker

TABLE = """
operation                     own care other shut glass doctor desk quality audit admin none
fhir.metadata                 everybody
fhir.search-patients          yes yes  nil   nil  yes   yes    yes  403     403   403   401
fhir.feed-patient             yes yes  yes   yes  yes   403    403  403     403   403   401
fhir.search-patients-by-post  yes yes  nil   nil  yes   yes    yes  403     403   403   401
fhir.pix                      yes yes  404   404  yes   yes    yes  403     403   403   401
fhir.pix-by-post              yes yes  404   404  yes   yes    yes  403     403   403   401
fhir.match                    yes yes  yes   yes  yes   yes    yes  403     403   403   401
fhir.read-patient             yes yes  nil   nil  yes   yes    yes  403     403   403   401
fhir.search-audit-events      403 403  403   403  403   403    403  403     yes   403   401
fhir.search-audit-events-by-post 403 403 403 403  403   403    403  403     yes   403   401
fhir.read-audit-event         403 403  403   403  403   403    403  403     yes   403   401
"""


def _source(actor: Actor) -> str:
    number = actor.about.at("SZ-A")
    return f"{number['system']}|{number['value']}"


def _sent(document: Any, **options: Any) -> Ask:
    body = {"data": orjson.dumps(document), "content_type": "application/fhir+json"}
    return Ask(body=body, **options)


def _feed(actor: Actor) -> Ask:
    number = actor.about.at(actor.facility)
    document = _patient(actor) | {"identifier": [number]}
    return _sent(document, query=f"identifier={number['system']}|{number['value']}")


def _patient(actor: Actor) -> dict[str, Any]:
    return {
        "resourceType": "Patient",
        "identifier": [{"system": SYSTEM, "value": actor.about.identity}],
        "name": [{"text": actor.about.name}],
        "gender": "male",
        "birthDate": "1962-05-17",
    }


def _pix(actor: Actor) -> Ask:
    parameter = {"name": "sourceIdentifier", "valueString": _source(actor)}
    return _sent({"resourceType": "Parameters", "parameter": [parameter]})


ASKS: dict[str, AskMaker] = {
    "fhir.search-patients": lambda actor: Ask(
        query=f"identifier={_source(actor)}", shows=actor.about.ids["patient_id"]
    ),
    "fhir.search-patients-by-post": lambda actor: Ask(
        body={"data": {"identifier": _source(actor)}}, shows=actor.about.ids["patient_id"]
    ),
    "fhir.search-audit-events": lambda actor: Ask(
        query=f"patient={actor.about.ids['patient_id']}", shows=actor.about.ids["patient_id"]
    ),
    "fhir.search-audit-events-by-post": lambda actor: Ask(
        body={"data": {"patient": actor.about.ids["patient_id"]}},
        shows=actor.about.ids["patient_id"],
    ),
    "fhir.read-audit-event": lambda actor: Ask(
        ids={"wanted_id": actor.about.ids["entry_id"]}, shows=actor.about.ids["entry_id"]
    ),
    "fhir.feed-patient": _feed,
    "fhir.pix": lambda actor: Ask(query=f"sourceIdentifier={_source(actor)}"),
    "fhir.pix-by-post": _pix,
    "fhir.read-patient": lambda actor: Ask(shows=actor.about.phone),
    "fhir.match": lambda actor: _sent(_patient(actor), shows=actor.about.ids["patient_id"]),
}
