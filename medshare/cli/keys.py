"""``keys``: the server's own keys."""

import click

from medshare.access.keys import rotate_signing_key
from medshare.app import Application
from medshare.cli.running import operation, run, with_application
from medshare.infra.perform import Context
from medshare.kernel.audit import AuditAction, AuditObject
from medshare.settings import load_settings


@click.group()
def keys() -> None:
    """Look after the server's own keys."""


@keys.command("rotate-encryption")
@click.option("--retire", is_flag=True, help="Destroy the former key, a while after a rotation.")
def rotate_encryption(*, retire: bool) -> None:
    """Wrap the keys of the trail's words by a new key; servers pick it up by themselves.

    The former key stays beside it, for what a server wrapped with it meanwhile, until ``--retire``:
    from then on backups from before the rotation open nothing of these words.
    """

    def record(application: Application, context: Context) -> None:
        del application
        context.touched(AuditObject("key", "audit-encryption"))
        context.reason = "former key destroyed" if retire else "new key"

    run(operation("cli.rotate-encryption-key", AuditAction.UPDATE), record)

    def work(application: Application) -> int:
        vault, ledgers = application.trail.vault, application.databases
        return vault.retire(ledgers) if retire else vault.rotate(ledgers)

    click.echo(f"{with_application(work)} keys wrapped anew")


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
