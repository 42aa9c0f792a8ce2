"""Quarantine, reconciliation and retraction."""

from tests.access_matrix.world import Ask, AskMaker

TABLE = """
operation                  own care other shut glass doctor desk quality audit admin none
imaging.list-quarantine    yes nil  nil   nil  nil   403    403  403     403   403   401
imaging.decide-quarantine  yes 404  404   404  404   403    403  403     403   403   401
imaging.list-unresolved    yes nil  nil   nil  nil   403    403  403     403   403   401
imaging.assign-study       yes 404  404   404  404   403    403  403     403   403   401
imaging.undo-assignment    yes 404  404   404  404   403    403  403     403   403   401
imaging.list-warnings      yes 404  404   404  404   403    403  403     403   403   401
imaging.list-retractions   yes nil  nil   nil  nil   403    403  403     403   403   401
imaging.get-retraction     yes 404  404   404  404   403    403  403     403   403   401
imaging.undo-retraction    yes 404  404   404  404   403    403  403     403   403   401
"""

ASKS: dict[str, AskMaker] = {
    "imaging.list-quarantine": lambda actor: Ask(shows=actor.about.ids["case"]),
    "imaging.decide-quarantine": lambda _: Ask(json={"decision": "dismiss"}),
    "imaging.list-unresolved": lambda actor: Ask(shows=actor.about.ids["loose"]),
    "imaging.assign-study": lambda actor: Ask(
        json={"patient": actor.about.at("SZ-A")}, ids={"study": actor.about.ids["loose"]}
    ),
    "imaging.undo-assignment": lambda actor: Ask(ids={"study": actor.about.ids["assigned"]}),
    "imaging.list-retractions": lambda actor: Ask(shows=actor.about.ids["retraction_id"]),
}
