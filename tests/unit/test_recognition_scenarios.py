import copy
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from medshare.cli import main
from medshare.recognition.documents import ScenarioFileError
from medshare.recognition.scenarios import check

FILE = Path(__file__).with_name("recognition_scenarios.json")
DOCUMENT = json.loads(FILE.read_text(encoding="utf-8"))


def a_file(scenario_id: str) -> dict[str, Any]:
    """The base and one of the acceptance scenarios, to alter."""
    document = copy.deepcopy(DOCUMENT)
    document["scenarios"] = [each for each in document["scenarios"] if each["id"] == scenario_id]
    return document


def differences_of(document: object) -> tuple[str, ...]:
    (trial,) = check(document)
    return trial.differences


def test_there_are_25_acceptance_scenarios() -> None:
    assert len(DOCUMENT["scenarios"]) == 25


@pytest.mark.parametrize("scenario_id", [each["id"] for each in DOCUMENT["scenarios"]])
def test_the_evaluator_does_as_the_scenario_says(scenario_id: str) -> None:
    assert differences_of(a_file(scenario_id)) == ()


@pytest.mark.parametrize(
    ("field", "altered"),
    [
        ("result", "r9"),
        ("tier", "excluded"),
        ("recognisable", False),
        ("reasons", ["EXPIRED"]),
        ("mark", "全国HR"),
        ("valid_until", "2026-03-31T23:59:59.999998+08:00"),
    ],
)
def test_an_altered_expectation_is_a_difference_that_names_the_field(
    field: str, altered: object
) -> None:
    document = a_file("S01")
    document["scenarios"][0]["then"][0][field] = altered
    (difference,) = differences_of(document)
    assert difference.startswith(f"1 {field}: expected ")


def test_a_missing_and_an_excess_verdict_are_differences() -> None:
    document = a_file("S38")
    document["scenarios"][0]["then"].pop()
    assert differences_of(document)[0].startswith("2: nothing expected, got result r1")
    document = a_file("S30")
    document["scenarios"][0]["then"].append({"result": "r1"})
    assert differences_of(document) == ("1: expected result r1, got nothing",)


def test_an_instant_may_be_expected_in_any_offset() -> None:
    document = a_file("S01")
    document["scenarios"][0]["then"][0]["valid_until"] = "2026-03-31T15:59:59.999999Z"
    assert differences_of(document) == ()


def test_an_altered_severity_is_a_difference() -> None:
    document = a_file("S36")
    document["scenarios"][0]["then"][0]["severity"] = "review"
    assert differences_of(document) == ("1 severity: expected review, got stop",)


def test_a_panel_scenario_tells_what_to_order() -> None:
    document = a_file("S27")
    scenario = document["scenarios"][0]
    scenario["op"] = "panel"
    scenario["given"]["results"][0]["item"] = "LAB-TG"
    scenario["when"]["order"]["item"] = "PANEL-LIPID"
    scenario["then"] = {"covered": {"LAB-TG": "r1"}, "order_only": ["LAB-TC", "LAB-HDL", "LAB-LDL"]}
    assert differences_of(document) == ()
    scenario["then"]["order_only"] = []
    (difference,) = differences_of(document)
    assert difference == "1 order_only: expected [], got [LAB-TC, LAB-HDL, LAB-LDL]"


def test_remove_policy_items_takes_an_item_out_of_the_catalogue() -> None:
    document = a_file("S01")
    document["scenarios"][0]["given"]["remove_policy_items"] = ["CT-CHEST-PLAIN"]
    document["scenarios"][0]["then"] = [
        {"tier": "discretionary", "reasons": ["ITEM_NOT_IN_CATALOGUE"], "valid_until": None}
    ]
    assert differences_of(document) == ()


PLACES = {
    "/colour": lambda document: document,
    "/scenarios/0/colour": lambda document: document["scenarios"][0],
    "/scenarios/0/given/colour": lambda document: document["base"],
    "/scenarios/0/given/policy/colour": lambda document: document["base"]["policy"],
    "/scenarios/0/given/items/US-ABD/colour": lambda document: document["base"]["items"]["US-ABD"],
    "/scenarios/0/given/results/0/colour": lambda document: document["scenarios"][0]["given"][
        "results"
    ][0],
    "/scenarios/0/given/certificates/1/colour": lambda document: document["base"]["certificates"][
        1
    ],
    "/scenarios/0/when/order/colour": lambda document: document["scenarios"][0]["when"]["order"],
    "/scenarios/0/then/0/colour": lambda document: document["scenarios"][0]["then"][0],
    "/scenarios/0/basis/colour": lambda document: document["scenarios"][0]["basis"],
}


@pytest.mark.parametrize("pointer", PLACES)
def test_an_unknown_key_is_an_error_that_names_it(pointer: str) -> None:
    document = a_file("S01")
    PLACES[pointer](document)["colour"] = "blue"
    with pytest.raises(ScenarioFileError) as caught:
        check(document)
    assert [(issue.pointer, issue.code) for issue in caught.value.issues] == [
        (pointer, "unknown-key")
    ]


@pytest.mark.parametrize(
    ("key", "value", "code"),
    [
        ("performed", "2026-03-01T09:00:00", "not-an-instant"),
        ("performed", "yesterday", "not-an-instant"),
        ("status", "done", "not-a-choice"),
        ("images", "yes", "not-a-flag"),
        ("id", 7, "not-a-text"),
        ("replaces", 7, "not-a-text"),
    ],
)
def test_a_value_of_another_kind_is_an_error_at_its_place(
    key: str, value: object, code: str
) -> None:
    document = a_file("S01")
    document["scenarios"][0]["given"]["results"][0][key] = value
    with pytest.raises(ScenarioFileError) as caught:
        check(document)
    (issue,) = caught.value.issues
    assert (issue.pointer, issue.code) == (f"/scenarios/0/given/results/0/{key}", code)


@pytest.mark.parametrize("window", ["30", "0d", "1y", "d", "-1d", "1.5h"])
def test_a_window_has_a_number_and_a_unit(window: str) -> None:
    document = a_file("S01")
    document["base"]["policy"]["items"]["US-ABD"]["window"] = window
    with pytest.raises(ScenarioFileError) as caught:
        check(document)
    assert caught.value.issues[0].code == "not-a-window"


@pytest.mark.parametrize(
    ("part", "value", "code"),
    [
        ("results", {}, "not-a-list"),
        ("facilities", {"SZ-A": {"level": True}}, "not-a-choice"),
        ("facilities", {"SZ-A": 3}, "not-an-object"),
        ("facilities", {"XX": {}}, "missing"),
        ("optout", [], "not-an-object"),
        ("scopes", {"CN": {"rank": True}}, "not-an-integer"),
        ("policy", {"tz": "Asia/Nowhere"}, "not-a-zone"),
        ("policy", {"tz": "../etc"}, "not-a-zone"),
    ],
)
def test_a_part_of_another_form_is_an_error(part: str, value: object, code: str) -> None:
    document = a_file("S01")
    document["scenarios"][0]["given"][part] = value
    with pytest.raises(ScenarioFileError) as caught:
        check(document)
    assert caught.value.issues[0].code == code


def test_a_file_is_an_object() -> None:
    with pytest.raises(ScenarioFileError):
        check([])


def test_what_a_scenario_names_has_to_be_described() -> None:
    document = a_file("S01")
    document["scenarios"][0]["when"]["order"]["facility"] = "XX-9"
    with pytest.raises(ScenarioFileError) as caught:
        check(document)
    assert caught.value.issues[0].pointer == "/scenarios/0/given/facilities/XX-9"


def test_a_result_id_stands_once() -> None:
    document = a_file("S01")
    results = document["scenarios"][0]["given"]["results"]
    results.append(dict(results[0]))
    with pytest.raises(ScenarioFileError) as caught:
        check(document)
    assert caught.value.issues[0].code == "twice"


def test_the_command_needs_no_data_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    answer = CliRunner().invoke(main, ["recognition", "check", str(FILE)])
    assert (answer.exit_code, answer.output) == (0, "25 scenarios, 0 not as expected\n")
    assert list(tmp_path.iterdir()) == []


def test_the_command_fails_with_the_differences() -> None:
    document = a_file("S03")
    document["scenarios"][0]["then"][0]["tier"] = "due"
    answer = CliRunner().invoke(main, ["recognition", "check", "-"], input=json.dumps(document))
    assert answer.exit_code == 1
    assert "S03 Window boundary" in answer.output
    assert "  1 tier: expected due, got discretionary\n" in answer.output


def test_the_command_names_an_unknown_key() -> None:
    document = a_file("S03") | {"colour": "blue"}
    answer = CliRunner().invoke(main, ["recognition", "check", "-"], input=json.dumps(document))
    assert answer.exit_code == 1
    assert "/colour: No such key exists." in answer.output
