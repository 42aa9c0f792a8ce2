"""The commands: ``medshare init``, ``serve``, ``facility``, ``client``, ``recognition``, others."""

import json
import os
import re
import socket
import sys
from collections.abc import Callable, Iterator
from dataclasses import fields
from typing import TextIO, TypeVar

import click
from granian import Granian
from granian.constants import Interfaces

from medshare import __version__
from medshare.access import service as access
from medshare.access.schemas import account_of, read_client
from medshare.app import Application, build
from medshare.exams import service as exams
from medshare.facilities import service as facilities
from medshare.facilities.schemas import dump_facility, read_facility
from medshare.infra.clock import SystemClock
from medshare.infra.db import Database
from medshare.infra.logging import configure_logging
from medshare.infra.perform import Context, perform
from medshare.infra.uow import UnitOfWork
from medshare.kernel.audit import AuditAction, AuditObject
from medshare.kernel.errors import MedshareError
from medshare.kernel.operation import Operation, Origin, Recorded
from medshare.kernel.permission import Public
from medshare.kernel.principal import Principal, system_principal
from medshare.migrations import upgrade
from medshare.recognition import scenarios
from medshare.settings import Settings, load_settings
from medshare.web.body import BrokenJsonError

Result = TypeVar("Result")
ON_THE_SERVER = Public("Whoever runs commands on the server has its files.")


def operation(name: str, action: AuditAction, *, about_patients: bool = False) -> Operation:
    """Declare what a command does, as the trail will say it."""
    return Operation(name, ON_THE_SERVER, Recorded(action, about_patients=about_patients))


def run(declared: Operation, work: Callable[[Application, Context], Result]) -> Result:
    """Perform a command's operation on the configured stores."""
    application = build(load_settings())

    def identify() -> Principal:
        return system_principal(f"cli:{os.environ.get('USER', 'unknown')}")

    def with_application(context: Context) -> Result:
        return work(application, context)

    try:
        origin = Origin(SystemClock().new_key())
        return perform(application.house, declared, origin, identify, with_application)
    finally:
        application.stop_quietly()


class PlainGroup(click.Group):
    """Commands that say plainly what medshare refused; a stack of calls helps nobody."""

    def invoke(self, ctx: click.Context) -> object:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except MedshareError as error:
            raise click.ClickException("\n".join(_words(error))) from None


def _words(error: MedshareError) -> Iterator[str]:
    yield error.detail
    for name, value in error.params.items():
        yield f"  {name}: {value}"
    for issue in error.issues:
        yield f"  {issue.pointer}: {issue.en}"


@click.group(cls=PlainGroup)
@click.version_option(__version__, prog_name="medshare")
def main() -> None:
    """Run medshare: the hospitals of a city recognise each other's results."""
    configure_logging(load_settings().log_level)


@main.command()
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
    application.trail.prepare()
    with application.house.database.write() as session:
        exams.seed_items(UnitOfWork(session, application.house.clock))
    application.stop_quietly()


@main.command()
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


@main.group()
def db() -> None:
    """Look after the database."""


@db.command("upgrade")
def db_upgrade() -> None:
    """Bring the database to this release's tables."""
    prepare(load_settings())
    click.echo("up to date")


@main.group()
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


@main.group()
def facility() -> None:
    """Look after facilities."""


@facility.command("add")
@click.argument("file", type=click.File("r", encoding="utf-8"), default="-")
def facility_add(file: TextIO) -> None:
    """Add the facility described by a JSON FILE (``-`` for standard input)."""
    added = read_facility(_document(file))

    def work(_application: Application, context: Context) -> None:
        context.touched(AuditObject("facility", added.code))
        with context.write() as uow:
            facilities.add(uow, added)

    run(operation("cli.add-facility", AuditAction.CREATE), work)
    click.echo(json.dumps(dump_facility(added), ensure_ascii=False))


def _document(file: TextIO) -> object:
    try:
        return json.load(file)
    except ValueError:
        raise BrokenJsonError from None


@main.group()
def client() -> None:
    """Look after the hospital systems that may ask for tokens."""


@client.command("add")
@click.argument("client_id")
@click.option("--facility", "facility_code", required=True, help="The facility it belongs to.")
@click.option("--name", default="", help="What people call it.")
@click.option("--scope", "scopes", multiple=True, default=("system/*.cruds",), show_default=True)
@click.option("--jwks", type=click.File("r", encoding="utf-8"), help="Its public keys.")
def client_add(
    client_id: str, facility_code: str, name: str, scopes: tuple[str, ...], jwks: TextIO | None
) -> None:
    """Register a client and print its secret, this once (none when it brings keys)."""
    document = {
        "id": client_id,
        "name": name or client_id,
        "facility": facility_code,
        "scopes": list(scopes),
    }
    added = read_client(document | ({"jwks": _document(jwks)} if jwks else {}))

    def work(application: Application, context: Context) -> str | None:
        context.touched(AuditObject("client", client_id))
        with context.write() as uow:
            return access.add_client(uow, application.keys, added)

    click.echo(run(operation("cli.add-client", AuditAction.CREATE), work) or "")


@main.group()
def account() -> None:
    """Look after the people who log in."""


@account.command("add")
@click.argument("username")
@click.option("--name", required=True, help="The name that others see.")
@click.option("--role", "roles", multiple=True, required=True)
@click.option("--facility", "facility_code", default=None)
@click.option("--department", default="")
@click.option("--password-file", type=click.File("r"), default="-", help="Read from here.")
def account_add(  # one parameter an option
    username: str,
    name: str,
    roles: tuple[str, ...],
    facility_code: str | None,
    department: str,
    password_file: TextIO,
) -> None:
    """Open an account; the password is read from a file or from standard input."""
    added, password = account_of(
        {
            "username": username,
            "displayName": name,
            "roles": list(roles),
            "facility": facility_code,
            "department": department,
            "password": password_file.read().strip(),
        },
        SystemClock().new_key(),
    )

    def work(_application: Application, context: Context) -> None:
        context.touched(AuditObject("account", added.id))
        with context.write() as uow:
            access.add_account(uow, added, password)

    run(operation("cli.add-account", AuditAction.CREATE), work)
    click.echo(added.id)


@main.group()
def recognition() -> None:
    """Try the rules of mutual recognition."""


@recognition.command("check")
@click.argument("file", type=click.File("r", encoding="utf-8"), default="-")
def recognition_check(file: TextIO) -> None:
    """Run the scenarios of a JSON FILE (``-`` for standard input); no stores are touched."""
    trials = scenarios.check(_document(file))
    failed = [trial for trial in trials if trial.differences]
    for trial in failed:
        click.echo(f"{trial.id} {trial.title}")
        for difference in trial.differences:
            click.echo(f"  {difference}")
    click.echo(f"{len(trials)} scenarios, {len(failed)} not as expected")
    if failed:
        sys.exit(1)


if __name__ == "__main__":
    sys.exit(main())
