"""``patients``: the shared patient index."""

import json
from collections import Counter
from pathlib import Path
from typing import Any, TextIO, cast

import click

from medshare.app import Application
from medshare.cli.running import document_in, operation, run
from medshare.infra.clock import SystemClock
from medshare.infra.perform import Context
from medshare.kernel.audit import AuditAction
from medshare.patients import reestimating, rescoring
from medshare.patients.matching.weights import Weights, read_weights, shipped, shipped_document
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

    def work(_application: Application, context: Context) -> Counter[str]:
        counts: Counter[str] = Counter()
        last: str | None = ""
        while last is not None:
            with context.read() as uow:
                found = rescoring.chunk(uow, weights, last)
            for each in found.changes:
                click.echo(_line(each))
                counts.update(_counted(each))
            counts["records"] += found.records
            last = found.last
        context.counted(**counts)
        return counts

    counts = run(operation("cli.rescore-patients", AuditAction.EXECUTE), work)
    click.echo(
        f"{counts['moves']} of {counts['records']} records would lie elsewhere by"
        f" {weights.version}; {counts['opens']} reviews would be opened,"
        f" {counts['closes']} not be asked for",
        err=True,
    )


def _counted(change: Change) -> dict[str, int]:
    return {
        "moves": int(change.moves),
        "opens": len(change.opens),
        "closes": len(change.closes),
    }


def _line(change: Change) -> str:
    return json.dumps(
        {
            "recordId": change.record_id,
            "patientId": change.patient_id,
            "outcome": change.outcome,
            "moves": change.moves,
            "wouldJoin": change.would_join,
            "opens": change.opens,
            "closes": change.closes,
        }
    )


@patients.command("reestimate")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True)
@click.option("--version", help="Of the new weights; else the shipped one with today's date.")
@click.option("--records", default=20_000, show_default=True, help="How many to learn from.")
@click.option("--seed", default=1, show_default=True, help="Of the draw.")
def patients_reestimate(out: Path, version: str | None, records: int, seed: int) -> None:
    """Learn weights from the records anew, offline, and write them to a file; nothing else changes.

    What differs is told on standard output, a JSON line each. Try the file by "patients rescore
    --dry-run --weights FILE" before it is shipped.
    """
    before = shipped_document()
    named = version or f"{before['version']}-{SystemClock().now():%Y%m%d}"

    def work(_application: Application, context: Context) -> tuple[dict[str, Any], int, int]:
        with context.read() as uow:
            ids = reestimating.drawn_ids(uow, records, seed)
            after, pairs = reestimating.reestimate(uow, before, ids, named)
        context.counted(records=len(ids), pairs=pairs)
        return after, len(ids), pairs

    after, drawn, pairs = run(operation("cli.reestimate-weights", AuditAction.EXECUTE), work)
    out.write_text(json.dumps(after, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    for each in reestimating.differences(before, after):
        click.echo(json.dumps(each))
    click.echo(f"{named}: learnt from {drawn} records in {pairs} pairs", err=True)


def _weights_in(file: TextIO) -> Weights:
    document = document_in(file)
    try:
        return read_weights(cast("dict[str, Any]", document))
    except (AttributeError, KeyError, TypeError, ValueError):
        message = "The file holds no weights; copy medshare/patients/matching/weights.json."
        raise click.ClickException(message) from None
