"""``patients``: the shared patient index."""

import json
from typing import Any, TextIO, cast

import click

from medshare.app import Application
from medshare.cli.running import document_in, operation, run
from medshare.infra.perform import Context
from medshare.kernel.audit import AuditAction
from medshare.patients import rescoring
from medshare.patients.matching.weights import Weights, read_weights, shipped
from medshare.patients.rescoring import Change


@click.group()
def patients() -> None:
    """Look after the shared patient index."""


@patients.command("rescore")
@click.option("--dry-run", is_flag=True, help="Always: only registrars move records.")
@click.option("--weights", "file", type=click.File("r", encoding="utf-8"), help="Other weights.")
def patients_rescore(file: TextIO | None, *, dry_run: bool) -> None:
    """Tell which records would lie elsewhere if they were matched anew; a JSON line each."""
    if not dry_run:
        raise click.UsageError("Only a registrar moves a record: rescore with --dry-run.")
    weights = _weights_in(file) if file else shipped()

    def work(_application: Application, context: Context) -> int:
        with context.read() as uow:
            lines = [_line(each) for each in rescoring.changes(uow, weights)]
        context.counted(changes=len(lines))
        for line in lines:
            click.echo(line)
        return len(lines)

    found = run(operation("cli.rescore-patients", AuditAction.EXECUTE), work)
    click.echo(f"{found} records would lie elsewhere by {weights.version}", err=True)


def _line(change: Change) -> str:
    return json.dumps(
        {
            "recordId": change.record_id,
            "patientId": change.patient_id,
            "outcome": change.outcome,
            "wouldJoin": change.would_join,
        }
    )


def _weights_in(file: TextIO) -> Weights:
    document = document_in(file)
    try:
        return read_weights(cast("dict[str, Any]", document))
    except (AttributeError, KeyError, TypeError, ValueError):
        message = "The file holds no weights; copy medshare/patients/matching/weights.json."
        raise click.ClickException(message) from None
