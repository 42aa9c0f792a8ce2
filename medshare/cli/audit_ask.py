"""``audit ask``: an auditor's questions on the server itself; every answer is lines of JSON."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import click
import orjson

from medshare.app import Application
from medshare.audit.anomalies import service as anomalies
from medshare.audit.anomalies.model import Anomaly, Rule
from medshare.audit.anomalies.schemas import dump_anomaly
from medshare.audit.questions.model import Period
from medshare.audit.questions.schemas import (
    MANY,
    PERIOD,
    dump_completeness,
    dump_day,
    dump_hour,
    dump_integrity,
    dump_reader,
    dump_seal,
    dump_use,
)
from medshare.audit.questions.service import Questions
from medshare.audit.schemas import dump_event, dump_inclusion
from medshare.cli.audit_filter import Instant, Wanted, filtered
from medshare.cli.running import operation, run
from medshare.infra.paging import LIMIT_MAX, Page
from medshare.infra.perform import Context
from medshare.infra.uow import UnitOfWork
from medshare.kernel.audit import AuditAction, AuditObject
from medshare.kernel.errors import NotFoundError
from medshare.kernel.identifiers import FacilityCode, PatientId
from medshare.patients.aliases import LinkAliases

Item = TypeVar("Item")
Line = dict[str, object]
Command = Callable[..., None]


@click.group()
def ask() -> None:
    """Answer an auditor's question; asking is recorded."""


def in_period(command: Command) -> Command:
    """Give a command the options of a period; the last thirty days where nothing is said."""

    def with_period(*, since: datetime | None, until: datetime | None, **others: object) -> None:
        end = until or datetime.now(UTC) + timedelta(seconds=1)
        command(period=Period(since or end - PERIOD, end), **others)

    with_period.__doc__ = command.__doc__
    with_period = click.option("--until", type=Instant(), help="Before this instant.")(with_period)
    return click.option("--since", type=Instant(), help="From this instant on.")(with_period)


@ask.command("patient")
@click.argument("patient")
@in_period
def ask_patient(patient: str, period: Period) -> None:
    """Tell who saw or changed PATIENT's data, under every merged id."""

    def answer(application: Application) -> Iterator[Line]:
        ids = LinkAliases(application.house.database).aliases(PatientId(patient))
        questions = application.questions
        return _paged(lambda at: questions.about_patient(ids, period, at, LIMIT_MAX), dump_event)

    _answer("cli.ask-patient", answer)


@ask.command("user")
@click.argument("who")
@click.option("--facility", help="Of this facility.")
@in_period
def ask_user(who: str, facility: str | None, period: Period) -> None:
    """Tell what WHO saw and did."""
    code = FacilityCode(facility) if facility else None
    _ask_pages(
        "cli.ask-user", lambda q, at: q.by_actor(who, code, period, at, LIMIT_MAX), dump_event
    )


@ask.command("break-glass")
@in_period
def ask_break_glass(period: Period) -> None:
    """Tell every emergency access with its reviews."""
    _ask_pages("cli.ask-break-glass", lambda q, at: q.break_glass(period, at, LIMIT_MAX), dump_use)


@ask.command("denied")
@click.option("--facility", help="Of this facility.")
@in_period
def ask_denied(facility: str | None, period: Period) -> None:
    """Tell who was turned away."""
    code = FacilityCode(facility) if facility else None
    _ask_pages(
        "cli.ask-denied", lambda q, at: q.turned_away(code, period, at, LIMIT_MAX), dump_event
    )


@ask.command("bulk")
@click.option("--patients", default=MANY, type=click.IntRange(2), show_default=True)
@in_period
def ask_bulk(patients: int, period: Period) -> None:
    """Tell who met the data of many persons in one hour."""
    _ask_pages("cli.ask-bulk", lambda q, at: q.bulk(period, patients, at, LIMIT_MAX), dump_hour)


@ask.command("across")
@click.argument("facility")
@click.argument("owner")
@in_period
def ask_across(facility: str, owner: str, period: Period) -> None:
    """Tell where FACILITY met OWNER's data."""
    asking, asked = FacilityCode(facility), FacilityCode(owner)
    _ask_pages(
        "cli.ask-across", lambda q, at: q.across(asking, asked, period, at, LIMIT_MAX), dump_event
    )


@ask.command("days")
@click.option("--facility", help="Of this facility.")
@in_period
def ask_days(facility: str | None, period: Period) -> None:
    """Tell what facilities did, by day."""
    code = FacilityCode(facility) if facility else None
    _answer("cli.ask-days", lambda app: map(dump_day, app.questions.days(period, code)))


@ask.command("readers")
@click.option("--facility", help="Of this facility.")
@click.option("--limit", default=LIMIT_MAX, type=click.IntRange(1, LIMIT_MAX), show_default=True)
@in_period
def ask_readers(facility: str | None, limit: int, period: Period) -> None:
    """Tell who read most."""
    code = FacilityCode(facility) if facility else None
    _answer(
        "cli.ask-readers",
        lambda app: map(dump_reader, app.questions.readers(period, code, limit)),
    )


@ask.command("anomalies")
@click.option("--rule", type=click.Choice([str(each) for each in Rule]), help="Of this rule.")
@click.option("--acknowledged", is_flag=True, help="Those that somebody has looked at.")
def ask_anomalies(rule: str | None, *, acknowledged: bool) -> None:
    """Tell what somebody should look at, oldest first, and why."""

    def answer(application: Application) -> Iterator[Line]:
        application.sealing.judge()
        house = application.house

        def page(cursor: str | None) -> Page[Anomaly]:
            with house.database.read() as session:
                return anomalies.page(
                    UnitOfWork(session, house.clock),
                    rule=Rule(rule) if rule else None,
                    acknowledged=acknowledged,
                    cursor=cursor,
                    limit=LIMIT_MAX,
                )

        return _paged(page, dump_anomaly)

    _answer("cli.ask-anomalies", answer)


@ask.command("events")
@filtered
def ask_events(wanted: Wanted) -> None:
    """Tell what stands in the trail, newest first, what waits to be sealed too."""

    def answer(application: Application) -> Iterator[Line]:
        query = wanted(application)
        return _paged(
            lambda at: application.trail.page(query, cursor=at, limit=LIMIT_MAX), dump_event
        )

    _answer("cli.ask-events", answer)


@ask.command("proof")
@click.argument("entry")
def ask_proof(entry: str) -> None:
    """Prove that ENTRY stands in the sealed log."""

    def work(application: Application, context: Context) -> None:
        application.sequencer.seal_all()
        proof = application.sealed_log.inclusion(entry)
        if proof is None:
            raise NotFoundError
        context.touched(AuditObject("audit-entry", entry))
        click.echo(orjson.dumps(dump_inclusion(proof)))

    run(operation("cli.ask-proof", AuditAction.READ), work)


@ask.command("altered")
@click.argument("entry")
def ask_altered(entry: str) -> None:
    """Tell whether ENTRY still is what was sealed; exit code 1 where it is not."""

    def work(application: Application, context: Context) -> bool:
        found = application.questions.integrity(entry)
        if found is None:
            raise NotFoundError
        context.touched(AuditObject("audit-entry", entry))
        click.echo(orjson.dumps(dump_integrity(found)))
        return found.intact

    if not run(operation("cli.ask-altered", AuditAction.READ), work):
        raise SystemExit(1)


@ask.command("missing")
def ask_missing() -> None:
    """Compare the whole tree with the entries; exit code 1 where something is missing."""

    def work(application: Application, _context: Context) -> bool:
        sound, begin = True, 0
        while True:
            found = application.questions.completeness(begin)
            sound = sound and not found.missing and found.unsealed == 0
            if found.missing or found.end >= found.size:
                click.echo(orjson.dumps(dump_completeness(found)))
            if found.end >= found.size:
                return sound
            begin = found.end

    if not run(operation("cli.ask-missing", AuditAction.SEARCH), work):
        raise SystemExit(1)


@ask.command("seal")
def ask_seal() -> None:
    """Hold checkpoint, tree and entries against each other; exit code 1 where it is broken."""

    def work(application: Application, _context: Context) -> bool:
        intact, begin = True, 0
        while True:
            found = application.questions.seal(begin)
            intact = intact and found.intact
            if not found.intact or found.end >= found.size:
                click.echo(orjson.dumps(dump_seal(found)))
            if found.end >= found.size:
                return intact
            begin = found.end

    if not run(operation("cli.ask-seal", AuditAction.SEARCH), work):
        raise SystemExit(1)


def _ask_pages(
    name: str,
    page: Callable[[Questions, str | None], Page[Item]],
    dump: Callable[[Item], Line],
) -> None:
    _answer(name, lambda app: _paged(lambda at: page(app.questions, at), dump))


def _paged(
    page: Callable[[str | None], Page[Item]], dump: Callable[[Item], Line]
) -> Iterator[Line]:
    cursor: str | None = None
    while True:
        found = page(cursor)
        yield from map(dump, found.items)
        cursor = found.next_cursor
        if cursor is None:
            return


def _answer(name: str, lines: Callable[[Application], Iterator[Line]]) -> None:
    def work(application: Application, context: Context) -> None:
        count = 0
        for line in lines(application):
            click.echo(orjson.dumps(line, option=orjson.OPT_UTC_Z))
            count += 1
        context.counted(entries=count)

    run(operation(name, AuditAction.SEARCH), work)
