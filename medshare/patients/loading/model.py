"""What a line of a load file says, and what became of it."""

from dataclasses import dataclass

from medshare.kernel.errors import Issue
from medshare.kernel.identifiers import FacilityCode
from medshare.patients.model import LinkedRecord, Outcome, Registration


@dataclass(frozen=True, slots=True)
class Line:
    """A record to be loaded; lines are counted from 1."""

    number: int
    facility: FacilityCode
    registration: Registration


@dataclass(frozen=True, slots=True)
class Refused:
    """A line of which nothing is loaded, and why."""

    number: int
    issues: tuple[Issue, ...]


@dataclass(frozen=True, slots=True)
class Loaded:
    """A line whose record stands now.

    ``outcome`` is absent where the very same stood already; ``united`` are records of others who
    turned out to be the same person.
    """

    number: int
    record: LinkedRecord
    outcome: Outcome | None
    united: tuple[LinkedRecord, ...] = ()
