"""The registers of recognition on the command line, as a programme's office keeps them."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from medshare.app import build
from medshare.audit.model import EventQuery
from medshare.settings import load_settings
from tests.commands import House, kept_logging, prepared

SCOPES = [
    {"code": "CITY", "nameZh": "示例市", "nameEn": "Example City", "rank": 3, "contains": []},
    {"code": "LAND", "nameZh": "示例省", "nameEn": "Example", "rank": 1, "contains": ["CITY"]},
]
CERTIFICATE: dict[str, Any] = {
    "id": "SZ-A-CT",
    "facility": "SZ-A",
    "items": ["CT-CHEST-PLAIN"],
    "scope": "CITY",
    "mark": "示例市HR",
    "issuer": "示例市临床检验中心",
    "basis": {"scheme": "示例室间质评", "cycle": "2026-1", "score": "100"},
    "validFrom": "2026-01-01T00:00:00Z",
    "validTo": "2027-12-31T23:59:59Z",
}
ITEM = {"window": "30d", "source": "sample", "priceYuan": 260, "minutes": 40, "mSv": 5}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    made = prepared(tmp_path_factory.mktemp("registers") / "data")
    assert done(made, "scopes", "import", typed=SCOPES) == "2 scopes\n"
    return made


@pytest.fixture(scope="module", autouse=True)
def keep_logging() -> Iterator[None]:
    with kept_logging():
        yield


def done(house: House, *words: str, typed: object = None) -> str:
    """Run a command of recognition that succeeds; return what it says."""
    result = house.run("recognition", *words, typed=json.dumps(typed))
    assert result.exit_code == 0, result.output
    return result.stdout


def refused(house: House, *words: str, typed: object = None) -> str:
    return house.refused("recognition", *words, typed=json.dumps(typed))


def a_policy(**changes: Any) -> dict[str, Any]:
    return {
        "programme": "sample",
        "scope": "CITY",
        "effectiveFrom": (datetime.now(UTC) + timedelta(days=1)).isoformat(),
        "timeZone": "Asia/Shanghai",
        "items": {"CT-CHEST-PLAIN": ITEM},
        "reasons": [{"code": "OTHER", "zh": "其他", "en": "Other", "needsText": True}],
        **changes,
    }


def test_a_catalogue_is_imported_after_a_dry_run_has_told_what_changes(
    house: House, tmp_path: Path
) -> None:
    (tmp_path / "covers.csv").write_text("item,covers\nCT-HEAD-ENH,CT-HEAD-PLAIN\n")
    words = ("catalogue", "import", str(tmp_path))
    told = "add covers CT-HEAD-ENH > CT-HEAD-PLAIN\n"
    for _ in range(2):
        assert done(house, *words, "--dry-run") == f"{told}1 changes, none made\n"
    assert done(house, *words) == f"{told}1 changes\n"
    assert done(house, *words) == "0 changes\n"
    (tmp_path / "covers.csv").write_text("item,covers\nNONE,CT-HEAD-PLAIN\n")
    assert "/covers.csv/2/item" in refused(house, *words)


def test_scopes_that_contain_each_other_or_are_malformed_are_refused(house: House) -> None:
    circle = [SCOPES[0] | {"contains": ["LAND"]}, SCOPES[1]]
    assert "contain itself" in refused(house, "scopes", "import", typed=circle)
    assert "/0" in refused(house, "scopes", "import", typed=[{"code": "X"}])
    assert done(house, "scopes", "import", typed=SCOPES) == "2 scopes\n"


def test_certificates_come_once_and_all_or_none(house: House) -> None:
    words = ("certificates", "import")
    unknown = CERTIFICATE | {"id": "SZ-A-X", "scope": "NONE"}
    assert "/scope" in refused(house, *words, typed=[CERTIFICATE, unknown])
    assert done(house, *words, typed=[CERTIFICATE]) == "1 new of 1 certificates\n"
    assert done(house, *words, typed=[CERTIFICATE]) == "0 new of 1 certificates\n"
    assert refused(house, *words, typed=[CERTIFICATE | {"mark": "other"}])


def test_one_drafts_a_policy_and_another_enacts_it(house: House) -> None:
    drafted = done(house, "policy", "draft", "--by", "li", typed=a_policy())
    content_hash, status, *_ = drafted.split()
    assert status == "draft"
    assert "another person" in refused(house, "policy", "enact", content_hash, "--by", "li")

    enacted = done(house, "policy", "enact", content_hash, "--by", "wang")

    assert enacted.split()[:2] == [content_hash, "enacted"]
    assert enacted in done(house, "policy", "list")
    assert "already" in refused(house, "policy", "enact", content_hash, "--by", "wang")
    assert "no such policy" in refused(house, "policy", "enact", "0" * 64, "--by", "wang")
    wrong = a_policy(items={"NONE": ITEM})
    assert "/items/0" in refused(house, "policy", "draft", "--by", "li", typed=wrong)


def test_a_draft_is_simulated_with_its_progress_on_the_other_stream(house: House) -> None:
    drafted = done(house, "policy", "draft", "--by", "li", typed=a_policy(programme="tried"))
    words = ("simulate", drafted.split()[0], "--since", "2026-01-01", "--until", "2026-02-01")

    result = house.run("recognition", *words)

    assert result.exit_code == 0, result.output
    assert result.stderr == "0 of 0 orders\n"
    found = json.loads(result.stdout)
    assert (found["orders"], found["moves"], found["difference"]["yuan"]) == (0, [], 0)
    backwards = ("simulate", words[1], "--since", "2026-02-01", "--until", "2026-01-01")
    assert "/since" in refused(house, *backwards)
    assert "no such policy" in refused(house, "simulate", "0" * 64, *words[2:])


def test_scenarios_are_checked_and_a_difference_fails(house: House, tmp_path: Path) -> None:
    shipped = Path(__file__).parents[1] / "unit" / "recognition_scenarios.json"
    assert done(house, "check", str(shipped)) == "25 scenarios, 0 not as expected\n"
    document = json.loads(shipped.read_text(encoding="utf-8"))
    document["scenarios"][0]["then"][0]["tier"] = "excluded"
    result = house.run("recognition", "check", typed=json.dumps(document))
    assert result.exit_code == 1
    assert result.stdout.startswith(document["scenarios"][0]["id"])
    assert "1 not as expected" in result.stdout


def test_what_the_commands_changed_stands_in_the_trail(house: House) -> None:
    done(house, "scopes", "import", typed=SCOPES)
    done(house, "certificates", "import", typed=[CERTIFICATE | {"id": "SZ-A-TRACED"}])
    drafted = done(house, "policy", "draft", "--by", "li", typed=a_policy(programme="traced"))
    content_hash = drafted.split()[0]
    done(house, "simulate", content_hash, "--since", "2026-01-01", "--until", "2026-02-01")
    application = build(load_settings(house.environment))
    found = list(application.trail.entries(EventQuery()))[-4:]
    application.stop_quietly()
    assert [each.operation for each in found] == [
        "cli.import-scopes",
        "cli.import-certificates",
        "cli.draft-policy",
        "cli.simulate-policy",
    ]
    assert {each.principal.kind for each in found} == {"system"}
    assert [each.id for each in found[-1].objects] == [content_hash]
