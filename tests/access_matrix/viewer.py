"""The pages for people."""

from tests.access_matrix.world import Actor, Ask, AskMaker
from tests.viewer import main_style

TABLE = """
operation             own care other shut glass doctor desk quality audit admin none
viewer.root           everybody
viewer.home           everybody
viewer.asset          everybody
viewer.images         yes yes  404   404  yes   yes    403  403     403   403   401
viewer.study-opening  yes yes  404   404  yes   yes    403  403     403   403   401
viewer.unmatched      404 404  404   404  404   404    404  404     404   404   404
viewer.account        403 403  403   403  403   yes    yes  yes     yes   yes   401
viewer.begin-second-factor 403 403 403 403 403  yes    yes  yes     yes   yes   401
iid.invoke            everybody
iid.launch            404 404  404   404  404   404    403  403     403   403   401
viewer.search         yes yes  nil   nil  yes   yes    yes  403     403   403   401
viewer.patient        yes yes  nil   nil  yes   yes    403  403     403   403   401
viewer.report         yes yes  404   404  yes   yes    403  403     403   403   401
viewer.trend          yes yes  404   404  yes   yes    403  403     403   403   401
viewer.decide         yes yes  404   404  yes   yes    403  403     403   403   401
embedded.open         403 403  403   403  403   403    403  403     403   403   403
embedded.page         403 403  403   403  403   403    403  403     403   403   401
embedded.report       403 403  403   403  403   403    403  403     403   403   401
embedded.document     403 403  403   403  403   403    403  403     403   403   401
embedded.decide       403 403  403   403  403   403    403  403     403   403   401
viewer.reviews        403 403  403   403  403   403    yes  403     403   403   401
viewer.review         403 403  403   403  403   403    yes  403     403   403   401
viewer.links          403 403  403   403  403   403    yes  403     403   403   401
viewer.compare        403 403  403   403  403   403    yes  403     403   403   401
viewer.proposals      403 403  403   403  403   403    yes  403     403   403   401
viewer.quarantine     yes nil  nil   nil  nil   403    403  403     403   403   401
viewer.quarantined    yes 404  404   404  404   403    403  403     403   403   401
viewer.certificates   403 403  403   403  403   403    403  yes     403   403   401
viewer.policies       403 403  403   403  403   403    403  yes     403   403   401
viewer.policy         403 403  403   403  403   403    403  yes     403   403   401
viewer.trial          403 403  403   403  403   403    403  yes     403   403   401
viewer.codes          403 403  403   403  403   403    403  yes     403   403   401
viewer.defects        403 403  403   403  403   403    403  yes     403   403   401
viewer.claims         403 403  403   403  403   403    403  yes     403   403   401
viewer.facilities     403 403  403   403  403   403    403  403     403   yes   401
viewer.clients        403 403  403   403  403   403    403  403     403   yes   401
viewer.accounts       403 403  403   403  403   403    403  403     403   yes   401
viewer.recognition-figures 403 403 403 403 403  403    403  yes     403   403   401
viewer.audit-overview 403 403  403   403  403   403    403  403     yes   403   401
viewer.audit-entries  403 403  403   403  403   403    403  403     yes   403   401
viewer.audit-entry    403 403  403   403  403   403    403  403     yes   403   401
viewer.audit-questions 403 403  403   403  403   403    403  403     yes   403   401
viewer.audit-find-patient 403 403  403   403  403   403    403  403     yes   403   401
viewer.audit-patient  403 403  403   403  403   403    403  403     yes   403   401
viewer.audit-anomalies 403 403  403   403  403   403    403  403     yes   403   401
viewer.audit-glass    403 403  403   403  403   403    403  403     yes   403   401
viewer.audit-grant    403 403  403   403  403   403    403  403     yes   403   401
viewer.audit-verify   403 403  403   403  403   403    403  403     yes   403   401
viewer.unresolved     yes nil  nil   nil  nil   403    403  403     403   403   401
"""


def _asset(_actor: Actor) -> Ask:
    return Ask(ids={"name": main_style()})


ASKS: dict[str, AskMaker] = {
    "viewer.asset": _asset,
    "viewer.search": lambda actor: Ask(
        json={"words": actor.about.at("SZ-A")["value"]}, shows=actor.about.at("SZ-A")["value"]
    ),
    "viewer.patient": lambda actor: Ask(shows=actor.about.ids["exam_id"]),
    "viewer.report": lambda actor: Ask(shows=actor.about.text),
    "viewer.trend": lambda actor: Ask(ids={"position": "0"}, shows=actor.about.text),
    "viewer.decide": lambda _: Ask(json={"version": 2, "outcome": "recognised"}),
    "embedded.open": lambda _: Ask(body={"data": {"ticket": "forged"}}),
    "embedded.report": lambda _: Ask(ids={"number": "0"}),
    "embedded.document": lambda _: Ask(ids={"number": "0", "position": "0"}),
    "embedded.decide": lambda _: Ask(
        json={"version": 2, "outcome": "recognised"}, ids={"number": "0"}
    ),
    "viewer.compare": lambda actor: Ask(
        ids={"patient_id": actor.about.ids["survivor"], "other_id": actor.about.ids["retired"]}
    ),
    "viewer.quarantine": lambda actor: Ask(shows=actor.about.ids["case"]),
    "viewer.audit-find-patient": lambda actor: Ask(
        json={"number": actor.about.at("SZ-A")["value"]}, shows=actor.about.ids["patient_id"]
    ),
    "viewer.unresolved": lambda actor: Ask(shows=actor.about.ids["loose"]),
    "iid.invoke": lambda _: Ask(query="requestType=PATIENT&patientID=1"),
    "iid.launch": lambda _: Ask(ids={"ticket": "forged"}),
    "viewer.unmatched": lambda _: Ask(ids={"rest": "nowhere"}),
}
