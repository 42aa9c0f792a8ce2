"""``audit hold``: what of the trail is neither erased nor dropped."""

from datetime import datetime

import click
import orjson

from medshare.app import Application
from medshare.audit.holds import service
from medshare.audit.holds.model import Hold
from medshare.cli.audit_filter import Instant
from medshare.cli.running import operation, run
from medshare.infra.perform import Context
from medshare.kernel.audit import AuditAction, AuditObject
from medshare.kernel.errors import NotFoundError
from medshare.kernel.identifiers import PatientId

KEY_LENGTH = 36
"""Of a patient's id, at most."""


@click.group("hold")
def audit_hold() -> None:
    """Keep entries of the trail for a court or an inquiry."""


@audit_hold.command("place")
@click.option("--entry", help="This entry.")
@click.option("--patient", help="What names this person, under every merged id.")
@click.option("--since", type=Instant(), help="What was recorded from this instant on.")
@click.option("--until", type=Instant(), help="Before this instant.")
@click.option("--reason", required=True, help="Such as the number of the case.")
def place(
    entry: str | None,
    patient: str | None,
    since: datetime | None,
    until: datetime | None,
    reason: str,
) -> None:
    """Place a hold and print it: on an entry, a patient or a period."""

    def work(application: Application, context: Context) -> Hold:
        if entry is not None and application.questions.integrity(entry) is None:
            raise NotFoundError
        if patient is not None and len(patient) > KEY_LENGTH:
            raise NotFoundError
        with context.write() as uow:
            hold = Hold(
                uow.new_key(),
                reason,
                context.principal.id,
                uow.now(),
                entry,
                PatientId(patient) if patient else None,
                since,
                until,
            )
            context.touched(AuditObject(service.KIND, hold.id))
            service.place(uow, hold)
        return hold

    _print(run(operation("cli.place-audit-hold", AuditAction.CREATE), work))


@audit_hold.command("lift")
@click.argument("hold")
def lift(hold: str) -> None:
    """Lift HOLD, by its id; it stays listed."""

    def work(_application: Application, context: Context) -> None:
        context.touched(AuditObject(service.KIND, hold))
        with context.write() as uow:
            service.lift(uow, hold, context.principal.id)

    run(operation("cli.lift-audit-hold", AuditAction.UPDATE), work)


@audit_hold.command("list")
def list_all() -> None:
    """Print every hold there ever was, a line each."""

    def work(_application: Application, context: Context) -> list[Hold]:
        with context.read() as uow:
            return service.all_holds(uow)

    for each in run(operation("cli.list-audit-holds", AuditAction.READ), work):
        _print(each)


def _print(hold: Hold) -> None:
    click.echo(orjson.dumps(hold, option=orjson.OPT_UTC_Z))
