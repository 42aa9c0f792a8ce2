"""What auditors fill in on their pages: filters, periods and whom they ask about."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from marshmallow import pre_load

from medshare.audit.anomalies.model import Rule
from medshare.audit.model import EventQuery, ExportFormat
from medshare.audit.questions.model import Period
from medshare.infra.paging import CURSOR_LIMIT
from medshare.kernel.audit import AuditAction, AuditOutcome
from medshare.kernel.errors import InvalidError, Issue
from medshare.kernel.identifiers import FacilityCode, PatientId
from medshare.kernel.ports import PatientAliases
from medshare.kernel.principal import PurposeOfUse
from medshare.web.body import load_arguments, load_json
from medshare.web.faults import Fault
from medshare.web.fields import Code, Input, OneOf, QueryFlag, Text

PERIOD = timedelta(days=30)
PERIOD_MAX = timedelta(days=366)
YEARS = range(1971, 9999)
PERIOD_WRONG = Issue(
    "/since",
    "period",
    "Let the period begin before it ends, and last a year at most.",
    "起始时间应早于截止时间，间隔不超过一年。",
)
NO_TIME = Fault(
    "city-time",
    "Write a day that exists as 2026-11-20, or with its time as 2026-11-20 14:05.",
    "请按 2026-11-20 或 2026-11-20 14:05 的格式填写存在的时间。",
)
_TYPED = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}( [0-9]{2}:[0-9]{2})?")
_BOUNDS = ("since", "until")


@dataclass(frozen=True, slots=True)
class Bound:
    """A day, or a minute, of the city's clock as it was typed; aware instants of its two ends."""

    typed: str
    begins: datetime
    ends: datetime


class CityTime(Text):
    """A day as ``2026-11-20``, or a minute as ``2026-11-20 14:05``."""

    def __init__(self) -> None:
        super().__init__(load_default=None, low=10, high=16, pattern=(_TYPED.pattern, NO_TIME))


def bound_of(name: str, typed: str, zone: ZoneInfo) -> Bound:
    """Read a day or a minute of a zone's clock.

    Raises
    ------
    InvalidError
        The calendar, or the clock, has no such time.
    """
    try:
        begins = datetime.fromisoformat(typed).replace(tzinfo=zone)
    except ValueError:
        begins = None
    if begins is None or begins.year not in YEARS:
        raise InvalidError(issues=[Issue(f"/{name}", NO_TIME.code, str(NO_TIME), NO_TIME.zh)])
    is_day = len(typed) == len("2026-11-20")
    return Bound(
        typed, begins, begins + timedelta(days=1 if is_day else 0, minutes=0 if is_day else 1)
    )


class Form:
    """A form that is sent in the address: what is left empty is not asked for."""

    @pre_load
    def leave_out(self, data: Mapping[str, str], **_: object) -> dict[str, str]:
        """Leave out the fields that hold nothing."""
        return {name: value for name, value in data.items() if value.strip()}


class PeriodForm(Form):
    """From when to when, both included."""

    since = CityTime()
    until = CityTime()


class OverviewForm(PeriodForm, Input):
    """The same, of one facility or of all."""

    facility = Code(load_default=None)


class EntryListForm(OverviewForm):
    """What the list of entries is narrowed by; ``patient`` is the index's own opaque id."""

    patient = Code(load_default=None)
    who = Text(load_default=None, high=200)
    operation = Code(load_default=None)
    purpose = OneOf(PurposeOfUse, load_default=None)
    action = OneOf(AuditAction, load_default=None)
    outcome = OneOf(AuditOutcome, load_default=None)
    cursor = Text(load_default=None, high=CURSOR_LIMIT)


class WhoSawForm(PeriodForm, Input):
    """When somebody saw a patient."""

    cursor = Text(load_default=None, high=CURSOR_LIMIT)


class UserForm(OverviewForm):
    """What a person or a system saw and did; without ``who`` nothing is asked yet."""

    who = Text(load_default=None, high=200)
    cursor = Text(load_default=None, high=CURSOR_LIMIT)


class AnomalyListForm(Form, Input):
    """Which anomalies are shown."""

    rule = OneOf(Rule, load_default=None)
    acknowledged = QueryFlag(load_default=False)
    cursor = Text(load_default=None, high=CURSOR_LIMIT)


class GlassListForm(Form, Input):
    """Which emergency accesses are shown."""

    reviewed = QueryFlag(load_default=False)
    cursor = Text(load_default=None, high=CURSOR_LIMIT)


class PatientNumberSchema(Input):
    """A number by which a hospital, or the state, knows a patient."""

    number = Text(required=True, low=2, high=64)


@dataclass(frozen=True, slots=True)
class Filled:
    """A form as it was filled in; what was left empty is ``None``."""

    values: Mapping[str, Any]

    def __getitem__(self, name: str) -> Any:  # noqa: ANN401  # the form's fields give the type
        return self.values[name]

    @property
    def facility(self) -> FacilityCode | None:
        """Return the facility that it is narrowed to."""
        return FacilityCode(self.values["facility"]) if self.values.get("facility") else None

    def typed(self, name: str) -> str:
        """Return a field as it was written, for the form that is shown again."""
        value = self.values.get(name)
        return value.typed if isinstance(value, Bound) else str(value or "")

    @property
    def address(self) -> str:
        """Return the query string, but for the cursor, that asks for the same again."""
        filled = {name: self.typed(name) for name in self.values if name != "cursor"}
        return urlencode({name: value for name, value in filled.items() if value})

    def period(self, now: datetime) -> Period:
        """Return the period; the last thirty days where none is said.

        Raises
        ------
        InvalidError
            It is none, or longer than a year.
        """
        until, since = self.values["until"], self.values["since"]
        ends = until.ends if until else now + timedelta(seconds=1)
        begins = since.begins if since else ends - PERIOD
        if not timedelta(0) < ends - begins <= PERIOD_MAX:
            raise InvalidError(issues=[PERIOD_WRONG])
        return Period(begins, ends)

    def query(self, aliases: PatientAliases) -> EventQuery:
        """Return the question that a list of entries answers."""
        values, patient = self.values, self.values["patient"]
        return EventQuery(
            patients=aliases.aliases(PatientId(patient)) if patient else frozenset(),
            who=values["who"],
            facility=self.facility,
            operation=values["operation"],
            purpose=values["purpose"],
            action=values["action"],
            outcome=values["outcome"],
            since=values["since"].begins if values["since"] else None,
            until=values["until"].ends if values["until"] else None,
        )

    def export(self, form: ExportFormat) -> str:
        """Return the address at which what the list is narrowed to is exported."""
        values = {name: self.typed(name) for name in self.values if name not in _NOT_EXPORTED}
        bounds = {
            "since": self.values["since"].begins.isoformat() if self.values["since"] else "",
            "until": self.values["until"].ends.isoformat() if self.values["until"] else "",
        }
        filled = {name: value for name, value in (values | bounds).items() if value}
        return f"/api/v1/audit/export?{urlencode(filled | {'format': form})}"


@dataclass(frozen=True, slots=True)
class Export:
    """A form in which a list leaves: where it is asked for, and the name of its file."""

    form: ExportFormat
    address: str
    file: str


FILES = {
    ExportFormat.CSV: "audit.csv",
    ExportFormat.SEALED: "audit.ndjson",
    ExportFormat.FHIR: "audit-events.ndjson",
    ExportFormat.DICOM: "audit.xml",
}
_NOT_EXPORTED = {"cursor", *_BOUNDS}


def load_filled(form: Input, zone: ZoneInfo) -> Filled:
    """Load a form from the query string; what it says of times is meant in the zone."""
    data = load_arguments(form)
    bounds = {each: bound_of(each, data[each], zone) for each in _BOUNDS if data.get(each)}
    return Filled(data | bounds)


def exports_of(filled: Filled) -> Sequence[Export]:
    """Return the forms in which what a list is narrowed to leaves."""
    return [Export(form, filled.export(form), file) for form, file in FILES.items()]


def load_number() -> str:
    """Load the number of the patient whom an auditor asks about."""
    number: str = load_json(PatientNumberSchema())["number"]
    return number
