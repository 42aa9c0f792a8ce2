"""The patient index: who registers and finds persons, and who joins and parts records."""

from medshare.patients.identity_numbers import SYSTEM
from tests.access_matrix.persons import registration
from tests.access_matrix.world import Actor, Ask, AskMaker

TABLE = """
operation                  own care other shut glass doctor desk quality audit admin none
patients.register          yes yes  yes   yes  yes   403    403  403     403   403   401
patients.replace-record    yes 404  404   404  404   403    403  403     403   403   401
patients.match             yes yes  yes   yes  yes   yes    yes  403     403   403   401
patients.search            yes yes  nil   nil  yes   yes    yes  403     403   403   401
patients.get               yes yes  nil   nil  yes   yes    yes  403     403   403   401
patients.merge             403 403  403   403  403   403    yes  403     403   403   401
patients.get-merge         403 403  403   403  403   403    yes  403     403   403   401
patients.unmerge           403 403  403   403  403   403    yes  403     403   403   401
patients.list-proposals    403 403  403   403  403   403    yes  403     403   403   401
patients.decide-proposal   403 403  403   403  403   403    yes  403     403   403   401
patients.link              403 403  403   403  403   403    yes  403     403   403   401
patients.unlink            403 403  403   403  403   403    yes  403     403   403   401
patients.history           403 403  403   403  403   403    yes  403     403   403   401
patients.record-history    403 403  403   403  403   403    yes  403     403   403   401
patients.identifiers       yes yes  nil   nil  yes   yes    yes  403     403   403   401
patients.golden            yes yes  nil   nil  yes   yes    yes  403     403   403   401
patients.list-reviews      403 403  403   403  403   403    yes  403     403   403   401
patients.get-review        403 403  403   403  403   403    yes  403     403   403   401
patients.claim-review      403 403  403   403  403   403    yes  403     403   403   401
patients.release-review    403 403  403   403  403   403    yes  403     403   403   401
patients.decide-review     403 403  403   403  403   403    yes  403     403   403   401
patients.separate          403 403  403   403  403   403    yes  403     403   403   401
patients.lift-separation   403 403  403   403  403   403    yes  403     403   403   401
patients.list-separations  403 403  403   403  403   403    yes  403     403   403   401
"""


def _of_survivor(actor: Actor, **options: object) -> Ask:
    ids = actor.about.ids
    return Ask(
        ids={"patient_id": ids["survivor"]}, headers={"If-Match": ids["survivor_tag"]}, **options
    )


def _found(actor: Actor, json: object) -> Ask:
    return Ask(json=json, shows=actor.about.ids["patient_id"])


ASKS: dict[str, AskMaker] = {
    "patients.register": lambda actor: Ask(json=registration(actor.about, actor.facility)),
    "patients.replace-record": lambda actor: Ask(
        json=registration(actor.about, "SZ-A", address="测试路 1 号"), headers={"If-Match": '"1"'}
    ),
    "patients.match": lambda actor: _found(
        actor,
        {
            "identifiers": [{"system": SYSTEM, "value": actor.about.identity, "type": "NNCHN"}],
            "name": {"text": actor.about.name},
            "birthDate": "1962-05-17",
        },
    ),
    "patients.search": lambda actor: _found(actor, {"identifier": actor.about.at("SZ-A")}),
    "patients.get": lambda actor: Ask(shows=actor.about.phone),
    "patients.golden": lambda actor: Ask(shows=actor.about.phone),
    "patients.identifiers": lambda actor: Ask(shows=actor.about.at("SZ-A")["value"]),
    "patients.merge": lambda actor: _of_survivor(
        actor,
        json={"retiredId": actor.about.ids["retired"], "retiredVersion": 1, "reason": "One."},
    ),
    "patients.unmerge": lambda actor: Ask(
        json={"reason": "Twins."}, headers={"If-Match": actor.about.ids["merge_tag"]}
    ),
    "patients.decide-proposal": lambda _: Ask(json={"confirm": False}),
    "patients.link": lambda actor: _of_survivor(
        actor, json={"recordId": actor.about.ids["record@SZ-C"], "reason": "Wrong card."}
    ),
    "patients.unlink": lambda actor: Ask(
        json={"recordId": actor.about.ids["record@SZ-C"], "reason": "Wrong card."},
        headers={"If-Match": '"3"'},
    ),
    "patients.decide-review": lambda _: Ask(
        json={"decision": "later", "reason": "Ask again."}, headers={"If-Match": '"2"'}
    ),
    "patients.separate": lambda actor: Ask(
        json={
            "recordIds": [actor.about.ids["lone_record"], actor.about.ids["record_id"]],
            "reason": "Twins.",
        }
    ),
    "patients.lift-separation": lambda _: Ask(json={"reason": "Papers prove it."}),
}
