"""``init``, ``serve``, ``db`` and ``config``: the server itself."""

import os
import re
import socket
from dataclasses import fields

import click
from granian import Granian
from granian.constants import Interfaces

from medshare.app import build
from medshare.care.sensitivity import service as sensitivity
from medshare.exams import service as exams
from medshare.infra.db import Database
from medshare.infra.uow import UnitOfWork
from medshare.migrations import LEDGER, upgrade
from medshare.recognition.catalogue import service as catalogue
from medshare.settings import Settings, load_settings


@click.command()
def init() -> None:
    """Prepare the databases, the blob store and the server's keys; harmless again."""
    prepare(load_settings())
    click.echo("prepared")


def prepare(settings: Settings) -> None:
    """Bring the stores of a configuration into being, or up to date."""
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    database = Database(settings.effective_database_url)
    upgrade(database)
    database.dispose()
    application = build(settings)
    for ledger in application.ledgers:
        upgrade(ledger, history=LEDGER)
    with application.house.database.write() as session:
        uow = UnitOfWork(session, application.house.clock)
        exams.seed_items(uow)
        sensitivity.seed(uow)
        catalogue.seed(uow)
    application.trail.vault.ready()
    application.stop_quietly()


@click.command()
def serve() -> None:
    """Serve until told to stop."""
    settings = load_settings()
    _require_free(settings.host, settings.port)
    os.environ["MEDSHARE_DATA_DIR"] = str(settings.data_dir.resolve())
    server = Granian(
        "medshare.app:serve",
        address=settings.host,
        port=settings.port,
        interface=Interfaces.WSGI,
        workers=settings.workers,
        blocking_threads=settings.threads,
        factory=True,
        log_access=False,
        websockets=False,
    )
    server.serve()


def _require_free(host: str, port: int) -> None:
    """Refuse to share a port: the server's workers would, with whoever listens already."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            raise click.ClickException(f"Port {port} is taken; set MEDSHARE_PORT.") from None


@click.group()
def db() -> None:
    """Look after the database."""


@db.command("upgrade")
def db_upgrade() -> None:
    """Bring the database to this release's tables."""
    prepare(load_settings())
    click.echo("up to date")


@click.group()
def config() -> None:
    """Look at the configuration."""


@config.command("check")
def config_check() -> None:
    """Print the effective settings; secrets are files and stay there."""
    settings = load_settings()
    for each in fields(Settings):
        click.echo(f"MEDSHARE_{each.name.upper()}={_masked(str(getattr(settings, each.name)))}")


def _masked(text: str) -> str:
    """Hide the password of an address, before the host or among the parameters."""
    masked = re.sub(r"(://[^:/@]*):.*@", r"\1:***@", text)
    return re.sub(r"(?i)([?&][^=&]*(?:password|secret)[^=&]*)=[^&]*", r"\1=***", masked)
