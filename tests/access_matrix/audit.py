"""The trail, and the sealed log that anybody may witness."""

from tests.access_matrix.world import Ask, AskMaker

TABLE = """
operation                own care other shut glass doctor desk quality audit admin none
audit.search             403 403  403   403  403   403    403  403     yes   403   401
audit.export             403 403  403   403  403   403    403  403     yes   403   401
audit.prove-inclusion    403 403  403   403  403   403    403  403     yes   403   401
audit.ask-patient        403 403  403   403  403  403    403  403     yes   403   401
audit.ask-user           403 403  403   403  403  403    403  403     yes   403   401
audit.ask-break-glass    403 403  403   403  403  403    403  403     yes   403   401
audit.ask-denied         403 403  403   403  403  403    403  403     yes   403   401
audit.ask-bulk           403 403  403   403  403  403    403  403     yes   403   401
audit.ask-across         403 403  403   403  403  403    403  403     yes   403   401
audit.ask-missing        403 403  403   403  403  403    403  403     yes   403   401
audit.ask-seal           403 403  403   403  403  403    403  403     yes   403   401
audit.ask-altered        403 403  403   403  403  403    403  403     yes   403   401
audit.figures-days       403 403  403   403  403  403    403  403     yes   403   401
audit.figures-readers    403 403  403   403  403  403    403  403     yes   403   401
audit.list-anomalies     403 403  403   403  403  403    403  403     yes   403   401
audit.acknowledge-anomaly 403 403 403   403  403  403    403  403     404   403   401
audit.list-holds         403 403  403   403  403  403    403  403     yes   yes   401
audit.place-hold         403 403  403   403  403  403    403  403     yes   403   401
audit.lift-hold          403 403  403   403  403  403    403  403     404   403   401
audit.erase              403 403  403   403  403  403    403  403     403   yes   401
audit.checkpoint         everybody
audit.cosign             422 422  422   422  422  422    422  422     422   422   422
audit.prove-consistency  everybody
audit.tile               everybody
"""

ASKS: dict[str, AskMaker] = {
    "audit.acknowledge-anomaly": lambda _: Ask(
        ids={"anomaly_id": "019aa1f0-6c00-7000-8000-0000000000b1"},
        json={"outcome": "justified", "comment": "seen"},
    ),
    "audit.place-hold": lambda _: Ask(json={"reason": "Case 7", "patient": "p-7"}),
    "audit.lift-hold": lambda _: Ask(ids={"hold_id": "019aa1f0-6c00-7000-8000-0000000000d1"}),
    "audit.erase": lambda _: Ask(json={"patient": "p-7"}),
    "audit.ask-patient": lambda actor: Ask(query=f"patient={actor.about.ids['patient_id']}"),
    "audit.ask-user": lambda _: Ask(query="who=d-007"),
    "audit.ask-across": lambda _: Ask(query="facility=SZ-B&owner=SZ-A"),
    "audit.ask-altered": lambda actor: Ask(shows=actor.about.ids["entry_id"]),
    "audit.search": lambda actor: Ask(query=f"patient={actor.about.ids['patient_id']}"),
    "audit.prove-inclusion": lambda actor: Ask(shows=actor.about.ids["entry_id"]),
    "audit.cosign": lambda _: Ask(body={"data": "signed by nobody", "content_type": "text/plain"}),
    "audit.prove-consistency": lambda _: Ask(query="old=1&new=2"),
    "audit.tile": lambda _: Ask(ids={"number": "000.p/1"}),
}
