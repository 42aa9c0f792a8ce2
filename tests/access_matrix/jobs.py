"""Long work, seen and cancelled by whoever asked for it."""

from tests.access_matrix.world import Ask, AskMaker

TABLE = """
operation    own care other shut glass doctor desk quality audit admin none
jobs.list    403 403  403   403  403   403    403  yes     403   403   401
jobs.get     403 403  403   403  403   403    403  yes     403   403   401
jobs.cancel  403 403  403   403  403   403    403  yes     403   403   401
"""

ASKS: dict[str, AskMaker] = {
    "jobs.list": lambda actor: Ask(shows=actor.about.ids["job_id"]),
}
