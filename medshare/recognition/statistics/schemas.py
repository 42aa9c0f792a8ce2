"""The query parameters of statistics."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from marshmallow import post_load

from medshare.recognition.statistics.model import Dimension, Question
from medshare.web.body import load_arguments
from medshare.web.fields import Code, Input, OffsetDateTime, OneOf, Text
from medshare.web.tables import Format

PERIOD = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Asked:
    """The query parameters, as they were sent."""

    since: datetime | None
    until: datetime | None
    as_of: datetime | None
    names: dict[str, str]
    format: Format
    by: Dimension | None = None

    def question(self, now: datetime) -> Question:
        """Complete what was left out: the last thirty days, by what is known now."""
        as_of = self.as_of or now
        until = self.until or as_of
        return Question(self.since or until - PERIOD, until, as_of, **self.names)


class QuestionSchema(Input):
    """Which chances are counted, by what was known when, and in which form."""

    since = OffsetDateTime(load_default=None)
    until = OffsetDateTime(load_default=None)
    asOf = OffsetDateTime(load_default=None)  # noqa: N815  # JSON's spelling
    facility = Code(load_default="")
    department = Text(load_default="", high=200)
    item = Code(load_default="")
    sourceFacility = Code(load_default="")  # noqa: N815  # JSON's spelling
    format = OneOf(Format, load_default=Format.JSON)

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> Asked:
        """Make the model."""
        instants = (data["since"], data["until"], data["asOf"])
        since, until, as_of = (each and each.astimezone(UTC) for each in instants)
        names = {
            "facility": data["facility"],
            "department": data["department"],
            "item": data["item"],
            "source_facility": data["sourceFacility"],
        }
        return Asked(since, until, as_of, names, data["format"], data.get("by"))


class BrokenDownSchema(QuestionSchema):
    """The same, broken down."""

    by = OneOf(Dimension, load_default=None)


QUESTION = QuestionSchema()
BROKEN_DOWN = BrokenDownSchema()


def load_question() -> Asked:
    """Load which chances are counted."""
    return cast("Asked", load_arguments(QUESTION))


def load_broken_down() -> Asked:
    """Load which chances are counted, and by what they are broken down."""
    return cast("Asked", load_arguments(BROKEN_DOWN))
