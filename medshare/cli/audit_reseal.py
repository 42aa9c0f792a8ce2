"""``audit reseal``: what older builds wrote in clear comes under keys that can be destroyed."""

import click

from medshare.app import Application
from medshare.audit.resealing import reseal
from medshare.cli.running import operation, run, with_application
from medshare.infra.perform import Context
from medshare.kernel.audit import AuditAction


@click.command("reseal")
def audit_reseal() -> None:
    """Encrypt what entries of builds before the vault say in words; harmless again.

    Every proof stays valid. Backups from before hold the words in clear: see docs/operations.md.
    """

    def record(application: Application, _context: Context) -> None:
        application.sequencer.seal_all()

    run(operation("cli.reseal-audit", AuditAction.UPDATE), record)
    count = with_application(
        lambda application: reseal(application.trail.vault, application.databases)
    )
    click.echo(f"{count} entries resealed")
