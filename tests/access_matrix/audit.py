"""The trail, and the sealed log that anybody may witness."""

from tests.access_matrix.world import Ask, AskMaker

TABLE = """
operation                own care other shut glass doctor desk quality audit admin none
audit.search             403 403  403   403  403   403    403  403     yes   403   401
audit.export             403 403  403   403  403   403    403  403     yes   403   401
audit.prove-inclusion    403 403  403   403  403   403    403  403     yes   403   401
audit.checkpoint         everybody
audit.prove-consistency  everybody
audit.tile               everybody
"""

ASKS: dict[str, AskMaker] = {
    "audit.search": lambda actor: Ask(query=f"patient={actor.about.ids['patient_id']}"),
    "audit.prove-inclusion": lambda actor: Ask(shows=actor.about.ids["entry_id"]),
    "audit.prove-consistency": lambda _: Ask(query="old=1&new=2"),
    "audit.tile": lambda _: Ask(ids={"number": "000.p/1"}),
}
