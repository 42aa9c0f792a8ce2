"""``facility``: the hospitals that take part."""

import json
from typing import TextIO

import click

from medshare.app import Application
from medshare.cli.running import document_in, operation, run
from medshare.facilities import service as facilities
from medshare.facilities.schemas import dump_facility, read_facility
from medshare.infra.perform import Context
from medshare.kernel.audit import AuditAction, AuditObject


@click.group()
def facility() -> None:
    """Look after facilities."""


@facility.command("add")
@click.argument("file", type=click.File("r", encoding="utf-8"), default="-")
def facility_add(file: TextIO) -> None:
    """Add the facility described by a JSON FILE (``-`` for standard input)."""
    added = read_facility(document_in(file))

    def work(_application: Application, context: Context) -> None:
        context.touched(AuditObject("facility", added.code))
        with context.write() as uow:
            facilities.add(uow, added)

    run(operation("cli.add-facility", AuditAction.CREATE), work)
    click.echo(json.dumps(dump_facility(added), ensure_ascii=False))
