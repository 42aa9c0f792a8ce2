"""Every gate is seen to fail: one seeded fault each, in a copy of the package."""

import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from flask import Flask

from medshare.web.endpoint import UnsealedRouteError, seal

ROOT = Path(__file__).parents[2]
FAULTS = {
    "an import upwards": ("layers", "kernel/identifiers.py", "from medshare import settings"),
    "an import between doors": ("layers", "fhir/__init__.py", "from medshare import hl7v2"),
    "a package that nobody placed": ("layers", "stray/__init__.py", ""),
    "rules that read the store": (
        "inside",
        "facilities/model.py",
        "from medshare.facilities import store",
    ),
    "a service that knows JSON": (
        "inside",
        "facilities/service.py",
        "from medshare.facilities import schemas",
    ),
    "a store used from elsewhere": (
        "protected",
        "patients/service.py",
        "from medshare.facilities import store",
    ),
    "rules of recognition that read their store": (
        "inside",
        "recognition/policies/model.py",
        "from medshare.recognition.policies import store",
    ),
    "a store of another matter of recognition": (
        "protected",
        "recognition/policies/service.py",
        "from medshare.recognition.catalogue import store as theirs",
    ),
    "a library in the kernel": ("kernel", "kernel/permission.py", "import orjson"),
    "rules that know the database": ("models", "facilities/model.py", "import sqlalchemy"),
    "a service that knows the web": (
        "below-the-edge",
        "facilities/service.py",
        "from flask import g",
    ),
    "DICOM read in the open": ("dicom", "web/answers.py", "import pydicom"),
}

UNTYPED = """\
from enum import StrEnum


class Tier(StrEnum):
    FULL = "full"
    NONE = "none"


def untyped(value):
    return value


def forgets(tier: Tier) -> None:
    match tier:
        case Tier.FULL:
            return
"""


def run(tool: str, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).parent / tool
    return subprocess.run(
        [program, *arguments], cwd=cwd, text=True, capture_output=True, check=False
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of what the gates look at, to break."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    shutil.copytree(
        ROOT / "medshare",
        tmp_path / "medshare",
        ignore=shutil.ignore_patterns("__pycache__", "static", "versions"),
    )
    return tmp_path


@pytest.mark.parametrize("fault", FAULTS)
def test_the_import_contract_refuses(fault: str, copy: Path) -> None:
    contract, name, line = FAULTS[fault]
    for package in ("hl7v2", str(Path(name).parent)):
        (copy / "medshare" / package).mkdir(exist_ok=True)
        (copy / "medshare" / package / "__init__.py").touch()
    with (copy / "medshare" / name).open("a", encoding="utf-8") as module:
        module.write(line + "\n")
    answer = run("lint-imports", "--no-cache", "--contract", contract, cwd=copy)
    assert answer.returncode == 1, answer.stdout + answer.stderr
    assert "0 kept, 1 broken" in answer.stdout


def test_the_kernel_is_kept_from_every_library_that_medshare_depends_on() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    depends = {
        line.split(">")[0].split("[")[0].lower().replace("_", "-")
        for line in project["project"]["dependencies"]
    } - {"tzdata"}  # data, no module
    modules = {
        module
        for module, distributions in packages_distributions().items()
        if depends & {each.lower().replace("_", "-") for each in distributions}
        and not module.startswith("_")
    }
    contracts = {each["id"]: each for each in project["tool"]["importlinter"]["contracts"]}
    assert "flask" in modules
    assert modules <= set(contracts["kernel"]["forbidden_modules"])


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("import pickle\n", "TID251"),
        ("from sqlalchemy import create_engine\n", "TID251"),
        ("def listen() -> None:\n    print()\n", "T201"),
        ("def join(first, second):\n    return first\n", "ANN001"),
        ("import os  # noqa: F401, S101\n", "RUF100"),
        ("LIMIT = 5\n# LIMIT = 6\n", "ERA001"),
    ],
)
def test_the_linter_refuses(text: str, rule: str, copy: Path) -> None:
    (copy / "medshare" / "web" / "fault.py").write_text(text)
    answer = run("ruff", "check", "--no-cache", "medshare/web/fault.py", cwd=copy)
    assert answer.returncode == 1
    assert rule in answer.stdout


def test_the_formatter_refuses_another_layout(copy: Path) -> None:
    (copy / "medshare" / "fault.py").write_text("LIMITS = [ 1,2 ]\n")
    answer = run("ruff", "format", "--no-cache", "--check", "medshare/fault.py", cwd=copy)
    assert answer.returncode == 1


def test_the_type_checker_refuses_what_has_no_type_and_what_is_forgotten(copy: Path) -> None:
    (copy / "fault.py").write_text(UNTYPED)
    answer = run("mypy", "--cache-dir", str(copy / "cache"), "fault.py", cwd=copy)
    assert answer.returncode == 1
    assert "no-untyped-def" in answer.stdout
    assert "exhaustive-match" in answer.stdout


def test_the_seal_refuses_a_route_that_came_in_by_another_door() -> None:
    flask = Flask("fault", static_folder=None)
    flask.add_url_rule("/back-door", "back-door", lambda: "open")
    with pytest.raises(UnsealedRouteError):
        seal(flask)
