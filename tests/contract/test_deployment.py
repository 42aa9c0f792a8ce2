"""Dockerfile and compose.yaml, as far as they can be held to the code without Docker."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from medshare.settings import PREFIX, load_settings

ROOT = Path(__file__).parents[2]
CONFIG_FILE = f"{PREFIX}CONFIG_FILE"
ONE_SHOT = {"prepare"}


@pytest.fixture
def compose() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
    return document


@pytest.fixture
def instructions() -> list[tuple[str, str]]:
    """The Dockerfile's instructions, continued lines joined, comments left out."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line and not line.lstrip().startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ").splitlines()
    return [(word, rest) for word, _space, rest in (line.partition(" ") for line in joined)]


@pytest.fixture
def secrets(tmp_path: Path) -> Path:
    """What scripts/new-secrets makes."""
    shutil.copytree(ROOT / "scripts", tmp_path / "scripts")
    subprocess.run([tmp_path / "scripts" / "new-secrets"], check=True, capture_output=True)
    return tmp_path / "secrets"


def values_of(instructions: list[tuple[str, str]], word: str) -> list[str]:
    return [rest.strip() for each, rest in instructions if each == word]


def test_every_setting_in_compose_is_one_that_medshare_reads(
    compose: dict[str, Any], secrets: Path
) -> None:
    for name in ("prepare", "medshare"):
        environment = compose["services"][name]["environment"]
        settings = load_settings(environment | {CONFIG_FILE: str(secrets / "medshare.toml")})
        assert settings.database_url.endswith("@postgres:5432/medshare")
        assert settings.blob_url.startswith("s3://")


def test_every_setting_in_the_dockerfile_is_one_that_medshare_reads(
    instructions: list[tuple[str, str]],
) -> None:
    pairs = dict(pair.split("=", 1) for pair in " ".join(values_of(instructions, "ENV")).split())
    settings = load_settings({name: each for name, each in pairs.items() if PREFIX in name})
    assert settings.port == int(values_of(instructions, "EXPOSE")[0])
    assert str(settings.data_dir) == values_of(instructions, "VOLUME")[0]


def test_what_is_copied_is_there_and_reaches_the_builder(
    instructions: list[tuple[str, str]],
) -> None:
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    for copied in values_of(instructions, "COPY"):
        if copied.startswith("--from"):
            continue
        for source in copied.split()[:-1]:
            assert (ROOT / source).exists(), source
            assert f"!{source}" in ignored, source


def test_the_image_runs_as_nobody_special_and_holds_no_tools(
    instructions: list[tuple[str, str]],
) -> None:
    last_stage = instructions[max(i for i, each in enumerate(instructions) if each[0] == "FROM") :]
    assert values_of(last_stage, "USER") == ["medshare"]
    assert "pip install" not in " ".join(values_of(last_stage, "RUN"))
    assert "--require-hashes" in " ".join(values_of(instructions, "RUN"))
    assert "requirements-dev" not in (ROOT / "Dockerfile").read_text(encoding="utf-8")


def test_the_health_check_asks_the_server_that_the_image_runs(
    instructions: list[tuple[str, str]],
) -> None:
    command = json.loads(values_of(instructions, "HEALTHCHECK")[0].partition("CMD")[2])
    compile(command[2], "healthcheck", "exec")
    assert "/health/ready" in command[2]


def test_only_medshare_is_published_and_on_the_loopback_only(compose: dict[str, Any]) -> None:
    published = {
        name: each["ports"] for name, each in compose["services"].items() if "ports" in each
    }
    assert list(published) == ["medshare"]
    assert all(port.startswith("127.0.0.1:") for port in published["medshare"])


def test_no_secret_stands_in_compose(compose: dict[str, Any], secrets: Path) -> None:
    declared = {name: Path(each["file"]).name for name, each in compose["secrets"].items()}
    assert set(declared.values()) == {each.name for each in secrets.iterdir()}
    for service in compose["services"].values():
        assert set(service.get("secrets", ())) <= set(declared)
        for name, value in service.get("environment", {}).items():
            if "PASSWORD" in name or "SECRET" in name:
                assert name.endswith("_FILE"), name
                assert Path(value).name in service["secrets"]


def test_the_two_sides_of_a_secret_agree(secrets: Path) -> None:
    identity = json.loads((secrets / "s3.json").read_text())["identities"][0]
    assert identity["credentials"][0]["secretKey"] == (secrets / "s3-secret-access-key").read_text()
    assert (secrets / "postgres-password").read_text() in (secrets / "medshare.toml").read_text()
    assert secrets.stat().st_mode & 0o777 == 0o700


def test_secrets_are_never_made_twice(secrets: Path) -> None:
    before = (secrets / "postgres-password").read_bytes()
    again = subprocess.run(
        [secrets.parent / "scripts" / "new-secrets"], check=False, capture_output=True
    )
    assert again.returncode == 1
    assert (secrets / "postgres-password").read_bytes() == before


def test_every_service_that_stays_is_watched_and_pinned(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        version = service["image"].rpartition(":")[2]
        assert version[0].isdigit(), name
        if name not in ONE_SHOT:
            assert "build" in service or "test" in service["healthcheck"], name
    for volume in compose["volumes"]:
        assert any(
            mount.startswith(f"{volume}:")
            for service in compose["services"].values()
            for mount in service.get("volumes", ())
        )
