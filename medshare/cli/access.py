"""``client`` and ``account``: who may ask, systems and people."""

from datetime import timedelta
from typing import TextIO

import click

from medshare.access import accounts
from medshare.access import service as access
from medshare.access.model import Client
from medshare.access.schemas import account_of, read_client
from medshare.app import Application
from medshare.cli.running import document_in, operation, run
from medshare.infra.clock import SystemClock
from medshare.infra.perform import Context
from medshare.kernel.audit import AuditAction, AuditObject


@click.group()
def client() -> None:
    """Look after the hospital systems that may ask for tokens."""


@client.command("add")
@click.argument("client_id")
@click.option("--facility", "facility_code", required=True, help="The facility it belongs to.")
@click.option("--name", default="", help="What people call it.")
@click.option("--scope", "scopes", multiple=True, default=("system/*.cruds",), show_default=True)
@click.option("--jwks", type=click.File("r", encoding="utf-8"), help="Its public keys.")
@click.option("--jwks-uri", help="The address where it keeps its public keys.")
@click.option("--embed-origin", help="The origin of its pages that may frame ours.")
def client_add(  # noqa: PLR0913, PLR0917  # one parameter an option
    client_id: str,
    facility_code: str,
    name: str,
    scopes: tuple[str, ...],
    jwks: TextIO | None,
    jwks_uri: str | None,
    embed_origin: str | None,
) -> None:
    """Register a client and print its secret, this once (none when it brings keys)."""
    document = {
        "id": client_id,
        "name": name or client_id,
        "facility": facility_code,
        "scopes": list(scopes),
    }
    keys = {"jwks": document_in(jwks)} if jwks else {}
    optional = {"jwksUri": jwks_uri, "embedOrigin": embed_origin}
    stated = {name: value for name, value in optional.items() if value}
    added = read_client(document | keys | stated)

    def work(application: Application, context: Context) -> str | None:
        context.touched(AuditObject("client", client_id))
        with context.write() as uow:
            return access.add_client(uow, application.keys, added)

    click.echo(run(operation("cli.add-client", AuditAction.CREATE), work) or "")


@client.command("list")
def client_list() -> None:
    """List the clients: id, facility, how they prove themselves, and whether they are disabled."""

    def work(_application: Application, context: Context) -> list[Client]:
        with context.read() as uow:
            return list(access.all_clients(uow))

    for each in run(operation("cli.list-clients", AuditAction.SEARCH), work):
        state = " disabled" if each.disabled else ""
        click.echo(f"{each.id} {each.facility} {'keys' if each.has_keys else 'secret'}{state}")


@client.command("secret")
@click.argument("client_id")
@click.option("--overlap-hours", type=click.IntRange(0, 72), default=0, show_default=True)
def client_secret(client_id: str, overlap_hours: int) -> None:
    """Give a client a new secret and print it, this once."""
    overlap = timedelta(hours=overlap_hours)

    def work(application: Application, context: Context) -> str:
        context.touched(AuditObject("client", client_id))
        with context.write() as uow:
            return access.rotate_secret(uow, application.keys, client_id, overlap=overlap)[1]

    click.echo(run(operation("cli.rotate-client-secret", AuditAction.UPDATE), work))


@client.command("disable")
@click.argument("client_id")
def client_disable(client_id: str) -> None:
    """Let a client ask for no more tokens; those that it has fail within half a minute."""

    def work(_application: Application, context: Context) -> None:
        context.touched(AuditObject("client", client_id))
        with context.write() as uow:
            access.disable_client(uow, client_id)

    run(operation("cli.disable-client", AuditAction.DELETE), work)


@click.group()
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
            accounts.add_account(uow, added, password)

    run(operation("cli.add-account", AuditAction.CREATE), work)
    click.echo(added.id)
