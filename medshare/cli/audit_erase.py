"""``audit erase``: what was asked about a person is forgotten for good."""

import click

from medshare.app import Application
from medshare.audit.erasure import erase_month, erase_patients
from medshare.audit.vault.model import holder_of_month, holder_of_patient
from medshare.cli.running import operation, run, with_application
from medshare.infra.perform import Context
from medshare.kernel.audit import AuditAction, AuditObject, Subject
from medshare.kernel.identifiers import PatientId
from medshare.patients.aliases import LinkAliases

ERASED = "{count} keys destroyed"


@click.command("erase")
@click.option("--patient", help="The person, under every merged id.")
@click.option(
    "--month",
    type=click.DateTime(["%Y-%m"]),
    help="What was asked in a month (UTC) about several persons or none.",
)
@click.confirmation_option(prompt="Nothing brings the words back. Erase them?")
def audit_erase(patient: str | None, month: object) -> None:
    """Forget what entries of the trail say in words; who saw whose data when stays, and provable.

    Backups hold wrapped keys: see docs/operations.md for how to reach into them.
    """
    if (patient is None) == (month is None):
        raise click.UsageError("Name a patient or a month, one of the two.")
    if patient is not None:
        _erase_patient(PatientId(patient))
    else:
        _erase_month(f"{month:%Y-%m}")


def _erase_patient(patient: PatientId) -> None:
    def record(application: Application, context: Context) -> list[PatientId]:
        ids = sorted(LinkAliases(application.house.database).ids_now(patient))
        context.concerns(*map(Subject, ids))
        application.holds.refuse_erasure([holder_of_patient(each) for each in ids])
        return ids

    # On record first: what is gone cannot be put back should the entry fail.
    ids = run(operation("cli.erase-audit", AuditAction.DELETE, about_patients=True), record)
    count = with_application(
        lambda application: erase_patients(
            application.trail.vault, application.databases, application.holds, ids
        )
    )
    click.echo(ERASED.format(count=count))


def _erase_month(month: str) -> None:
    def record(application: Application, context: Context) -> None:
        context.touched(AuditObject("month", month))
        application.holds.refuse_erasure([holder_of_month(month)])

    run(operation("cli.erase-audit", AuditAction.DELETE), record)
    count = with_application(
        lambda application: erase_month(
            application.trail.vault, application.databases, application.holds, month
        )
    )
    click.echo(ERASED.format(count=count))
