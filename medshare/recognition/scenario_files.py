"""The form of a scenarios file: a base, and scenarios that override parts of it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from medshare.kernel.errors import Issue
from medshare.recognition import documents as form
from medshare.recognition.alerts import SourceEvent
from medshare.recognition.documents import Node, ScenarioFileError, listed, mapped, record
from medshare.recognition.model import Decision, Order, Past
from medshare.recognition.programme import Programme
from medshare.recognition.scenario_parts import (
    read_decision,
    read_event,
    read_order,
    read_past,
    read_programme,
)


class Operation(StrEnum):
    """What a scenario tries."""

    EVALUATE = "evaluate"
    PANEL = "panel"
    ALERTS = "alerts"


@dataclass(frozen=True, slots=True)
class World:
    """What is given, with the base worked in."""

    programme: Programme
    past: Past
    decisions: tuple[Decision, ...]


@dataclass(frozen=True, slots=True)
class When:
    """What happens; an event belongs to alerts, an order to the rest."""

    order: Order | SourceEvent
    now: datetime


@dataclass(frozen=True, slots=True)
class Scenario:
    """One scenario; what it expects is still JSON, since only the listed fields count."""

    id: str
    title: str
    operation: Operation
    world: World
    when: When
    expected: object


def read_scenarios(document: object) -> tuple[Scenario, ...]:
    """Read a scenarios file.

    Raises
    ------
    ScenarioFileError
        The file has another form, an unknown key, or refers to what it does not describe.
    """
    return record(_file)(document, "")


def _file(root: Node) -> tuple[Scenario, ...]:
    root.take("about", form.text, "")
    nothing: dict[str, object] = {}
    base = root.take("base", mapped(form.json_value), nothing)

    def read(node: Node) -> Scenario:
        return _scenario(node, base)

    return root.take("scenarios", listed(record(read)))


def _scenario(node: Node, base: Mapping[str, object]) -> Scenario:
    def read_world(given: object, pointer: str) -> World:
        overrides = mapped(form.json_value)(given, pointer)
        return record(_world)(_merged(base, overrides), pointer)

    operation = node.take("op", form.one_of(Operation))
    scenario = Scenario(
        node.take("id", form.text),
        node.take("title", form.text, ""),
        operation,
        node.take("given", read_world),
        node.take("when", record(_when_of(operation))),
        node.take("then", form.json_value),
    )
    node.take("basis", record(_basis), "")
    node.take("note", form.text, "")
    faults = list(_dangling(scenario, node.pointer))
    if faults:
        raise ScenarioFileError(issues=faults)
    return scenario


def _merged(base: Mapping[str, object], given: Mapping[str, object]) -> dict[str, object]:
    """Lay what a scenario gives over the base: objects merge, anything else replaces."""
    merged = dict(base)
    for key, value in given.items():
        below = merged.get(key)
        if isinstance(below, dict) and isinstance(value, dict):
            merged[key] = _merged(below, value)
        else:
            merged[key] = value
    return merged


def _world(node: Node) -> World:
    decisions = node.take("decisions", listed(record(read_decision)), ())
    return World(read_programme(node), read_past(node), decisions)


def _when_of(operation: Operation) -> Callable[[Node], When]:
    def read_when(node: Node) -> When:
        order = (
            node.take("order", record(read_event))
            if operation is Operation.ALERTS
            else node.take("order", record(read_order))
        )
        return When(order, node.take("now", form.instant))

    return read_when


def _basis(node: Node) -> str:
    node.take("type", form.text)
    return node.take("text", form.text)


def _dangling(scenario: Scenario, pointer: str) -> Iterator[Issue]:
    """Yield where a scenario names what it does not describe, or one name twice."""
    programme, results = scenario.world.programme, scenario.world.past.results
    items = {result.item for result in results}
    facilities = {result.facility for result in results}
    if isinstance(scenario.when.order, Order):
        items.add(scenario.when.order.item)
        facilities.add(scenario.when.order.facility)
    for item in programme.items.values():
        items.update(item.components)
    scopes = {certificate.scope for certificate in programme.certificates}
    for part, named, described in (
        ("items", items, programme.items),
        ("facilities", facilities, programme.levels),
        ("scopes", scopes, programme.scopes),
    ):
        for name in sorted(named - described.keys()):
            yield Issue(f"{pointer}/given/{part}/{name}", "missing", "Describe it.", "缺少定义。")
    for part, ids in (
        ("results", [result.id for result in results]),
        ("certificates", [certificate.id for certificate in programme.certificates]),
    ):
        if len(ids) != len(set(ids)):
            yield Issue(f"{pointer}/given/{part}", "twice", "Use an id once.", "标识重复。")
