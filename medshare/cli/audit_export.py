"""``audit export``: the trail on standard output, on the server itself."""

from datetime import datetime

import click

from medshare.app import Application
from medshare.audit.forms import export_lines
from medshare.audit.model import EventQuery, ExportFormat
from medshare.cli.audit_ask import Instant
from medshare.cli.running import operation, run
from medshare.infra.perform import Context
from medshare.kernel.audit import AuditAction
from medshare.kernel.identifiers import FacilityCode, PatientId
from medshare.patients.aliases import LinkAliases


@click.command("export")
@click.option(
    "--format",
    "form",
    type=click.Choice([str(each) for each in ExportFormat]),
    default=str(ExportFormat.SEALED),
    show_default=True,
)
@click.option("--patient", help="About this patient, under every merged id.")
@click.option("--who", help="By this client, account or acting user.")
@click.option("--facility", help="By this facility.")
@click.option("--since", type=Instant(), help="From this instant on.")
@click.option("--until", type=Instant(), help="Before this instant.")
def export(
    form: str,
    patient: str | None,
    who: str | None,
    facility: str | None,
    since: datetime | None,
    until: datetime | None,
) -> None:
    """Write the trail, or what fits, to standard output; the export is recorded."""

    def work(application: Application, _context: Context) -> None:
        aliases = LinkAliases(application.house.database)
        query = EventQuery(
            patients=aliases.aliases(PatientId(patient)) if patient else frozenset(),
            who=who,
            facility=FacilityCode(facility) if facility else None,
            since=since,
            until=until,
        )
        trail, sequencer, log = application.trail, application.sequencer, application.sealed_log
        for line in export_lines(trail, sequencer, log, query, ExportFormat(form)):
            click.echo(line, nl=False)

    run(operation("cli.export-audit", AuditAction.EXPORT), work)
