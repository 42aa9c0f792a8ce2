"""``recognition``: the rules of mutual recognition."""

import sys
from typing import TextIO

import click

from medshare.app import Application
from medshare.cli.running import document_in, operation, run
from medshare.infra.perform import Context
from medshare.kernel.audit import AuditAction, AuditObject
from medshare.recognition import scenarios
from medshare.recognition.programmes import service as programmes
from medshare.recognition.programmes.model import Enacted


@click.group()
def recognition() -> None:
    """Try the rules of mutual recognition."""


@recognition.command("check")
@click.argument("file", type=click.File("r", encoding="utf-8"), default="-")
def recognition_check(file: TextIO) -> None:
    """Run the scenarios of a JSON FILE (``-`` for standard input); no stores are touched."""
    trials = scenarios.check(document_in(file))
    failed = [trial for trial in trials if trial.differences]
    for trial in failed:
        click.echo(f"{trial.id} {trial.title}")
        for difference in trial.differences:
            click.echo(f"  {difference}")
    click.echo(f"{len(trials)} scenarios, {len(failed)} not as expected")
    if failed:
        sys.exit(1)


@recognition.command("enact")
@click.argument("file", type=click.File("r", encoding="utf-8"), default="-")
def recognition_enact(file: TextIO) -> None:
    """Let the programme of a JSON FILE (``-`` for standard input) come into force on its date."""
    document = document_in(file)

    def work(_application: Application, context: Context) -> Enacted:
        with context.write() as uow:
            enacted = programmes.enact(uow, document)
            context.touched(AuditObject("policy", enacted.programme.policy.id))
        return enacted

    enacted = run(operation("cli.enact-programme", AuditAction.CREATE), work)
    click.echo(f"{enacted.programme.policy.id} {enacted.content_hash}")
