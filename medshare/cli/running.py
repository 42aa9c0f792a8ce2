"""How a command runs: its operation performed like any other, and refusals said plainly."""

import json
import os
from collections.abc import Callable, Iterator
from typing import TextIO, TypeVar

import click

from medshare.app import Application, build
from medshare.infra.clock import SystemClock
from medshare.infra.perform import Context, perform
from medshare.kernel.audit import AuditAction
from medshare.kernel.errors import MedshareError
from medshare.kernel.operation import Operation, Origin, Recorded
from medshare.kernel.permission import Public
from medshare.kernel.principal import Principal, system_principal
from medshare.settings import load_settings
from medshare.web.body import BrokenJsonError

Result = TypeVar("Result")
ON_THE_SERVER = Public("Whoever runs commands on the server has its files.")


def operation(name: str, action: AuditAction, *, about_patients: bool = False) -> Operation:
    """Declare what a command does, as the trail will say it."""
    return Operation(name, ON_THE_SERVER, Recorded(action, about_patients=about_patients))


def run(declared: Operation, work: Callable[[Application, Context], Result]) -> Result:
    """Perform a command's operation on the configured stores."""

    def performed(application: Application) -> Result:
        return perform_on(application, declared, lambda context: work(application, context))

    return with_application(performed)


def perform_on(
    application: Application, declared: Operation, work: Callable[[Context], Result]
) -> Result:
    """Perform one of several operations of a command, each with its own entry in the trail."""

    def identify() -> Principal:
        return system_principal(f"cli:{os.environ.get('USER', 'unknown')}")

    return perform(application.house, declared, Origin(SystemClock().new_key()), identify, work)


def with_application(work: Callable[[Application], Result]) -> Result:
    """Do something to the configured stores that records itself, or several things."""
    application = build(load_settings())
    try:
        return work(application)
    finally:
        application.stop_quietly()


class PlainGroup(click.Group):
    """Commands that say plainly what medshare refused; a stack of calls helps nobody."""

    def invoke(self, ctx: click.Context) -> object:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except MedshareError as error:
            raise click.ClickException("\n".join(_words(error))) from None


def _words(error: MedshareError) -> Iterator[str]:
    yield error.detail
    for name, value in error.params.items():
        yield f"  {name}: {value}"
    for issue in error.issues:
        yield f"  {issue.pointer}: {issue.en}"


def document_in(file: TextIO) -> object:
    """Return the JSON document in a file."""
    try:
        return json.load(file)
    except ValueError:
        raise BrokenJsonError from None
