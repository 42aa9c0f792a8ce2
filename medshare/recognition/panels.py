"""A panel is judged by its components, so that only the missing ones need an order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from medshare.recognition.evaluation import evaluate
from medshare.recognition.model import Order, Past, Verdict
from medshare.recognition.programme import Programme


@dataclass(frozen=True, slots=True)
class PanelAnswer:
    """Which components of a panel exist, and which to order; both in the panel's order.

    Parameters
    ----------
    covered
        The id of the newest result that is due, by component.
    """

    covered: Mapping[str, str]
    order_only: tuple[str, ...]


def evaluate_panel(programme: Programme, past: Past, order: Order, now: datetime) -> PanelAnswer:
    """Judge an order of a panel."""
    return answer_of(evaluate_components(programme, past, order, now))


def evaluate_components(
    programme: Programme, past: Past, order: Order, now: datetime
) -> dict[str, list[Verdict]]:
    """Judge each component of the ordered panel as if it were ordered alone."""
    return {
        component: evaluate(programme, past, replace(order, item=component), now)
        for component in programme.items[order.item].components
    }


def answer_of(components: Mapping[str, Sequence[Verdict]]) -> PanelAnswer:
    """Say which components exist, from the verdicts on each in the panel's order."""
    covered = {
        component: verdicts[0].result
        for component, verdicts in components.items()
        if verdicts and verdicts[0].recognisable
    }
    return PanelAnswer(covered, tuple(each for each in components if each not in covered))
