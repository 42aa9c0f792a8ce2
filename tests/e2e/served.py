"""A served medshare: the real command in a process of its own, on a free port of loopback."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, fields
from pathlib import Path

import requests
from click.testing import CliRunner

from medshare.cli import main, prepare
from medshare.settings import Settings
from tests.commands import kept_logging

ROOT = Path(__file__).parents[2]
READY_WITHIN_S = 120


@dataclass(frozen=True)
class Served:
    """A running server and how to give it commands."""

    base: str
    environment: dict[str, str]
    process: subprocess.Popen[bytes]

    def command(self, *arguments: str, text: str = "") -> str:
        """Run a ``medshare`` command on the server's stores; return what it prints.

        It runs in this process: a new one would take two seconds to begin with.
        """
        with kept_logging():
            done = CliRunner().invoke(main, list(arguments), input=text, env=self.environment)
        assert done.exit_code == 0, done.output
        return done.stdout.strip()

    def token(self, client: str, secret: str) -> str:
        """Get an access token as a hospital's system does."""
        answer = requests.post(
            f"{self.base}/oauth/token",
            data={"grant_type": "client_credentials"},
            auth=(client, secret),
            timeout=10,
        )
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])


def environment_of(settings: Settings) -> dict[str, str]:
    """Return the environment that makes a process use these settings."""
    given = {
        f"MEDSHARE_{each.name.upper()}": str(getattr(settings, each.name))
        for each in fields(Settings)
        if getattr(settings, each.name) != each.default
    }
    # Compiled once, not by each command: hence no PYTHONDONTWRITEBYTECODE.
    dropped = ("MEDSHARE_", "PYTHONDONTWRITEBYTECODE")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
    return kept | given | {"PYTHONPATH": str(ROOT)}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(settings: Settings) -> Iterator[Served]:
    """Do what ``medshare init`` does, and run ``medshare serve`` until the block ends."""
    port = free_port()
    environment = environment_of(settings) | {"MEDSHARE_PORT": str(port)}
    prepare(settings)
    log = settings.data_dir / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "medshare.cli", "serve"],
            env=environment,
            cwd=ROOT,
            stdout=output,
            stderr=output,
        )
    served = Served(f"http://127.0.0.1:{port}", environment, process)
    try:
        _wait(served, log)
        yield served
    finally:
        process.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(20)
        process.kill()
        process.wait()


def _wait(served: Served, log: Path) -> None:
    deadline = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < deadline:
        with suppress(requests.ConnectionError, requests.Timeout):
            answer = requests.get(f"{served.base}/health/ready", timeout=2)
            assert answer.json()["status"] == "ready"
            return
        assert served.process.poll() is None, log.read_text(errors="replace")[-3000:]
        time.sleep(0.1)
    raise AssertionError(log.read_text(errors="replace")[-3000:])
