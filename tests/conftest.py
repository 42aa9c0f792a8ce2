"""Fixtures of every test: both pairs of stores, and a site on each."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import structlog

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
from tests.site import Site

# As the server logs, so that a test which fails shows no frames full of locals, and none is slow.
structlog.configure(processors=[tell_exception, structlog.processors.JSONRenderer()])

EMBEDDED = "sqlite+files"
CITY = "postgresql+s3"


@dataclass(frozen=True)
class CityServers:
    """The two real servers of the larger pair, and a migrated database to copy."""

    postgres: PostgresServer
    s3: S3Server
    template: str


@pytest.fixture(scope="session")
def city_servers() -> Iterator[CityServers]:
    with require(postgres_server()) as postgres, require(s3_server()) as s3:
        url = postgres.new_database()
        _prepare(url)
        yield CityServers(postgres, s3, url.rpartition("/")[2])


@pytest.fixture(scope="session")
def embedded_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with migrated databases to copy."""
    directory = tmp_path_factory.mktemp("template")
    _prepare(f"sqlite:///{directory}/index.db")
    ledger = Database(f"sqlite:///{directory}/audit.db")
    upgrade(ledger, history=LEDGER)
    ledger.dispose()
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
def settings(request: pytest.FixtureRequest, pair: str, tmp_path: Path) -> Settings:
    """The settings of a fresh, migrated pair of stores."""
    if pair == EMBEDDED:
        for name in ("index.db", "audit.db"):
            shutil.copy(request.getfixturevalue("embedded_template") / name, tmp_path / name)
        return Settings(data_dir=tmp_path, low_water_bytes=0)
    servers: CityServers = request.getfixturevalue("city_servers")
    secret = tmp_path / "s3-secret"
    secret.write_text(servers.s3.secret_access_key)
    return Settings(
        data_dir=tmp_path,
        database_url=servers.postgres.new_database(servers.template),
        blob_url=f"s3://{servers.s3.new_bucket()}/blobs",
        s3_endpoint=servers.s3.endpoint,
        s3_access_key_id=servers.s3.access_key_id,
        s3_secret_access_key_file=secret,
    )


@pytest.fixture
def database(settings: Settings) -> Iterator[Database]:
    """A fresh, migrated database of the pair."""
    opened = Database(settings.effective_database_url)
    yield opened
    opened.dispose()


@pytest.fixture
def site(settings: Settings) -> Iterator[Site]:
    """A whole medshare on the pair, with three facilities and their clients."""
    built = Site(settings)
    yield built
    built.close()
