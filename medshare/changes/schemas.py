"""Changes, subscriptions and deliveries in and out of JSON."""

from dataclasses import dataclass
from typing import Any, cast

from marshmallow import fields

from medshare.changes.addresses import URL_LENGTH
from medshare.changes.model import (
    Change,
    ChangeKind,
    Delivery,
    DeliveryState,
    Feed,
    FeedQuery,
    Subscription,
)
from medshare.infra.paging import CURSOR_LIMIT, LIMIT_DEFAULT, LIMIT_MAX
from medshare.kernel.identifiers import FacilityCode
from medshare.web.body import load_arguments, load_json
from medshare.web.fields import Input, Items, OffsetDateTime, OneOf, QueryWhole, Text, Whole

_SEQUENCE_MAX = 2**53 - 1


class FeedQuerySchema(Input):
    """Which changes are asked for."""

    since = QueryWhole(load_default=0, low=0, high=_SEQUENCE_MAX)
    kind = OneOf(ChangeKind)
    limit = QueryWhole(load_default=LIMIT_DEFAULT, low=1, high=LIMIT_MAX)


class ChangeSchema(Input):
    """A change, as it is told."""

    sequence = fields.Integer(required=True)
    kind = OneOf(ChangeKind, required=True)
    at = OffsetDateTime(required=True)
    facility = fields.String()
    recordId = fields.String()  # noqa: N815  # JSON's spelling
    patientId = fields.String()  # noqa: N815  # JSON's spelling
    otherPatientId = fields.String()  # noqa: N815  # JSON's spelling
    examId = fields.String()  # noqa: N815  # JSON's spelling
    reportVersion = fields.Integer()  # noqa: N815  # JSON's spelling
    reportStatus = fields.String()  # noqa: N815  # JSON's spelling
    studyInstanceUid = fields.String()  # noqa: N815  # JSON's spelling


class FeedSchema(Input):
    """Changes in order, and where to go on."""

    items = fields.List(fields.Nested(ChangeSchema), required=True)
    next = fields.Integer(required=True)


class NewWebhookSchema(Input):
    """Where a facility wants to hear of which changes."""

    url = Text(required=True, high=URL_LENGTH)
    kinds = Items(OneOf(ChangeKind), load_default=list, high=len(ChangeKind), unique=True)


class WebhookSchema(Input):
    """A subscription; its secret is shown once, when it is made."""

    id = fields.String(required=True)
    url = fields.String(required=True)
    kinds = fields.List(OneOf(ChangeKind), required=True)
    createdAt = OffsetDateTime(required=True)  # noqa: N815  # JSON's spelling
    stopped = fields.Boolean(required=True)
    secret = fields.String()


class WebhookListSchema(Input):
    """A facility's subscriptions."""

    items = fields.List(fields.Nested(WebhookSchema), required=True)


class DeliveryQuerySchema(Input):
    """Which deliveries, and which page of them."""

    state = OneOf(DeliveryState, load_default=DeliveryState.DEAD)
    cursor = Text(load_default=None, high=CURSOR_LIMIT)
    limit = QueryWhole(load_default=LIMIT_DEFAULT, low=1, high=LIMIT_MAX)


class DeliverySchema(Input):
    """The telling of one change."""

    id = fields.String(required=True)
    sequence = fields.Integer(required=True)
    state = OneOf(DeliveryState, required=True)
    attempts = fields.Integer(required=True)
    dueAt = OffsetDateTime(required=True)  # noqa: N815  # JSON's spelling
    answer = fields.String(required=True)


class DeliveryListSchema(Input):
    """A page of deliveries."""

    items = fields.List(fields.Nested(DeliverySchema), required=True)
    next = fields.String()


class ReplaySchema(Input):
    """What to tell again: changes after a number, or the dead letters."""

    since = Whole(low=0, high=_SEQUENCE_MAX)


class ReplayedSchema(Input):
    """How much will be told again."""

    queued = fields.Integer(required=True)


@dataclass(frozen=True, slots=True)
class DeliveryQuery:
    """Which deliveries are asked for."""

    state: DeliveryState
    cursor: str | None
    limit: int


FEED = FeedQuerySchema()
NEW_WEBHOOK = NewWebhookSchema()
DELIVERIES = DeliveryQuerySchema()
REPLAY = ReplaySchema()


def load_feed_query() -> FeedQuery:
    """Load which changes are asked for."""
    data = cast("dict[str, Any]", load_arguments(FEED))
    kind = data.get("kind")
    return FeedQuery(data["since"], (kind,) if kind else (), data["limit"])


def load_webhook() -> tuple[str, tuple[ChangeKind, ...]]:
    """Load the address and the kinds of a new subscription."""
    data = cast("dict[str, Any]", load_json(NEW_WEBHOOK))
    return data["url"], tuple(data["kinds"])


def load_delivery_query() -> DeliveryQuery:
    """Load which deliveries are asked for."""
    return DeliveryQuery(**load_arguments(DELIVERIES))


def load_replay() -> int | None:
    """Load the number after which changes are told again; ``None`` for the dead letters."""
    return cast("int | None", load_json(REPLAY).get("since"))


def dump_feed(feed: Feed, facility: FacilityCode) -> dict[str, object]:
    """Show changes to a facility."""
    return {"items": [dump_change(each, facility) for each in feed.changes], "next": feed.next}


def dump_change(change: Change, facility: FacilityCode) -> dict[str, object]:
    """Show a change to a facility; whose record was linked is told to its own facility only."""
    record_id = change.record_id
    if not change.kind.is_clinical and change.facility != facility:
        record_id = None
    told_facility = change.facility if record_id or change.kind.is_clinical else None
    members: dict[str, object] = {
        "sequence": change.sequence,
        "kind": change.kind,
        "at": change.at.isoformat().replace("+00:00", "Z"),
        "facility": told_facility,
        "recordId": record_id,
        "patientId": change.patient_id,
        "otherPatientId": change.other_patient_id,
        "examId": change.exam_id,
        "reportVersion": change.report_version,
        "reportStatus": change.report_status,
        "studyInstanceUid": change.study_instance_uid,
    }
    return {name: value for name, value in members.items() if value is not None}


def dump_webhook(subscription: Subscription, secret: str | None = None) -> dict[str, object]:
    """Show a subscription, with its secret when it is made."""
    shown: dict[str, object] = {
        "id": subscription.id,
        "url": subscription.url,
        "kinds": list(subscription.kinds),
        "createdAt": subscription.created_at,
        "stopped": subscription.stopped,
    }
    return shown | ({"secret": secret} if secret else {})


def dump_delivery(delivery: Delivery) -> dict[str, object]:
    """Show a delivery."""
    return {
        "id": delivery.id,
        "sequence": delivery.sequence,
        "state": delivery.state,
        "attempts": delivery.attempts,
        "dueAt": delivery.due_at,
        "answer": delivery.answer,
    }
