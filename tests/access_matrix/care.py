"""Why a facility may look: encounters, refusals to share, emergencies."""

from tests.access_matrix.persons import WORD, encounter, glass
from tests.access_matrix.world import Ask, AskMaker

SENSITIVITY = {
    "code": "PSY",
    "nameEn": "Psychiatry",
    "nameZh": "精神疾病",
    "consentRequired": False,
    "sealed": False,
    "reason": "As before.",
}

TABLE = """
operation                  own care other shut glass doctor desk quality audit admin none
care.record                yes yes  yes   yes  yes   yes    403  403     403   403   401
care.get                   yes 404  404   404  404   404    403  403     403   403   401
care.end                   yes 404  404   404  404   404    403  403     403   403   401
consents.list-opt-outs     yes nil  nil   nil  nil   nil    403  403     403   403   401
consents.opt-out           yes yes  yes   yes  yes   yes    403  403     403   403   401
consents.withdraw-opt-out  yes 404  404   404  404   404    403  403     403   403   401
consents.list-opt-ins      yes nil  nil   nil  nil   nil    403  403     403   403   401
consents.opt-in            yes yes  yes   yes  yes   yes    403  403     403   403   401
consents.withdraw-opt-in   yes 404  404   404  404   404    403  403     403   403   401
sensitivity.list           yes yes  yes   yes  yes   yes    403  yes     403   yes   401
sensitivity.put            403 403  403   403  403   403    403  403     403   yes   401
break-glass.list           403 403  403   403  403   403    403  403     yes   403   401
break-glass.open           yes yes  yes   yes  yes   yes    403  403     403   403   401
break-glass.review         403 403  403   403  403   403    403  403     yes   403   401
"""

ASKS: dict[str, AskMaker] = {
    "care.record": lambda actor: Ask(json=encounter(actor.about, actor.facility, "NEW")),
    "care.end": lambda _: Ask(json={"endedAt": "2026-11-20T09:30:00+08:00"}),
    "consents.opt-out": lambda actor: Ask(json={"patient": actor.about.at(actor.facility)} | WORD),
    "consents.list-opt-outs": lambda actor: Ask(
        query=f"patientId={actor.about.ids['patient_id']}", shows=actor.about.ids["opt_out_id"]
    ),
    "consents.withdraw-opt-out": lambda _: Ask(json=WORD),
    "consents.opt-in": lambda actor: Ask(
        json={"patient": actor.about.at(actor.facility), "sensitivity": "PSY"} | WORD
    ),
    "consents.list-opt-ins": lambda actor: Ask(
        query=f"patientId={actor.about.ids['patient_id']}", shows=actor.about.ids["opt_in_id"]
    ),
    "consents.withdraw-opt-in": lambda _: Ask(json=WORD),
    "sensitivity.put": lambda _: Ask(json=SENSITIVITY, ids={"code": "PSY"}),
    "break-glass.open": lambda actor: Ask(json=glass(actor.about, actor.facility)),
    "break-glass.list": lambda actor: Ask(shows=actor.about.ids["grant_id"]),
    "break-glass.review": lambda _: Ask(
        json={"outcome": "justified", "comment": "The emergency record shows it."}
    ),
}
