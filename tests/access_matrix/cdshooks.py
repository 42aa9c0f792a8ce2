"""CDS Hooks: the calls of an EHR and what it tells of the cards."""

from tests.access_matrix.world import Actor, Ask, AskMaker
from tests.cds import a_call

TABLE = """
operation                       own care other shut glass doctor desk quality audit admin none
cdshooks.discover               everybody
cdshooks.patient-view           nil yes  nil   nil  yes   yes    403  403     403   403   401
cdshooks.patient-view-feedback  yes yes  yes   yes  yes   yes    403  403     403   403   401
cdshooks.order-select           yes yes  nil   nil  yes   yes    403  403     403   403   401
cdshooks.order-select-feedback  yes yes  yes   yes  yes   yes    403  403     403   403   401
cdshooks.order-sign             yes yes  nil   nil  yes   yes    403  403     403   403   401
cdshooks.order-sign-feedback    yes yes  yes   yes  yes   yes    403  403     403   403   401
"""


def _hook(hook: str) -> AskMaker:
    def ask(actor: Actor) -> Ask:
        call = a_call(hook=hook)
        call["prefetch"]["patient"]["identifier"] = [actor.about.at(actor.facility)]
        if hook == "order-select":
            call["context"]["selections"] = ["ServiceRequest/draft-1"]
        return Ask(json=call, shows="测试医院1")

    return ask


def _feedback(actor: Actor) -> Ask:
    told = {"card": actor.about.ids["evaluation_id"], "outcome": "overridden"}
    return Ask(json={"feedback": [told]})


ASKS: dict[str, AskMaker] = {
    **{
        f"cdshooks.{hook}{part}": make
        for hook in ("patient-view", "order-select", "order-sign")
        for part, make in (("", _hook(hook)), ("-feedback", _feedback))
    },
}
