"""The commands: ``medshare init``, ``serve``, ``facility``, ``client``, ``account``, ``config``."""

import json
import os
import sys
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import TextIO, TypeVar

import click
from granian import Granian
from granian.constants import Interfaces

from medshare import __version__
from medshare.access import service as access
from medshare.access.model import Client
from medshare.access.schemas import account_of
from medshare.app import Application, build
from medshare.facilities import service as facilities
from medshare.facilities.schemas import dump_facility, read_facility
from medshare.infra.clock import SystemClock
from medshare.infra.db import Database
from medshare.infra.perform import Context, perform
from medshare.kernel.audit import AuditAction, AuditObject
from medshare.kernel.errors import MedshareError
from medshare.kernel.identifiers import FacilityCode
from medshare.kernel.operation import Operation, Origin, Recorded
from medshare.kernel.permission import Public
from medshare.kernel.principal import Principal, system_principal
from medshare.migrations import upgrade
from medshare.settings import Settings, load_settings

Result = TypeVar("Result")
ON_THE_SERVER = Public("Whoever runs commands on the server has its files.")


def operation(name: str, action: AuditAction, *, about_patients: bool = False) -> Operation:
    """Declare what a command does, as the trail will say it."""
    return Operation(name, ON_THE_SERVER, Recorded(action, about_patients=about_patients))


def run(declared: Operation, work: Callable[[Application, Context], Result]) -> Result:
    """Perform a command's operation on the configured stores and say plainly what fails."""
    application = build(load_settings())

    def identify() -> Principal:
        return system_principal(f"cli:{os.environ.get('USER', 'unknown')}")

    def with_application(context: Context) -> Result:
        return work(application, context)

    try:
        origin = Origin(SystemClock().new_key())
        return perform(application.house, declared, origin, identify, with_application)
    except MedshareError as error:
        lines = [error.detail, *(f"  {each.pointer}: {each.en}" for each in error.issues)]
        raise click.ClickException("\n".join(lines)) from None
    finally:
        application.stop_quietly()


@click.group()
@click.version_option(__version__, prog_name="medshare")
def main() -> None:
    """Run medshare: the hospitals of a city recognise each other's results."""


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
    application.stop_quietly()


@main.command()
def serve() -> None:
    """Serve until told to stop."""
    settings = load_settings()
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
    """Hide the password of a database's address."""
    head, at, tail = text.rpartition("@")
    if not at or "://" not in head:
        return text
    scheme, _, user = head.partition("://")
    return f"{scheme}://{user.partition(':')[0]}:***@{tail}"


@main.group()
def facility() -> None:
    """Look after facilities."""


@facility.command("add")
@click.argument("file", type=click.File("r", encoding="utf-8"), default="-")
def facility_add(file: TextIO) -> None:
    """Add the facility described by a JSON FILE (``-`` for standard input)."""
    added = read_facility(json.load(file))

    def work(_application: Application, context: Context) -> None:
        context.touched(AuditObject("facility", added.code))
        with context.write() as uow:
            facilities.add(uow, added)

    run(operation("cli.add-facility", AuditAction.CREATE), work)
    click.echo(json.dumps(dump_facility(added), ensure_ascii=False))


@main.group()
def client() -> None:
    """Look after the hospital systems that may ask for tokens."""


@client.command("add")
@click.argument("client_id")
@click.option("--facility", "facility_code", required=True, help="The facility it belongs to.")
@click.option("--name", default="", help="What people call it.")
@click.option("--scope", "scopes", multiple=True, default=("system/*.cruds",), show_default=True)
@click.option("--jwks", type=click.Path(path_type=Path, exists=True), help="Its public keys.")
def client_add(
    client_id: str, facility_code: str, name: str, scopes: tuple[str, ...], jwks: Path | None
) -> None:
    """Register a client and print its secret, this once (none when it brings keys)."""
    added = Client(
        id=client_id,
        name=name or client_id,
        facility=FacilityCode(facility_code),
        scopes=scopes,
        jwks=jwks.read_text(encoding="utf-8") if jwks else None,
    )

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


if __name__ == "__main__":
    sys.exit(main())
