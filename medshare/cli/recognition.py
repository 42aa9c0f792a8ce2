"""``recognition``: the rules of mutual recognition."""

import sys
from typing import TextIO

import click

from medshare.cli.running import document_in
from medshare.recognition import scenarios


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
