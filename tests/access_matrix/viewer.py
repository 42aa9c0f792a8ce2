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
"""


def _asset(_actor: Actor) -> Ask:
    return Ask(ids={"name": main_style()})


ASKS: dict[str, AskMaker] = {
    "viewer.asset": _asset,
    "viewer.unmatched": lambda _: Ask(ids={"rest": "nowhere"}),
}
