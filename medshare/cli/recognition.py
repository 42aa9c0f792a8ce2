"""``recognition``: the rules of mutual recognition."""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

import click

from medshare.app import Application
from medshare.cli.running import document_in, operation, run
from medshare.infra.perform import Context
from medshare.jobs.model import Document
from medshare.kernel.audit import AuditAction, AuditObject
from medshare.recognition import scenarios
from medshare.recognition.catalogue import service as items
from medshare.recognition.catalogue.model import Change
from medshare.recognition.certificates import service as registers
from medshare.recognition.certificates.schemas import read_certificates, read_scopes
from medshare.recognition.policies import service as policies
from medshare.recognition.policies.model import Version
from medshare.recognition.simulation import service as simulation
from medshare.recognition.simulation.model import Question


@click.group()
def recognition() -> None:
    """Try the rules of mutual recognition, and keep its registers."""


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


@recognition.group()
def catalogue() -> None:
    """Keep the catalogue of items."""


@catalogue.command("import")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Only say what would change.")
def catalogue_import(folder: Path, *, dry_run: bool) -> None:
    """Bring the CSV files of a FOLDER: facets, covers, panels and codes, each optional."""
    texts = {each.name: each.read_text(encoding="utf-8") for each in sorted(folder.glob("*.csv"))}

    def work(_application: Application, context: Context) -> list[Change]:
        with context.write() as uow:
            return items.bring(uow, texts, dry_run=dry_run)

    changes = run(operation("cli.import-catalogue", AuditAction.UPDATE), work)
    for each in changes:
        click.echo(f"{each.kind} {each.part} {each.key}")
    click.echo(f"{len(changes)} changes{', none made' if dry_run else ''}")


@recognition.group()
def scopes() -> None:
    """Keep the territories and alliances within which marks count."""


@scopes.command("import")
@click.argument("file", type=click.File("r", encoding="utf-8"), default="-")
def scopes_import(file: TextIO) -> None:
    """Register the scopes of a JSON FILE: a list, each as the API takes it."""
    brought = read_scopes(document_in(file))

    def work(_application: Application, context: Context) -> None:
        with context.write() as uow:
            registers.put_scopes(uow, brought)

    run(operation("cli.import-scopes", AuditAction.UPDATE), work)
    click.echo(f"{len(brought)} scopes")


@recognition.group()
def certificates() -> None:
    """Keep the quality certificates."""


@certificates.command("import")
@click.argument("file", type=click.File("r", encoding="utf-8"), default="-")
def certificates_import(file: TextIO) -> None:
    """Register the certificates of a JSON FILE: a list, each as the API takes it; all or none."""
    brought = read_certificates(document_in(file))

    def work(_application: Application, context: Context) -> int:
        with context.write() as uow:
            return sum(registers.register(uow, each) for each in brought)

    fresh = run(operation("cli.import-certificates", AuditAction.CREATE), work)
    click.echo(f"{fresh} new of {len(brought)} certificates")


@recognition.group()
def policy() -> None:
    """Draft and enact policies: one person drafts, another one enacts."""


@policy.command("draft")
@click.argument("file", type=click.File("r", encoding="utf-8"), default="-")
@click.option("--by", required=True, help="Who drafts it.")
def policy_draft(file: TextIO, by: str) -> None:
    """Write down the policy of a JSON FILE (``-`` for standard input); it binds nobody yet."""
    document = document_in(file)

    def work(_application: Application, context: Context) -> Version:
        with context.write() as uow:
            version, _ = policies.draft(uow, document, by)
            context.touched(AuditObject("policy", version.id))
            return version

    _tell(run(operation("cli.draft-policy", AuditAction.CREATE), work))


@policy.command("enact")
@click.argument("content_hash", metavar="HASH")
@click.option("--by", required=True, help="Who enacts it: another person than who drafted it.")
def policy_enact(content_hash: str, by: str) -> None:
    """Put the draft with this HASH into force from its effective date on."""

    def work(_application: Application, context: Context) -> Version:
        with context.write() as uow:
            drafted = policies.get_by_hash(uow, content_hash)
            context.touched(AuditObject("policy", drafted.id))
            return policies.enact(uow, drafted.id, by)

    _tell(run(operation("cli.enact-policy", AuditAction.UPDATE), work))


@policy.command("list")
def policy_list() -> None:
    """List the policies, the newest last."""

    def work(_application: Application, context: Context) -> list[Version]:
        with context.read() as uow:
            return policies.all_versions(uow)

    for each in run(operation("cli.list-policies", AuditAction.SEARCH), work):
        _tell(each)


@recognition.command("simulate")
@click.argument("content_hash", metavar="HASH")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), required=True, help="First day, UTC.")
@click.option(
    "--until", type=click.DateTime(["%Y-%m-%d"]), required=True, help="Day after the last."
)
@click.option("--facility", default="", help="Orders of this facility only.")
@click.option("--item", default="", help="Orders of this item only.")
def recognition_simulate(
    content_hash: str, since: datetime, until: datetime, facility: str, item: str
) -> None:
    """Try the policy with this HASH on the recorded orders of a period; nothing is changed."""
    question = Question(
        content_hash, since.replace(tzinfo=UTC), until.replace(tzinfo=UTC), facility, item
    )

    def work(_application: Application, context: Context) -> Document:
        context.touched(AuditObject("policy", content_hash))
        with context.read() as uow:
            for step in simulation.run(uow, question):
                click.echo(f"{step.done} of {step.total} orders", err=True)
        return step.document

    result = run(operation("cli.simulate-policy", AuditAction.EXECUTE), work)
    click.echo(json.dumps(result, indent=2, ensure_ascii=False))


def _tell(version: Version) -> None:
    since = version.effective_from.isoformat()
    click.echo(f"{version.content_hash} {version.status} effective {since}")
