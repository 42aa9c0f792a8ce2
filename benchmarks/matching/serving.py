"""A data directory with the facilities of the data, its commands, and its server on loopback."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from http.client import HTTPConnection
from pathlib import Path

from benchmarks.dicomweb.measure import cpu_s, process_tree
from benchmarks.matching.over_http import Credentials
from benchmarks.matching.registry import FACILITIES, facility_of
from medshare.access import service as access
from medshare.access.model import Client
from medshare.app import build
from medshare.cli import prepare
from medshare.facilities import service as facilities
from medshare.infra.uow import UnitOfWork
from medshare.kernel.identifiers import FacilityCode
from medshare.settings import Settings

ROOT = Path(__file__).parents[2]
READY_WITHIN_S = 120
REST_S, REST_SHARE = 2.0, 0.05  # seconds looked at; of one core
UNLIMITED = "1000000"
REGISTRAR = Credentials("evaluator", "a long benchmark password")
Clients = Mapping[FacilityCode, Credentials]


def prepare_facilities(directory: Path) -> Clients:
    """Prepare the stores, the facilities and a client of each."""
    settings = replace(Settings(), data_dir=directory, low_water_bytes=0)
    prepare(settings)
    application = build(settings)
    found = {}
    with application.house.database.write() as session:
        uow = UnitOfWork(session, application.house.clock)
        for number in range(FACILITIES):
            facility = facility_of(number)
            facilities.add(uow, facility)
            name = f"his-{facility.code.lower()}"
            client = Client(name, "Benchmark", facility.code, ("system/*.cruds",))
            secret = access.add_client(uow, application.keys, client) or ""
            found[facility.code] = Credentials(name, secret)
    application.stop_quietly()
    _run(directory, "account", "add", REGISTRAR.id, "--name", "R", "--role", "registrar")
    return found


def _run(directory: Path, *words: str) -> None:
    command, environment = [*_MEDSHARE, *words], _environment(directory)
    subprocess.run(
        command, input=REGISTRAR.secret, env=environment, cwd=ROOT, text=True, check=True
    )


def load_file(directory: Path, file: Path) -> float:
    """Load a file of records by the command; return the most memory that it took, in MiB."""
    command = [*_MEDSHARE, "patients", "load", "--unmatched", str(file)]
    process = subprocess.Popen(command, env=_environment(directory), cwd=ROOT)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit("The load failed.")
    return usage.ru_maxrss / 1024


@contextmanager
def serving(directory: Path) -> Iterator[str]:
    """Serve a prepared directory as shipped; access is checked, every access in the trail."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    environment = _environment(directory) | {"MEDSHARE_PORT": str(port)}
    with (directory / "server.log").open("wb") as log:
        process = subprocess.Popen(
            [*_MEDSHARE, "serve"], env=environment, cwd=ROOT, stdout=log, stderr=log
        )
    try:
        _wait_for(port, process)
        _wait_for_rest(process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(20)
        process.kill()
        process.wait()


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + READY_WITHIN_S
    while process.poll() is None and time.monotonic() < deadline:
        with suppress(OSError):
            connection = HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/health/ready")
            if connection.getresponse().status == 200:
                return
        time.sleep(0.2)
    sys.exit("The server did not come up.")


def _wait_for_rest(process: subprocess.Popen[bytes]) -> None:
    """Let a server seal and deliver what a bulk load left to it, as it had long since in a city."""
    processes = process_tree(process.pid)
    used, before = REST_S, cpu_s(processes)
    while used > REST_S * REST_SHARE:
        time.sleep(REST_S)
        now = cpu_s(processes)
        used, before = now - before, now


def _environment(directory: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MEDSHARE_")}
    return kept | {
        "MEDSHARE_DATA_DIR": str(directory),
        "MEDSHARE_LOW_WATER_BYTES": "0",
        "MEDSHARE_REQUESTS_PER_MINUTE": UNLIMITED,
        "PYTHONPATH": str(ROOT),
    }


_MEDSHARE = [sys.executable, "-m", "medshare.cli"]
