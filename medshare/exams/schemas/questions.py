"""Questions to the exams: the search in a body, the timeline in a query string."""

from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, cast

import orjson
from marshmallow import ValidationError, post_load, validates_schema

from medshare.exams.model import MANAGED_ITEMS, Coding, ExamFilter, ExamKind, ExamStatus, Stamp
from medshare.exams.schemas.fields import Modality, StampField
from medshare.infra.paging import CURSOR_LIMIT, LIMIT_DEFAULT, LIMIT_MAX
from medshare.kernel.identifiers import PatientId
from medshare.web.body import load_arguments, load_json
from medshare.web.faults import Fault
from medshare.web.fields import Code, Input, OneOf, QueryWhole, Text, Whole

ITEM_HIGH = 129
CRITERIA = ("accessionNumber", "facility", "status", "kind", "modality", "item")
NO_CRITERION = Fault(
    "no-criterion",
    "Name at least one thing to search by.",
    "请至少填写一个检索条件。",
)


@dataclass(frozen=True, slots=True)
class Question:
    """Which exams are asked for, and which page of them."""

    wanted: ExamFilter
    cursor: str | None
    limit: int


class ExamSearchSchema(Input):
    """A search; every field that is sent must hold."""

    accessionNumber = Code(load_default=None)  # noqa: N815  # JSON's spelling
    facility = Code(load_default=None)
    status = OneOf(ExamStatus, load_default=None)
    kind = OneOf(ExamKind, load_default=None)
    modality = Modality(load_default=None)
    item = Text(load_default=None, high=ITEM_HIGH)
    performedFrom = StampField(load_default=None)  # noqa: N815  # JSON's spelling
    performedUntil = StampField(load_default=None)  # noqa: N815  # JSON's spelling
    cursor = Text(load_default=None, high=CURSOR_LIMIT)
    limit = Whole(load_default=LIMIT_DEFAULT, low=1, high=LIMIT_MAX)

    @validates_schema
    def check_criteria(self, data: dict[str, Any], **_: object) -> None:
        """Refuse a search for everything: a forgotten field must not widen the answer."""
        named = (*CRITERIA, "performedFrom", "performedUntil")
        if all(data[name] is None for name in named):
            raise ValidationError(NO_CRITERION)

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> Question:
        """Make the model."""
        wanted = ExamFilter(
            accession_number=data["accessionNumber"],
            facility=data["facility"],
            status=data["status"],
            kind=data["kind"],
            modality=data["modality"],
            item=_item(data["item"]),
            since=_instant(data["performedFrom"]),
            until=_instant(data["performedUntil"]),
        )
        return Question(wanted, data["cursor"], data["limit"])


class TimelineSchema(Input):
    """The query parameters of a patient's timeline; every one that is sent must hold."""

    facility = Code(load_default=None)
    status = OneOf(ExamStatus, load_default=None)
    kind = OneOf(ExamKind, load_default=None)
    modality = Modality(load_default=None)
    item = Text(load_default=None, high=ITEM_HIGH)
    since = StampField(load_default=None)
    until = StampField(load_default=None)
    cursor = Text(load_default=None, high=CURSOR_LIMIT)
    limit = QueryWhole(load_default=LIMIT_DEFAULT, low=1, high=LIMIT_MAX)

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> Question:
        """Make the model."""
        wanted = ExamFilter(
            facility=data["facility"],
            status=data["status"],
            kind=data["kind"],
            modality=data["modality"],
            item=_item(data["item"]),
            since=_instant(data["since"]),
            until=_instant(data["until"]),
        )
        return Question(wanted, data["cursor"], data["limit"])


SEARCH = ExamSearchSchema()
TIMELINE = TimelineSchema()


def load_search() -> Question:
    """Load the search in the request's body."""
    return cast("Question", load_json(SEARCH))


def load_timeline(patient_id: PatientId) -> Question:
    """Load the parameters of a patient's timeline."""
    question = cast("Question", load_arguments(TIMELINE))
    return replace(question, wanted=replace(question.wanted, patient_id=patient_id))


def dump_search(wanted: ExamFilter) -> str:
    """Write down a search as the trail keeps it."""
    asked = {name: value for name, value in asdict(wanted).items() if value}
    return orjson.dumps(asked, default=sorted).decode("utf-8")


def _item(token: str | None) -> Coding | None:
    """Read ``system|code``, or the code alone of a managed item."""
    if token is None:
        return None
    system, bar, code = token.rpartition("|")
    return Coding(system if bar else MANAGED_ITEMS, code)


def _instant(stamp: Stamp | None) -> datetime | None:
    return stamp.at if stamp else None
