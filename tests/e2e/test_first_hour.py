"""The README's first hour works as written, against the demo that the README starts."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from tests.e2e.served import ROOT, free_port

READY_WITHIN_S = 90
HOUR = "## The first hour of an integrator"


@dataclass(frozen=True)
class Demo:
    """The running demo."""

    port: int
    data: Path
    screen: Path


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    """The demo on a free port, loaded with the small set."""
    running = Demo(free_port(), tmp_path / "demo", tmp_path / "screen")
    command = [sys.executable, "-m", "fixtures", "demo", "--set", "tiny"]
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
    for name in ("fixtures", "scripts"):
        (directory / name).symlink_to(ROOT / name)
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


@pytest.mark.skipif(shutil.which("curl") is None, reason="the README's lines need curl")
def test_the_first_hour_works_as_written(demo: Demo, tmp_path: Path) -> None:
    directory = tmp_path / "shell"
    directory.mkdir()

    screen = run_first_hour(demo, directory)

    for sign in (
        '"status":"ready"',
        "openapi: 3.1",
        '"facility":"SZ-C"',
        '"00081199"',
        "urn:medshare:problem:invalid",
        "identity-number-check-digit",
        "time-without-offset",
        "attribute-not-supported",
        '"resourceType":"AuditEvent"',
    ):
        assert sign in screen, sign
    assert "Traceback" not in demo.screen.read_text()


@pytest.mark.skipif(shutil.which("curl") is None, reason="the README's lines need curl")
def test_the_export_of_that_hour_accounts_for_every_request(demo: Demo, tmp_path: Path) -> None:
    directory = tmp_path / "shell"
    directory.mkdir()
    run_first_hour(demo, directory)
    base = f"http://127.0.0.1:{demo.port}"
    entries = exported(base)

    answered = requests.get(f"{base}/dicom-web/studies", timeout=10)
    unknown = requests.get(f"{base}/no/such/thing", timeout=10)
    requests.get(f"{base}/health/live", timeout=10)

    later = {each["requestId"]: each["outcome"] for each in events(base)}
    assert later[answered.headers["X-Request-Id"]] == "unauthenticated"
    assert later[unknown.headers["X-Request-Id"]] == "missing"
    hour = [each for each in entries if each["facility"] == "SZ-X"]
    assert len(hour) == REQUESTS_OF_THE_HOUR, [each["operation"] for each in hour]
