"""The demo that the README starts: its first hour works as written, and its desks are not empty."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.e2e.served import ROOT, free_port
from tests.servers import require_command

READY_WITHIN_S = 600  # the machine may be busy
HOUR = "## The first hour of an integrator"


@dataclass(frozen=True)
class Demo:
    """The running demo."""

    port: int
    data: Path
    screen: Path


@pytest.fixture(scope="module")
def demo(demo_set: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """The demo on a free port, with its set drawn already."""
    require_command("curl")  # the README's lines use it
    directory = tmp_path_factory.mktemp("demo")
    running = Demo(free_port(), directory / "demo", directory / "screen")
    shutil.copytree(demo_set, running.data / "fixtures" / "demo")
    command = [sys.executable, "-m", "fixtures", "demo"]
    options = ["--data", str(running.data), "--port", str(running.port)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "MEDSHARE_LOW_WATER_BYTES": "0"}
    with running.screen.open("wb") as screen:
        process = subprocess.Popen(
            [*command, *options], cwd=ROOT, env=environment, stdout=screen, stderr=screen
        )
    try:
        _wait(running, process)
        yield running
    finally:
        process.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(20)
        process.kill()
        process.wait()


def _wait(demo: Demo, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < deadline:
        with suppress(requests.ConnectionError, requests.Timeout):
            requests.get(f"http://127.0.0.1:{demo.port}/health/ready", timeout=2)
            return
        assert process.poll() is None, demo.screen.read_text(errors="replace")[-3000:]
        time.sleep(0.2)
    raise AssertionError(demo.screen.read_text(errors="replace")[-3000:])


def first_hour() -> str:
    """Return the shell lines of the README's first hour, in order."""
    text = (ROOT / "README.md").read_text(encoding="utf-8").partition(HOUR)[2]
    return "\n".join(re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL))


def run_first_hour(demo: Demo, directory: Path) -> str:
    """Run the lines as one shell would; what is written to files stays in ``directory``."""
    lines = first_hour().replace("127.0.0.1:8080", f"127.0.0.1:{demo.port}")
    lines = lines.replace("$PWD/.demo", str(demo.data))
    for name in ("scripts/medshare", "fixtures/tiny"):
        lines = lines.replace(name, str(ROOT / name))
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", lines],
        cwd=directory,
        capture_output=True,
        text=True,
        env={**os.environ, "NO_PROXY": "*"},
        check=False,
    )
    assert done.returncode == 0, (done.stdout[-3000:], done.stderr[-3000:])
    return done.stdout


SIGNS = (
    '"status":"ready"',
    "openapi: 3.1",
    '"facility":"SZ-A"',
    '"00081190"',
    '"isCurrent":true',
    "urn:medshare:problem:invalid",
    "identity-number-format",
    "time-without-offset",
    "attribute-not-supported",
    '"resourceType":"AuditEvent"',
    "本次无需重复检查",
    '"outcome":"repeated"',
    '"code": "EXPIRED"',
    "CT-HEAD-PLAIN SZ-I discretionary NO_QUALITY_MARK",
    "MR-BRAIN-PLAIN SZ-I discretionary OUTSIDE_SCOPE",
    "PANEL-LIPID order only LAB-TG",
    '"cause":"amended","severity":"stop"',
    '"claimedMark":"全国HR"',
    "SZ-C,national-indicator",
    "SZ-X,national-indicator",
)
# What SZ-X's client asks for in that hour, by operation.
ASKED = {
    "access.token": 1,
    "patients.register": 2,
    "care.record": 2,
    "exams.timeline": 1,
    "recognition.evaluate": 1,
    "recognition.evaluate-batch": 1,
    "recognition.decide": 1,
    "recognition.notice": 1,
    "cdshooks.order-sign": 1,
    "cdshooks.order-sign-feedback": 1,
    "recognition.list-decisions": 1,
    "exams.register": 1,
    "exams.add-report": 1,
    "dicomweb.store": 1,
    "dicomweb.search-studies": 3,
    "dicomweb.retrieve-study-metadata": 1,  # opening and closing of the reads of one study
}


def test_the_first_hour_works_as_written_and_the_trail_accounts_for_it(
    demo: Demo, tmp_path: Path
) -> None:
    screen = run_first_hour(demo, tmp_path)

    assert [sign for sign in SIGNS if sign not in screen] == []
    assert "Traceback" not in demo.screen.read_text()
    singles = [each for each in events(demo) if each["phase"] != "closing"]
    assert Counter(each["operation"] for each in singles) == ASKED


def events(demo: Demo) -> list[dict[str, Any]]:
    """Return what the trail says of SZ-X, as its auditor sees it."""
    found = page_of(demo, "auditor", "/api/v1/audit/events?facility=SZ-X&limit=200")
    return list(found.json()["items"])


def page_of(demo: Demo, username: str, path: str) -> requests.Response:
    """Return what somebody sees who signed in."""
    base = f"http://127.0.0.1:{demo.port}"
    login = {"username": username, "password": "medshare-demo"}
    answer = requests.post(f"{base}/api/v1/session", json=login, timeout=10)
    cookie = answer.headers["Set-Cookie"].partition(";")[0]  # Secure: requests keeps it from http
    found = requests.get(f"{base}{path}", headers={"Cookie": cookie}, timeout=20)
    assert found.status_code == 200, (path, found.text)
    return found


DESKS = {
    "registrar.head": ("registrar", "registrar?state=decided", "registrar/proposals"),
    "registrar.c": ("registrar/imaging", "registrar/quarantine"),
    "quality.head": (
        *("quality/policies", "quality/certificates", "quality/codes", "quality/claims"),
        *("quality/defects", "quality/defects?state=open"),
    ),
    "auditor": (
        *("auditor", "auditor/entries", "auditor/anomalies", "auditor/anomalies?acknowledged=true"),
        *("auditor/break-glass", "auditor/break-glass?reviewed=true"),
    ),
    "admin": ("administration", "administration/clients", "administration/accounts"),
}


@pytest.mark.parametrize("username", DESKS)
def test_every_desk_of_the_demo_has_something_on_it(demo: Demo, username: str) -> None:
    empty = [
        path
        for path in DESKS[username]
        if 'class="empty' in page_of(demo, username, f"/viewer/{path}").text
    ]

    assert empty == []
