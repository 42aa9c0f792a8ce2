"""What describes the server, and whether it lives."""

from tests.access_matrix.world import AskMaker

TABLE = """
operation            own care other shut glass doctor desk quality audit admin none
health.live          everybody
health.ready         everybody
health.metrics       everybody
documentation.yaml   everybody
documentation.json   everybody
documentation.page   everybody
documentation.style  everybody
"""

ASKS: dict[str, AskMaker] = {}
