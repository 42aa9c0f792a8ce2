"""``audit export``: the trail on standard output, on the server itself."""

import click

from medshare.app import Application
from medshare.audit.forms import export_lines
from medshare.audit.model import ExportFormat
from medshare.cli.audit_filter import Wanted, filtered
from medshare.cli.running import operation, run
from medshare.infra.perform import Context
from medshare.kernel.audit import AuditAction


@click.command("export")
@click.option(
    "--format",
    "form",
    type=click.Choice([str(each) for each in ExportFormat]),
    default=str(ExportFormat.SEALED),
    show_default=True,
)
@filtered
def export(form: str, wanted: Wanted) -> None:
    """Write the trail, or what fits, to standard output; the export is recorded."""

    def work(application: Application, _context: Context) -> None:
        query = wanted(application)
        trail, sequencer, log = application.trail, application.sequencer, application.sealed_log
        for line in export_lines(trail, sequencer, log, query, ExportFormat(form)):
            click.echo(line, nl=False)

    run(operation("cli.export-audit", AuditAction.EXPORT), work)
