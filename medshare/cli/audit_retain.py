"""``audit retain``: what is older than the trail is kept goes now."""

import os

import click

from medshare.app import Application
from medshare.cli.running import with_application
from medshare.kernel.principal import system_principal


@click.command("retain")
@click.option("--dry-run", is_flag=True, help="Tell what would go; drop nothing.")
def audit_retain(*, dry_run: bool) -> None:
    """Drop the bundles of entries older than MEDSHARE_AUDIT_RETENTION_DAYS, as servers do hourly.

    What is dropped is told in the trail first. Tiles and checkpoints stay.
    """

    def work(application: Application) -> int:
        if dry_run:
            return application.retention.droppable().entries
        principal = system_principal(f"cli:{os.environ.get('USER', 'unknown')}")
        return application.retention.apply(principal)

    count = with_application(work)
    click.echo(f"{count} entries {'would be dropped' if dry_run else 'dropped'}")
