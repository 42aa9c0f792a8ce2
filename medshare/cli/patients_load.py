"""``patients load``: a facility's records from a file."""

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import BinaryIO

import click
import orjson

from medshare.app import Application
from medshare.cli.running import operation, perform_on, with_application
from medshare.infra.perform import Context
from medshare.infra.uow import UnitOfWork
from medshare.kernel.audit import AuditAction
from medshare.patients.loading.lines import dump_refused, read_lines
from medshare.patients.loading.model import Line, Loaded, Refused
from medshare.patients.loading.service import load, load_unmatched
from medshare.patients.seen import subject_of

MATCHED_BATCH = 50  # others wait to write meanwhile: less than a second
UNMATCHED_BATCH = 500
TOLD_EVERY_S = 10.0

Load = Callable[[UnitOfWork, Sequence[Line]], list[Loaded | Refused]]


@dataclass
class Progress:
    """What became of the lines so far."""

    started: float = field(default_factory=time.monotonic)
    told: float = 0.0
    counts: Counter[str] = field(default_factory=Counter)

    def add(self, done: Iterable[Loaded | Refused]) -> None:
        """Count lines, show those that were refused, and tell every few seconds."""
        for each in done:
            if isinstance(each, Refused):
                self.counts["refused"] += 1
                for fault in dump_refused(each):
                    click.echo(orjson.dumps(fault))
            else:
                self.counts[each.outcome or "unchanged"] += 1
        if time.monotonic() - self.told > TOLD_EVERY_S:
            self.tell()

    def tell(self) -> None:
        """Say it on standard error."""
        self.told = time.monotonic()
        seconds, lines = self.told - self.started, self.counts.total()
        parts = ", ".join(f"{count} {name}" for name, count in sorted(self.counts.items()))
        click.echo(f"{lines} lines in {seconds:.0f} s: {parts or 'none'}", err=True)


@click.command("load")
@click.argument("file", type=click.File("rb"), default="-")
@click.option(
    "--unmatched",
    is_flag=True,
    help="Into an index without records: compare with nobody, each begins a person of its own.",
)
def load_records(file: BinaryIO, *, unmatched: bool) -> None:
    """Register the records of a FILE, one JSON object a line (``-`` for standard input).

    A line is what POST /api/v1/patients takes, with the "facility" beside it. What cannot be
    loaded is told on standard output, a JSON line for each fault; the rest is loaded. Run it
    again after an interruption: what stands already stays as it is.
    """
    size = UNMATCHED_BATCH if unmatched else MATCHED_BATCH
    progress = Progress()
    declared = operation("cli.load-patients", AuditAction.CREATE, about_patients=True)

    def work(application: Application) -> None:
        for batch in _batches(read_lines(file), size):
            done = _loading(batch, load_unmatched if unmatched else load)
            progress.add(perform_on(application, declared, done))

    with_application(work)
    progress.tell()
    if progress.counts["refused"]:
        sys.exit(1)


def _batches(lines: Iterable[Line | Refused], size: int) -> Iterator[list[Line | Refused]]:
    iterator = iter(lines)
    while batch := list(islice(iterator, size)):
        yield batch


def _loading(
    batch: Sequence[Line | Refused], how: Load
) -> Callable[[Context], list[Loaded | Refused]]:
    def work(context: Context) -> list[Loaded | Refused]:
        refused = [each for each in batch if isinstance(each, Refused)]
        with context.write() as uow:
            done = how(uow, [each for each in batch if isinstance(each, Line)])
            _tell(context, done, len(refused))
        return sorted([*refused, *done], key=lambda each: each.number)

    return work


def _tell(context: Context, done: Iterable[Loaded | Refused], refused: int) -> None:
    """Tell the trail whose records came, and how many did not."""
    loaded = [each for each in done if isinstance(each, Loaded)]
    fresh = [each for each in loaded if each.outcome is not None]
    if fresh:
        records = [record for each in fresh for record in (each.record, *each.united)]
        context.concerns(*map(subject_of, records))
    else:
        context.concerns_nobody("nothing new")
    refused += sum(isinstance(each, Refused) for each in done)
    context.counted(loaded=len(fresh), unchanged=len(loaded) - len(fresh), refused=refused)
