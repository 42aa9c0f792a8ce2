"""Fixtures of every test: both pairs of stores, and a site on each."""

import fcntl
import itertools
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import structlog

from fixtures.sets import generate
from medshare.app import collect_garbage_less
from medshare.care.sensitivity import service as sensitivity
from medshare.exams import service as exams
from medshare.infra.clock import SystemClock
from medshare.infra.db import Database
from medshare.infra.logging import tell_exception
from medshare.infra.uow import UnitOfWork
from medshare.migrations import LEDGER, upgrade
from medshare.recognition.catalogue import service as catalogue
from medshare.settings import Settings
from tests.servers import PostgresServer, S3Server, postgres_server, require, s3_server
from tests.site import Site, StandingClock, copy_stores

# As the server logs, so that a test which fails shows no frames full of locals, and none is slow.
structlog.configure(processors=[tell_exception, structlog.processors.JSONRenderer()])

MEMORY = Path("/dev/shm")
MEMORY_BYTES = 3 << 30  # a whole run takes less than the half


def pytest_configure() -> None:
    """Let tests write to memory where there is room: a PostgreSQL database is a thousand files."""
    if "TMPDIR" in os.environ or not MEMORY.is_dir():
        return
    found = os.statvfs(MEMORY)
    if found.f_bavail * found.f_frsize >= MEMORY_BYTES and not found.f_flag & os.ST_NOEXEC:
        os.environ["TMPDIR"] = tempfile.tempdir = str(MEMORY)


def pytest_collection_finish() -> None:
    """Look for cycles among what tests make, not among what all of them import."""
    collect_garbage_less()


EMBEDDED = "sqlite+files"
CITY = "postgresql+s3"


# A site is copied rather than filled anew; the numbers below this are in the keys of its filling.
FILLED_WITH = 1 << 20


@dataclass(frozen=True)
class CityServers:
    """The two real servers of the larger pair, a migrated database to copy, and a bucket."""

    postgres: PostgresServer
    s3: S3Server
    template: str
    bucket: str

    @contextmanager
    def lent(self, directory: Path, template: str) -> Iterator[Settings]:
        """Let a medshare have a copy of a database, and a part of the bucket, for a while."""
        secret = directory / "s3-secret"
        secret.write_text(self.s3.secret_access_key)
        name = self.postgres.new_database(template)
        yield Settings(
            data_dir=directory,
            database_url=self.postgres.url_of(name),
            blob_url=f"s3://{self.bucket}/{name}",
            s3_endpoint=self.s3.endpoint,
            s3_access_key_id=self.s3.access_key_id,
            s3_secret_access_key_file=secret,
        )
        self.postgres.drop(name)


@pytest.fixture(scope="session")
def city_servers() -> Iterator[CityServers]:
    with require(postgres_server()) as postgres, require(s3_server()) as s3:
        name = postgres.new_database()
        _prepare(postgres.url_of(name))
        yield CityServers(postgres, s3, name, s3.new_bucket())


@pytest.fixture(scope="session")
def embedded_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with migrated databases to copy."""
    directory = tmp_path_factory.mktemp("template")
    _prepare(f"sqlite:///{directory}/index.db")
    ledger = Database(f"sqlite:///{directory}/audit.db")
    upgrade(ledger, history=LEDGER)
    ledger.dispose()
    return directory


@pytest.fixture(scope="session")
def embedded_site(embedded_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of a whole site to copy."""
    directory = tmp_path_factory.mktemp("embedded-site")
    Site(copy_stores(embedded_template, directory)).close()
    return directory


@pytest.fixture(scope="session")
def city_site(
    city_servers: CityServers, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Settings]:
    """The settings of a whole site to copy, and nobody is connected to its database."""
    directory = tmp_path_factory.mktemp("city-site")
    with city_servers.lent(directory, city_servers.template) as settings:
        Site(settings).close()
        yield settings


@pytest.fixture(scope="session")
def demo_set(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """The directory of the demo set, drawn by the worker that needs it first."""
    own = tmp_path_factory.getbasetemp()
    directory = (own if worker_id == "master" else own.parent) / "demo-set"
    directory.mkdir(exist_ok=True)
    with (directory.parent / "demo-set.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (directory / "manifest.json").exists():
            generate("demo", directory)
    return directory


def _prepare(url: str) -> None:
    """Do what ``medshare init`` does to a database."""
    database = Database(url)
    upgrade(database)
    with database.write() as session:
        uow = UnitOfWork(session, SystemClock())
        exams.seed_items(uow)
        sensitivity.seed(uow)
        catalogue.seed(uow)
    database.dispose()


@pytest.fixture(params=[EMBEDDED, CITY])
def pair(request: pytest.FixtureRequest) -> str:
    """Which pair of stores a test runs on."""
    return str(request.param)


@pytest.fixture
def settings(request: pytest.FixtureRequest, pair: str, tmp_path: Path) -> Iterator[Settings]:
    """The settings of a fresh, migrated pair of stores."""
    if pair == EMBEDDED:
        yield copy_stores(request.getfixturevalue("embedded_template"), tmp_path)
        return
    servers: CityServers = request.getfixturevalue("city_servers")
    with servers.lent(tmp_path, servers.template) as lent:
        yield lent


@pytest.fixture
def database(settings: Settings) -> Iterator[Database]:
    """A fresh, migrated database of the pair."""
    opened = Database(settings.effective_database_url)
    yield opened
    opened.dispose()


@pytest.fixture
def site(request: pytest.FixtureRequest, pair: str, tmp_path: Path) -> Iterator[Site]:
    """A whole medshare on the pair, with three facilities and their clients."""
    with ExitStack() as stack:
        if pair == EMBEDDED:
            settings = copy_stores(request.getfixturevalue("embedded_site"), tmp_path)
        else:
            filled: Settings = request.getfixturevalue("city_site")
            shutil.copytree(filled.data_dir, tmp_path, dirs_exist_ok=True)
            servers: CityServers = request.getfixturevalue("city_servers")
            template = filled.database_url.rpartition("/")[2]
            settings = stack.enter_context(servers.lent(tmp_path, template))
        built = Site(settings, StandingClock(numbers=itertools.count(FILLED_WITH)), fresh=False)
        stack.callback(built.close)
        yield built
