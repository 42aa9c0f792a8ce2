"""The two servers on loopback, each in a directory that is thrown away."""

import base64
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from benchmarks.dicomweb.measure import (
    Answer,
    Connection,
    Request,
    Server,
    WrongAnswerError,
)

ROOT = Path(__file__).parents[2]
READY_WITHIN_S = 60
TOKEN_FOR_S = 200
OK = 200
CLIENT = "benchmark"
IDENTIFIER_SYSTEM = "urn:oid:2.999.1.1"
FACILITY = {
    "code": "SZ-A",
    "name": {"zh": "测试医院", "en": "Benchmark Hospital"},
    "level": 3,
    "oid": "2.999.1",
    "patientIdentifierSystem": IDENTIFIER_SYSTEM,
}
DICOMWEB_PLUGIN = Path("/usr/share/orthanc/plugins/libOrthancDicomWeb.so")
HOW_TO_INSTALL = """\
Orthanc with its DICOMweb plugin is not on this machine. On Debian:

    apt-get install -y orthanc orthanc-dicomweb
    systemctl disable --now orthanc    # the benchmark starts its own; the service is not needed
"""


def find_orthanc() -> str:
    """Return the path of Orthanc's program, or leave with a word on how to get it."""
    program = shutil.which("Orthanc", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if program is None or not DICOMWEB_PLUGIN.exists():
        sys.exit(HOW_TO_INSTALL)
    return program


@contextmanager
def serving_medshare(directory: Path, workers: int = 1) -> Iterator[Server]:
    """Serve medshare as shipped: SQLite and files, access checked, every access in the trail.

    One process serves where nothing is set, two in ``compose.yaml``.
    """
    port = _free_port()
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MEDSHARE_")}
    environment = kept | {
        "MEDSHARE_DATA_DIR": str(directory / "data"),
        "MEDSHARE_PORT": str(port),
        "MEDSHARE_WORKERS": str(workers),
        "PYTHONPATH": str(ROOT),
    }
    command = [sys.executable, "-m", "medshare.cli"]

    def run(*arguments: str, text: str = "") -> str:
        done = subprocess.run(
            [*command, *arguments],
            input=text,
            env=environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            sys.exit(done.stderr)
        return done.stdout.strip()

    run("init")
    run("facility", "add", "-", text=json.dumps(FACILITY))
    secret = run("client", "add", CLIENT, "--facility", str(FACILITY["code"]))
    version = f"{run('--version').rpartition(' ')[2]} ({_commit()})"
    log = directory / "medshare.log"
    with _running([*command, "serve"], log, environment) as process:
        _wait_for(port, "/health/ready", process, log)
        yield Server("medshare", version, port, process.pid, _tokens(port, secret))


@contextmanager
def serving_orthanc(program: str, directory: Path) -> Iterator[Server]:
    """Serve Orthanc with Debian's defaults: SQLite and files, files synced; nobody logs in."""
    port = _free_port()
    storage = directory / "storage"
    storage.mkdir(parents=True)
    configuration = {
        "StorageDirectory": str(storage),
        "IndexDirectory": str(storage),
        "HttpPort": port,
        "DicomServerEnabled": False,
        "RemoteAccessAllowed": False,
        "AuthenticationEnabled": False,
        "Plugins": [str(DICOMWEB_PLUGIN)],
        "DicomWeb": {"Enable": True, "Root": "/dicom-web/"},
    }
    file = directory / "orthanc.json"
    file.write_text(json.dumps(configuration))
    log = directory / "orthanc.log"
    with _running([program, str(file)], log, os.environ) as process:
        system = _wait_for(port, "/system", process, log)
        version = str(json.loads(system.body)["Version"])
        yield Server("Orthanc", version, port, process.pid, dict)


@contextmanager
def serving_files(directory: Path) -> Iterator[Server]:
    """Serve the files below ``directory`` by nginx with sendfile: what the machine can do."""
    program = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if program is None:
        sys.exit("nginx is not on this machine; on Debian: apt-get install -y nginx-light")
    port = _free_port()
    home = directory.parent / "nginx"
    home.mkdir()
    file = home / "nginx.conf"
    file.write_text(_NGINX.format(home=home, root=directory, port=port))
    log = home / "nginx.log"
    with _running([program, "-p", str(home), "-c", str(file)], log, os.environ) as process:
        (directory / "ready").write_bytes(b"")
        _wait_for(port, "/ready", process, log)
        version = subprocess.run([program, "-v"], capture_output=True, text=True, check=True).stderr
        yield Server("nginx", version.rpartition("/")[2].strip(), port, process.pid, dict)


_NGINX = """\
daemon off;
master_process off;
pid {home}/pid;
error_log {home}/error.log;
events {{ worker_connections 64; }}
http {{
  access_log off;
  sendfile on;
  tcp_nopush on;
  client_body_temp_path {home}/body;
  proxy_temp_path {home}/proxy;
  fastcgi_temp_path {home}/fastcgi;
  uwsgi_temp_path {home}/uwsgi;
  scgi_temp_path {home}/scgi;
  server {{ listen 127.0.0.1:{port}; root {root}; }}
}}
"""


def _tokens(port: int, secret: str) -> Callable[[], Mapping[str, str]]:
    """Return what gives a bearer token, a new one before the old one ends."""
    pair = base64.b64encode(f"{CLIENT}:{secret}".encode()).decode()
    request = Request(
        "POST",
        "/oauth/token",
        {"Authorization": f"Basic {pair}", "Content-Type": "application/x-www-form-urlencoded"},
        b"grant_type=client_credentials",
    )
    headers: dict[str, str] = {}
    asked_at = -float(TOKEN_FOR_S)

    def authorise() -> Mapping[str, str]:
        nonlocal headers, asked_at
        if not headers or time.monotonic() - asked_at > TOKEN_FOR_S:
            with Connection(port) as connection:
                answer = connection.ask(request, {})
            asked_at = time.monotonic()
            headers = {"Authorization": f"Bearer {json.loads(answer.body)['access_token']}"}
        return headers

    return authorise


@contextmanager
def _running(
    command: list[str], log: Path, environment: Mapping[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, env=dict(environment), cwd=ROOT, stdout=output, stderr=output
        )
    try:
        yield process
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(20)
        process.kill()
        process.wait()


def _wait_for(port: int, path: str, process: subprocess.Popen[bytes], log: Path) -> Answer:
    deadline = time.monotonic() + READY_WITHIN_S
    while process.poll() is None and time.monotonic() < deadline:
        with suppress(OSError, WrongAnswerError), Connection(port) as connection:
            answer = connection.ask(Request("GET", path, {}), {})
            if answer.status == OK:
                return answer
        time.sleep(0.1)
    sys.exit(log.read_text(errors="replace")[-3000:])


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _commit() -> str:
    done = subprocess.run(
        ["git", "describe", "--always", "--dirty"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip() or "no commit"
