"""``keys``: the server's own keys."""

import click

from medshare.access.keys import rotate_signing_key
from medshare.app import Application
from medshare.cli.running import operation, run
from medshare.infra.perform import Context
from medshare.kernel.audit import AuditAction, AuditObject
from medshare.settings import load_settings


@click.group()
def keys() -> None:
    """Look after the server's own keys."""


@keys.command("rotate-signing")
@click.option("--at-once", is_flag=True, help="Tokens of the former key end with the restart.")
def rotate_signing(*, at_once: bool) -> None:
    """Sign access tokens by a new key; restart the servers afterwards."""

    def work(application: Application, context: Context) -> None:
        del application
        context.touched(AuditObject("key", "token-signing"))

    # On record first: files know no transactions, and an unrecorded change must not be.
    run(operation("cli.rotate-signing-key", AuditAction.UPDATE), work)
    rotate_signing_key(load_settings().data_dir / "secrets", at_once=at_once)
    click.echo("rotated; restart the servers")
