"""The options by which commands of the trail say what they want."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import click

from medshare.app import Application
from medshare.audit.model import EventQuery
from medshare.kernel.audit import AuditAction, AuditOutcome
from medshare.kernel.identifiers import FacilityCode, PatientId
from medshare.kernel.principal import PurposeOfUse
from medshare.patients.aliases import LinkAliases

Command = Callable[..., None]
Wanted = Callable[[Application], EventQuery]
"""Makes the query once there is an index to look merged ids up in."""


class Instant(click.ParamType[datetime]):
    """An instant by RFC 3339, with its offset."""

    name = "instant"

    def convert(
        self, value: str | datetime, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """Read the instant."""
        try:
            found = value if isinstance(value, datetime) else datetime.fromisoformat(value)
        except ValueError:
            found = None
        if found is None or found.tzinfo is None:
            self.fail("an instant with its offset, such as 2026-03-01T09:30:00+08:00", param, ctx)
        return found


FILTERS = (
    "patient",
    "who",
    "facility",
    "operation",
    "purpose",
    "action",
    "outcome",
    "since",
    "until",
)
OPTIONS = (
    click.option("--patient", help="About this patient, under every merged id."),
    click.option("--who", help="By this client, account or acting user."),
    click.option("--facility", help="By this facility."),
    click.option("--operation", help="By this operation, such as exams.get."),
    click.option(
        "--purpose",
        type=click.Choice([str(each) for each in PurposeOfUse]),
        help="For this purpose of use.",
    ),
    click.option("--action", type=click.Choice([str(each) for each in AuditAction])),
    click.option("--outcome", type=click.Choice([str(each) for each in AuditOutcome])),
    click.option("--since", type=Instant(), help="From this instant on."),
    click.option("--until", type=Instant(), help="Before this instant."),
)


def filtered(command: Command) -> Command:
    """Give a command the options of a filter, and as ``wanted`` what they make."""

    def with_filter(**values: Any) -> None:  # noqa: ANN401  # each option has its type
        given = {name: values.pop(name) for name in FILTERS}
        command(wanted=lambda application: _query(given, application), **values)

    with_filter.__doc__ = command.__doc__
    for option in reversed(OPTIONS):
        with_filter = option(with_filter)
    return with_filter


def _query(given: Mapping[str, Any], application: Application) -> EventQuery:
    aliases = LinkAliases(application.house.database)
    patient = given["patient"]
    return EventQuery(
        patients=aliases.aliases(PatientId(patient)) if patient else frozenset(),
        who=given["who"],
        facility=FacilityCode(given["facility"]) if given["facility"] else None,
        operation=given["operation"],
        purpose=PurposeOfUse(given["purpose"]) if given["purpose"] else None,
        action=AuditAction(given["action"]) if given["action"] else None,
        outcome=AuditOutcome(given["outcome"]) if given["outcome"] else None,
        since=given["since"],
        until=given["until"],
    )
