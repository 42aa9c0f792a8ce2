"""A programme's own examples, tried on the real evaluator."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest

from medshare.recognition import documents as form
from medshare.recognition.alerts import RelianceAlert, SourceEvent, alerts_of
from medshare.recognition.documents import Node, listed, record
from medshare.recognition.evaluation import evaluate
from medshare.recognition.model import Verdict
from medshare.recognition.panels import PanelAnswer, evaluate_panel
from medshare.recognition.scenario_files import Operation, Scenario, read_scenarios

_FIELDS = {
    Operation.EVALUATE: ("result", "tier", "recognisable", "reasons", "mark", "valid_until"),
    Operation.PANEL: ("covered", "order_only"),
    Operation.ALERTS: ("decision", "to", "severity"),
}
Fields = dict[str, object]


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of one scenario: each difference is a line, none means as expected."""

    id: str
    title: str
    differences: tuple[str, ...]


def check(document: object) -> list[Trial]:
    """Run every scenario of a file.

    Raises
    ------
    ScenarioFileError
        The file is not of the form.
    """
    scenarios = read_scenarios(document)
    expected = [_expected(each, f"/scenarios/{n}/then") for n, each in enumerate(scenarios)]
    return [
        Trial(scenario.id, scenario.title, tuple(_differences(wanted, _outcome(scenario))))
        for scenario, wanted in zip(scenarios, expected, strict=True)
    ]


def _expected(scenario: Scenario, pointer: str) -> tuple[Fields, ...]:
    """Read what a scenario expects; a panel's one answer counts as a list of one."""
    names = _FIELDS[scenario.operation]

    def read(node: Node) -> Fields:
        return {name: node.take(name, _comparable) for name in names if node.has(name)}

    if scenario.operation is Operation.PANEL:
        return (record(read)(scenario.expected, pointer),)
    return listed(record(read))(scenario.expected, pointer)


def _comparable(value: object, pointer: str) -> object:
    """Read an instant as an instant, so that its offset does not matter."""
    if pointer.endswith("/valid_until") and value is not None:
        return form.instant(value, pointer)
    return value


def _outcome(scenario: Scenario) -> list[Fields]:
    world, when = scenario.world, scenario.when
    if isinstance(when.order, SourceEvent):
        alerts = alerts_of(when.order, world.decisions, world.past.results)
        return [_alert_fields(alert) for alert in alerts]
    if scenario.operation is Operation.PANEL:
        return [_panel_fields(evaluate_panel(world.programme, world.past, when.order, when.now))]
    verdicts = evaluate(world.programme, world.past, when.order, when.now)
    return [_verdict_fields(verdict) for verdict in verdicts]


def _alert_fields(alert: RelianceAlert) -> Fields:
    return {"decision": alert.decision, "to": alert.to, "severity": alert.severity.value}


def _panel_fields(answer: PanelAnswer) -> Fields:
    return {"covered": dict(answer.covered), "order_only": list(answer.order_only)}


def _verdict_fields(verdict: Verdict) -> Fields:
    return {
        "result": verdict.result,
        "tier": verdict.tier.value,
        "recognisable": verdict.recognisable,
        "reasons": [code.value for code in verdict.codes],
        "mark": verdict.mark,
        "valid_until": verdict.valid_until,
    }


def _differences(expected: tuple[Fields, ...], got: list[Fields]) -> Iterator[str]:
    for number, (wanted, found) in enumerate(zip_longest(expected, got), start=1):
        if wanted is None:
            yield f"{number}: nothing expected, got {_shown(found)}"
        elif found is None:
            yield f"{number}: expected {_shown(wanted)}, got nothing"
        else:
            for name, value in wanted.items():
                if found[name] != value:
                    yield f"{number} {name}: expected {_shown(value)}, got {_shown(found[name])}"


def _shown(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, dict):
        return ", ".join(f"{name} {_shown(each)}" for name, each in value.items()) or "nothing"
    if isinstance(value, list):
        return f"[{', '.join(_shown(each) for each in value)}]"
    return str(value)
