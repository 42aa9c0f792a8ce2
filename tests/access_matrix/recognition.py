"""Mutual recognition: judging, deciding, hearing of changes, and the registers."""

from tests.access_matrix.persons import CODE, order, simulation
from tests.access_matrix.world import Actor, Ask, AskMaker
from tests.api.test_recognition_register_doors import CERTIFICATE, COVERS, SCOPE

TABLE = """
operation                         own care other shut glass doctor desk quality audit admin none
recognition.evaluate              yes yes  nil   nil  yes   yes    403  403     403   403   401
recognition.evaluate-batch        yes yes  nil   nil  yes   yes    403  403     403   403   401
recognition.issue-ticket          409 409  409   409  409   403    403  403     403   403   401
recognition.get-evaluation        yes 404  404   404  404   404    403  403     403   403   401
recognition.replay                yes 404  404   404  404   403    403  403     403   403   401
recognition.view                  yes 404  404   404  404   404    403  403     403   403   401
recognition.list-decisions        yes 404  404   404  404   404    403  403     403   403   401
recognition.decide                yes 404  404   404  404   404    403  403     403   403   401
recognition.decide-batch          yes 404  404   404  404   404    403  403     403   403   401
recognition.get-decision          yes 404  404   404  404   404    403  403     403   403   401
recognition.undo-decision         yes 404  404   404  404   404    403  403     403   403   401
recognition.write-back            yes 404  404   404  404   404    403  403     403   403   401
recognition.notice                yes 404  404   404  404   404    403  403     403   403   401
recognition.reasons               yes yes  yes   yes  yes   yes    403  yes     403   403   401
recognition.list-alerts           yes nil  nil   nil  nil   nil    403  403     403   403   401
recognition.acknowledge-alert     yes 404  404   404  404   404    403  403     403   403   401
recognition.list-items            yes yes  yes   yes  yes   403    403  yes     403   yes   401
recognition.get-item              yes yes  yes   yes  yes   403    403  yes     403   yes   401
recognition.import-catalogue      403 403  403   403  403   403    403  yes     403   403   401
recognition.list-codes            yes yes  yes   yes  yes   403    403  yes     403   yes   401
recognition.map-code              403 403  403   403  403   403    403  yes     403   403   401
recognition.unmap-code            403 403  403   403  403   403    403  yes     403   403   401
recognition.list-unmapped         yes yes  yes   yes  yes   403    403  yes     403   yes   401
recognition.list-scopes           yes yes  yes   yes  yes   403    403  yes     403   yes   401
recognition.put-scope             403 403  403   403  403   403    403  yes     403   403   401
recognition.list-certificates     yes yes  yes   yes  yes   403    403  yes     403   yes   401
recognition.register-certificate  403 403  403   403  403   403    403  yes     403   403   401
recognition.get-certificate       yes yes  yes   yes  yes   403    403  yes     403   yes   401
recognition.withdraw-certificate  403 403  403   403  403   403    403  yes     403   403   401
recognition.list-policies         yes yes  yes   yes  yes   403    403  yes     403   yes   401
recognition.draft-policy          403 403  403   403  403   403    403  yes     403   403   401
recognition.get-policy            yes yes  yes   yes  yes   403    403  yes     403   yes   401
recognition.enact-policy          403 403  403   403  403   403    403  yes     403   403   401
recognition.compare-policies      yes yes  yes   yes  yes   403    403  yes     403   yes   401
recognition.list-defects          403 403  403   403  403   403    403  yes     403   403   401
recognition.list-claimed-marks    403 403  403   403  403   403    403  yes     403   403   401
recognition.claim-defect          403 403  403   403  403   403    403  yes     403   403   401
recognition.resolve-defect        403 403  403   403  403   403    403  yes     403   403   401
recognition.simulate              403 403  403   403  403   403    403  yes     403   403   401
recognition.statistics            403 403  403   403  403   403    403  yes     403   403   401
recognition.statistics-flow       403 403  403   403  403   403    403  yes     403   403   401
recognition.statistics-reasons    403 403  403   403  403   403    403  yes     403   403   401
recognition.statistics-savings    403 403  403   403  403   403    403  yes     403   403   401
recognition.statistics-flags      403 403  403   403  403   403    403  yes     403   403   401
"""


def _draft(actor: Actor) -> dict[str, object]:
    ids = actor.about.ids
    return {
        "evaluationId": ids["evaluation_id"],
        "result": ids["result"],
        "outcome": "recognised",
    }


ASKS: dict[str, AskMaker] = {
    "recognition.issue-ticket": lambda actor: Ask(
        json={"order": order(actor.about, actor.facility)}
    ),
    "recognition.evaluate": lambda actor: Ask(
        json=order(actor.about, actor.facility, "NEXT"), shows=actor.about.ids["exam_id"]
    ),
    "recognition.evaluate-batch": lambda actor: Ask(
        json={"orders": [order(actor.about, actor.facility, "NEXT")]},
        shows=actor.about.ids["exam_id"],
    ),
    "recognition.view": lambda actor: Ask(
        json={"result": actor.about.ids["result"], "kind": "report"}
    ),
    "recognition.decide": lambda actor: Ask(json=_draft(actor)),
    "recognition.decide-batch": lambda actor: Ask(json={"decisions": [_draft(actor)]}),
    "recognition.undo-decision": lambda _: Ask(json={"note": "Wrong patient."}),
    "recognition.write-back": lambda _: Ask(json={"step": "order", "state": "written"}),
    "recognition.list-alerts": lambda actor: Ask(shows=actor.about.ids["alert_id"]),
    "recognition.acknowledge-alert": lambda _: Ask(json={"note": "Read."}),
    "recognition.import-catalogue": lambda _: Ask(
        json={"dryRun": False, "files": {"covers.csv": COVERS}}
    ),
    "recognition.map-code": lambda _: Ask(json=CODE | {"code": "CT0072"}),
    "recognition.unmap-code": lambda _: Ask(query=f"system={CODE['system']}&code={CODE['code']}"),
    "recognition.put-scope": lambda _: Ask(json=SCOPE, ids={"code": "ALL-X"}),
    "recognition.register-certificate": lambda _: Ask(json=CERTIFICATE),
    "recognition.withdraw-certificate": lambda _: Ask(
        json={"invalidFrom": "2026-10-01T00:00:00Z", "reason": "EQA failed"}
    ),
    "recognition.draft-policy": lambda actor: Ask(
        json={"document": actor.about.ids["policy"] | {"programme": "another"}}
    ),
    "recognition.enact-policy": lambda actor: Ask(
        ids={"content_hash": actor.about.ids["draft_hash"]}
    ),
    "recognition.compare-policies": lambda actor: Ask(
        query=f"with={actor.about.ids['draft_hash']}"
    ),
    "recognition.simulate": lambda actor: Ask(json=simulation(actor.about)),
    "recognition.resolve-defect": lambda _: Ask(json={"outcome": "no-defect", "note": "Fits."}),
}
