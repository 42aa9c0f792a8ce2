"""A panel is judged by its components, so that only the missing ones need an order."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from medshare.recognition.evaluation import evaluate
from medshare.recognition.model import Order, Past
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
    covered = {}
    components = programme.items[order.item].components
    for component in components:
        verdicts = evaluate(programme, past, replace(order, item=component), now)
        if verdicts and verdicts[0].recognisable:
            covered[component] = verdicts[0].result
    return PanelAnswer(covered, tuple(each for each in components if each not in covered))
