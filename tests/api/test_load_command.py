"""``medshare patients load``, end to end."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from medshare.app import build
from medshare.audit.model import EventQuery
from medshare.cli import patients_load
from medshare.settings import load_settings
from tests.commands import House, kept_logging, prepared
from tests.registrations import a_body, an_identity_number


@pytest.fixture
def house(tmp_path: Path) -> House:
    return prepared(tmp_path / "data")


@pytest.fixture(scope="module", autouse=True)
def keep_logging() -> Iterator[None]:
    with kept_logging():
        yield


def line(mrn: str, number: str | None = None, **changes: object) -> str:
    body = a_body("SZ-A", mrn, number, **changes) | {"facility": "SZ-A"}
    return json.dumps(body, ensure_ascii=False)


def faults(stdout: str) -> list[tuple[int, str, str]]:
    found: list[dict[str, Any]] = [json.loads(each) for each in stdout.splitlines()]
    return [(each["line"], each["field"], each["rule"]) for each in found]


def entries(house: House) -> list[Any]:
    application = build(load_settings(house.environment))
    found = list(application.trail.entries(EventQuery(operation="cli.load-patients")))
    application.stop_quietly()
    return found


@pytest.mark.parametrize("options", [(), ("--unmatched",)])
def test_a_file_is_loaded_and_every_fault_told_by_line_field_and_rule(
    house: House, options: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patients_load, "MATCHED_BATCH", 2)
    monkeypatch.setattr(patients_load, "UNMATCHED_BATCH", 2)
    text = "\n".join(
        [
            line("M1", an_identity_number(1)),
            "{not json",
            line("M2", an_identity_number(2), birthDate="1962-13-40"),
            "",
            line("M3", an_identity_number(3), address="x" * (70 << 10)),
            line("M4", an_identity_number(4), name={"text": "赵雨晴"}),
            "[]",
            line("M5", sex="unsaid"),
        ]
    )
    done = house.run("patients", "load", "-", *options, typed=text, USER="operator")
    assert done.exit_code == 1, done.output
    assert [(number, field) for number, field, _ in faults(done.stdout)] == [
        (2, ""),
        (3, "/birthDate"),
        (5, ""),
        (7, ""),
        (8, "/sex"),
    ]
    assert "赵" not in done.stdout
    assert "7 lines" in done.stderr
    assert "2 new, 5 refused" in done.stderr
    again = house.run("patients", "load", "-", *options, typed=text)
    assert "5 refused, 2 unchanged" in again.stderr


def test_whose_records_came_stands_in_the_trail_batch_by_batch(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patients_load, "UNMATCHED_BATCH", 2)
    names = ("赵雨晴", "钱思远", "孙浩然")
    text = "\n".join(
        line(f"M{place}", an_identity_number(place), name={"text": name})
        for place, name in enumerate(names)
    )
    done = house.run("patients", "load", "-", "--unmatched", typed=text, USER="operator")
    assert (done.exit_code, done.stdout) == (0, "")
    found = entries(house)
    assert [len(each.subjects) for each in found] == [2, 1]
    assert {each.principal.id for each in found} == {"cli:operator"}
    assert found[0].counts == {"loaded": 2, "unchanged": 0, "refused": 0}
    house.run("patients", "load", "-", "--unmatched", typed=text)
    assert [each.reason for each in entries(house)[2:]] == ["nothing new"] * 2
