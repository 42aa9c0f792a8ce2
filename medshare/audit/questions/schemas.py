"""An auditor's questions and answers, in and out of JSON."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from marshmallow import Schema, fields

from medshare.audit.digest.model import Sums
from medshare.audit.questions.model import (
    ActorHour,
    Completeness,
    FacilityDay,
    GlassUse,
    Integrity,
    Period,
    Reader,
    Seal,
)
from medshare.audit.schemas import SIZE_MAX, EventSchema, dump_event
from medshare.infra.paging import CURSOR_LIMIT, LIMIT_DEFAULT, LIMIT_MAX
from medshare.kernel.errors import InvalidError, Issue
from medshare.kernel.identifiers import FacilityCode, PatientId
from medshare.web.body import load_arguments
from medshare.web.fields import Code, Input, OffsetDateTime, QueryWhole, Text

PERIOD = timedelta(days=30)
PERIOD_MAX = timedelta(days=366 * 10)
YEARS = range(1971, 9999)
PERIOD_WRONG = Issue(
    "/since",
    "period",
    "Let since lie after 1970 and before until, by at most ten years.",
    "起始时间应在 1970 年之后且早于截止时间，间隔不超过十年。",
)
MANY = 20


class InPeriod:
    """From when to when; the last thirty days where nothing is said."""

    since = OffsetDateTime(load_default=None)
    until = OffsetDateTime(load_default=None)


class PagedSchema(InPeriod, Input):
    """The same, and which page."""

    cursor = Text(load_default=None, high=CURSOR_LIMIT)
    limit = QueryWhole(load_default=LIMIT_DEFAULT, low=1, high=LIMIT_MAX)


class PatientQuestionSchema(PagedSchema):
    """Who saw this patient."""

    patient = Code(required=True)


class ActorQuestionSchema(PagedSchema):
    """What did this user, or system, see and do."""

    who = Text(required=True, high=200)
    facility = Code(load_default=None)


class DeniedQuestionSchema(PagedSchema):
    """Who was turned away."""

    facility = Code(load_default=None)


class AcrossQuestionSchema(PagedSchema):
    """Where did one facility meet another's data."""

    facility = Code(required=True)
    owner = Code(required=True)


class BulkQuestionSchema(PagedSchema):
    """Who met the data of many persons in one hour."""

    patients = QueryWhole(load_default=MANY, low=2, high=100_000)


class DaysQuestionSchema(InPeriod, Input):
    """What facilities did, by day."""

    facility = Code(load_default=None)


class ReadersQuestionSchema(DaysQuestionSchema):
    """Who read most."""

    limit = QueryWhole(load_default=LIMIT_DEFAULT, low=1, high=LIMIT_MAX)


class CompletenessQuestionSchema(Input):
    """From which leaf on."""

    begin = QueryWhole(load_default=0, low=0, high=SIZE_MAX)


class GlassUseSchema(Schema):
    """An emergency access and its reviews."""

    grant = fields.String(required=True)
    opening = fields.Nested(EventSchema, required=True)
    reviews = fields.List(fields.Nested(EventSchema), required=True)
    reads = fields.Integer(required=True)


class GlassUseListSchema(Schema):
    """A page of them."""

    items = fields.List(fields.Nested(GlassUseSchema), required=True)
    next = fields.String()


class ActorHourSchema(Schema):
    """What an actor did in one hour."""

    hour = OffsetDateTime(required=True)
    facility = fields.String(required=True, allow_none=True)
    who = fields.String(required=True)
    patients = fields.Integer(required=True)
    reads = fields.Integer(required=True)
    changes = fields.Integer(required=True)
    foreign = fields.Integer(required=True)
    emergencies = fields.Integer(required=True)
    denied = fields.Integer(required=True)


class ActorHourListSchema(Schema):
    """A page of them."""

    items = fields.List(fields.Nested(ActorHourSchema), required=True)
    next = fields.String()


class FacilityDaySchema(Schema):
    """What a facility did on one day."""

    day = fields.String(required=True)
    facility = fields.String(required=True, allow_none=True)
    reads = fields.Integer(required=True)
    changes = fields.Integer(required=True)
    foreign = fields.Integer(required=True)
    emergencies = fields.Integer(required=True)
    denied = fields.Integer(required=True)
    outOfHours = fields.Integer(required=True)  # noqa: N815  # JSON's spelling


class FacilityDayListSchema(Schema):
    """The days of a period."""

    items = fields.List(fields.Nested(FacilityDaySchema), required=True)


class ReaderSchema(Schema):
    """What an actor did in a period."""

    facility = fields.String(required=True, allow_none=True)
    who = fields.String(required=True)
    busiestHour = fields.Integer(required=True)  # noqa: N815  # JSON's spelling
    reads = fields.Integer(required=True)
    changes = fields.Integer(required=True)
    foreign = fields.Integer(required=True)
    emergencies = fields.Integer(required=True)
    denied = fields.Integer(required=True)


class ReaderListSchema(Schema):
    """Those who read most."""

    items = fields.List(fields.Nested(ReaderSchema), required=True)


class IntegritySchema(Schema):
    """Whether an entry still is what was sealed."""

    entry = fields.String(required=True)
    index = fields.Integer(required=True, allow_none=True)
    intact = fields.Boolean(required=True)
    included = fields.Boolean(required=True)
    differences = fields.List(fields.String(), required=True)
    forgotten = fields.List(fields.String(), required=True)


class MissingEntrySchema(Schema):
    """A leaf whose entry is gone."""

    index = fields.Integer(required=True)
    entry = fields.String(required=True)


class CompletenessSchema(Schema):
    """The tree against the entries."""

    size = fields.Integer(required=True)
    begin = fields.Integer(required=True)
    end = fields.Integer(required=True)
    missing = fields.List(fields.Nested(MissingEntrySchema), required=True)
    waiting = fields.Integer(required=True)
    unsealed = fields.Integer(required=True)
    dropped = fields.Integer(required=True)


class AlteredEntrySchema(Schema):
    """An entry that is not what was sealed."""

    index = fields.Integer(required=True)
    entry = fields.String(required=True)
    differences = fields.List(fields.String(), required=True)


class SealSchema(Schema):
    """The tree against its checkpoint, its leaves and their entries."""

    size = fields.Integer(required=True)
    begin = fields.Integer(required=True)
    end = fields.Integer(required=True)
    signed = fields.Boolean(required=True)
    rootStands = fields.Boolean(required=True)  # noqa: N815  # JSON's spelling
    forked = fields.List(fields.Integer(), required=True)
    broken = fields.List(fields.Integer(), required=True)
    altered = fields.List(fields.Nested(AlteredEntrySchema), required=True)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as it was sent, its period made whole."""

    period: Period
    data: dict[str, Any]

    @property
    def cursor(self) -> str | None:
        """Return where the page begins."""
        cursor: str | None = self.data["cursor"]
        return cursor

    @property
    def limit(self) -> int:
        """Return how much a page holds."""
        limit: int = self.data["limit"]
        return limit

    @property
    def facility(self) -> FacilityCode | None:
        """Return whose doings are asked for, ``None``: everybody's."""
        return FacilityCode(self.data["facility"]) if self.data["facility"] else None

    @property
    def patient(self) -> PatientId:
        """Return about whom it asks."""
        return PatientId(self.data["patient"])


def load_question(schema: type[Input], now: datetime) -> Asked:
    """Load a question from the query string; the last thirty days where no period is said.

    Raises
    ------
    InvalidError
        A parameter cannot be read, or the period is none.
    """
    data = load_arguments(schema())
    until = data.pop("until") or now + timedelta(seconds=1)
    if until.year not in YEARS:
        raise InvalidError(issues=[PERIOD_WRONG])
    since = data.pop("since") or until - PERIOD
    if since.year not in YEARS or not timedelta(0) < until - since <= PERIOD_MAX:
        raise InvalidError(issues=[PERIOD_WRONG])
    return Asked(Period(since, until), data)


def load_completeness() -> int:
    """Load from which leaf on the tree is compared."""
    begin: int = load_arguments(CompletenessQuestionSchema())["begin"]
    return begin


def dump_use(use: GlassUse) -> dict[str, object]:
    """Show an emergency access."""
    return {
        "grant": use.grant_id,
        "opening": dump_event(use.opening),
        "reviews": [dump_event(each) for each in use.reviews],
        "reads": use.reads,
    }


def _shown(sums: Sums) -> dict[str, int]:
    return {
        "reads": sums.reads,
        "changes": sums.changes,
        "foreign": sums.foreign,
        "emergencies": sums.emergencies,
        "denied": sums.denied,
    }


def dump_hour(hour: ActorHour) -> dict[str, object]:
    """Show what an actor did in one hour."""
    return {
        "hour": hour.hour,
        "facility": hour.facility,
        "who": hour.actor,
        "patients": hour.patients,
        **_shown(hour.sums),
    }


def dump_day(day: FacilityDay) -> dict[str, object]:
    """Show what a facility did on one day."""
    return {
        "day": day.day,
        "facility": day.facility,
        **_shown(day.sums),
        "outOfHours": day.out_of_hours,
    }


def dump_reader(reader: Reader) -> dict[str, object]:
    """Show what an actor did in a period."""
    return {
        "facility": reader.facility,
        "who": reader.actor,
        "busiestHour": reader.busiest,
        **_shown(reader.sums),
    }


def dump_integrity(found: Integrity) -> dict[str, object]:
    """Show whether an entry still is what was sealed."""
    return {
        "entry": found.entry_id,
        "index": found.index,
        "intact": found.intact,
        "included": found.included,
        "differences": list(found.differences),
        "forgotten": list(found.forgotten),
    }


def dump_completeness(found: Completeness) -> dict[str, object]:
    """Show whether entries vanished."""
    return {
        "size": found.size,
        "begin": found.begin,
        "end": found.end,
        "missing": [{"index": index, "entry": each} for index, each in found.missing.items()],
        "waiting": found.waiting,
        "unsealed": found.unsealed,
        "dropped": found.dropped,
    }


def dump_seal(found: Seal) -> dict[str, object]:
    """Show whether the seal holds."""
    return {
        "size": found.size,
        "begin": found.begin,
        "end": found.end,
        "signed": found.signed,
        "rootStands": found.root_stands,
        "forked": list(found.forked),
        "broken": list(found.broken),
        "altered": [
            {"index": each.index, "entry": each.entry_id, "differences": list(each.fields)}
            for each in found.altered
        ],
    }
