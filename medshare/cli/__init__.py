"""The ``medshare`` command, a module for each group of commands."""

import click

from medshare import __version__
from medshare.cli import (
    access,
    audit,
    audit_ask,
    audit_erase,
    audit_export,
    audit_hold,
    audit_reseal,
    audit_retain,
    facilities,
    keys,
    patients,
    patients_load,
    recognition,
    server,
)
from medshare.cli.running import PlainGroup
from medshare.cli.server import prepare
from medshare.infra.logging import configure_logging
from medshare.settings import load_settings

__all__ = ["main", "prepare"]


@click.group(cls=PlainGroup)
@click.version_option(__version__, prog_name="medshare")
def main() -> None:
    """Run medshare: the hospitals of a city recognise each other's results."""
    configure_logging(load_settings().log_level)


audit.audit.add_command(audit_ask.ask)
audit.audit.add_command(audit_export.export)
audit.audit.add_command(audit_erase.audit_erase)
audit.audit.add_command(audit_hold.audit_hold)
audit.audit.add_command(audit_reseal.audit_reseal)
audit.audit.add_command(audit_retain.audit_retain)
patients.patients.add_command(patients_load.load_records)
for command in (
    server.init,
    server.serve,
    server.db,
    server.config,
    facilities.facility,
    access.client,
    access.account,
    keys.keys,
    patients.patients,
    recognition.recognition,
    audit.audit,
):
    main.add_command(command)
