"""Questions to the trail and its entries, in and out of JSON."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from flask import request
from marshmallow import Schema, fields

from medshare.audit.model import EventQuery, ExportFormat
from medshare.audit.sealed_log import Inclusion
from medshare.infra.paging import CURSOR_LIMIT, LIMIT_DEFAULT, LIMIT_MAX
from medshare.kernel.audit import AuditAction, AuditEntry, AuditOutcome
from medshare.kernel.errors import MalformedError, UnsupportedMediaTypeError
from medshare.kernel.identifiers import FacilityCode, PatientId
from medshare.kernel.ports import PatientAliases
from medshare.kernel.principal import PurposeOfUse
from medshare.web.body import load_arguments, read_body
from medshare.web.fields import Code, Input, OffsetDateTime, OneOf, QueryWhole, Text

SIZE_MAX = 2**53 - 1
WITNESSES_MAX = 100
NOTE_LIMIT = 1 << 16


class EventFilter:
    """What an auditor may restrict an export by."""

    patient = Code(load_default=None)
    who = Text(load_default=None, high=200)
    facility = Code(load_default=None)
    operation = Code(load_default=None)
    purpose = OneOf(PurposeOfUse, load_default=None)
    action = OneOf(AuditAction, load_default=None)
    outcome = OneOf(AuditOutcome, load_default=None)
    since = OffsetDateTime(load_default=None)
    until = OffsetDateTime(load_default=None)


class ExportSchema(EventFilter, Input):
    """The same, and in which form."""

    format = OneOf(ExportFormat, load_default=ExportFormat.SEALED)


class CheckpointQuerySchema(Input):
    """By how many witnesses a checkpoint is to be signed."""

    cosigned = QueryWhole(load_default=0, low=0, high=WITNESSES_MAX)


class ConsistencyQuerySchema(Input):
    """Between which two sizes of the log."""

    old = QueryWhole(required=True, low=0, high=SIZE_MAX)
    new = QueryWhole(required=True, low=0, high=SIZE_MAX)


class ConsistencySchema(Schema):
    """Proof that a larger log continues a smaller one."""

    old = fields.Integer(required=True)
    new = fields.Integer(required=True)
    hashes = fields.List(fields.String(), required=True)


class InclusionSchema(Schema):
    """Proof that an entry stands in the log."""

    index = fields.Integer(required=True)
    leaf = fields.String(required=True)
    hashes = fields.List(fields.String(), required=True)
    checkpoint = fields.String(required=True)


class EventQuerySchema(EventFilter, Input):
    """The same, and which page."""

    cursor = Text(load_default=None, high=CURSOR_LIMIT)
    limit = QueryWhole(load_default=LIMIT_DEFAULT, low=1, high=LIMIT_MAX)


class SubjectSchema(Schema):
    """A person named by an entry."""

    patient = fields.String(required=True, allow_none=True)
    record = fields.String(required=True, allow_none=True)


class ObjectSchema(Schema):
    """A thing named by an entry."""

    kind = fields.String(required=True)
    id = fields.String(required=True)


class WhoSchema(Schema):
    """Who did it."""

    kind = fields.String(required=True)
    id = fields.String(required=True)
    facility = fields.String(required=True, allow_none=True)
    actingUser = fields.String(required=True, allow_none=True)  # noqa: N815  # JSON's spelling
    actingUserName = fields.String(required=True, allow_none=True)  # noqa: N815  # JSON's spelling
    department = fields.String(required=True, allow_none=True)
    purposeOfUse = fields.String(required=True, allow_none=True)  # noqa: N815  # JSON's spelling


COLUMNS = (
    *("entry", "recordedAt", "operation", "action", "outcome", "reason", "basis", "phase"),
    *("kind", "id", "facility", "actingUser", "actingUserName", "department", "purposeOfUse"),
    *("requestId", "sourceAddress", "query", "erased", "patients", "records", "objects", "counts"),
)


class EventSchema(Schema):
    """An entry of the trail."""

    id = fields.String(required=True)
    recordedAt = fields.String(required=True)  # noqa: N815  # JSON's spelling
    operation = fields.String(required=True)
    action = fields.String(required=True)
    outcome = fields.String(required=True)
    reason = fields.String(required=True)
    basis = fields.String(required=True)
    phase = fields.String(required=True)
    who = fields.Nested(WhoSchema, required=True)
    requestId = fields.String(required=True)  # noqa: N815  # JSON's spelling
    sourceAddress = fields.String(required=True)  # noqa: N815  # JSON's spelling
    query = fields.String(required=True)
    erased = fields.Boolean(required=True)
    subjects = fields.List(fields.Nested(SubjectSchema), required=True)
    objects = fields.List(fields.Nested(ObjectSchema), required=True)
    counts = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)


class EventListSchema(Schema):
    """A page of entries."""

    items = fields.List(fields.Nested(EventSchema), required=True)
    next = fields.String()


@dataclass(frozen=True, slots=True)
class EventPageArguments:
    """An auditor's question and which page of the answer."""

    query: EventQuery
    cursor: str | None
    limit: int


def load_event_page(aliases: PatientAliases) -> EventPageArguments:
    """Load a question from the query string."""
    data = load_arguments(EventQuerySchema())
    return EventPageArguments(_query(data, aliases), data["cursor"], data["limit"])


def load_export(aliases: PatientAliases) -> tuple[EventQuery, ExportFormat]:
    """Load filter and form of an export from the query string."""
    data = load_arguments(ExportSchema())
    return _query(data, aliases), ExportFormat(data["format"])


def load_checkpoint() -> int:
    """Load by how many witnesses a checkpoint is to be signed."""
    return int(load_arguments(CheckpointQuerySchema())["cosigned"])


def load_note() -> str:
    """Load the signed note in the request's body.

    Raises
    ------
    UnsupportedMediaTypeError
        It does not say that it is text.
    MalformedError
        It is not in UTF-8.
    """
    if request.mimetype != "text/plain":
        raise UnsupportedMediaTypeError
    try:
        return read_body(NOTE_LIMIT).decode()
    except UnicodeDecodeError:
        raise MalformedError from None


def load_consistency() -> tuple[int, int]:
    """Load the two sizes of a consistency proof from the query string."""
    data = load_arguments(ConsistencyQuerySchema())
    return data["old"], data["new"]


def dump_consistency(old: int, new: int, hashes: Sequence[bytes]) -> dict[str, object]:
    """Show a consistency proof."""
    return {"old": old, "new": new, "hashes": _encoded(hashes)}


def dump_inclusion(proof: Inclusion) -> dict[str, object]:
    """Show an inclusion proof."""
    return {
        "index": proof.index,
        "leaf": proof.leaf,
        "hashes": _encoded(proof.hashes),
        "checkpoint": proof.note,
    }


def _encoded(hashes: Sequence[bytes]) -> list[str]:
    return [base64.b64encode(each).decode() for each in hashes]


def _query(data: dict[str, Any], aliases: PatientAliases) -> EventQuery:
    patient = data["patient"]
    return EventQuery(
        patients=aliases.aliases(PatientId(patient)) if patient else frozenset(),
        who=data["who"],
        facility=FacilityCode(data["facility"]) if data["facility"] else None,
        operation=data["operation"],
        purpose=data["purpose"],
        action=data["action"],
        outcome=data["outcome"],
        since=data["since"],
        until=data["until"],
    )


def dump_event(entry: AuditEntry) -> dict[str, object]:
    """Show an entry."""
    principal = entry.principal
    acting = principal.acting_user
    return {
        "id": entry.id,
        "recordedAt": entry.recorded_at.isoformat().replace("+00:00", "Z"),
        "operation": entry.operation,
        "action": entry.action,
        "outcome": entry.outcome,
        "reason": entry.reason,
        "basis": entry.basis,
        "phase": entry.phase,
        "who": {
            "kind": principal.kind,
            "id": principal.id,
            "facility": principal.facility,
            "actingUser": acting.id if acting else None,
            "actingUserName": acting.name if acting else None,
            "department": acting.department if acting else None,
            "purposeOfUse": principal.purpose,
        },
        "requestId": entry.request_id,
        "sourceAddress": entry.source_address,
        "query": entry.query,
        "erased": entry.erased,
        "subjects": [
            {"patient": each.patient_id, "record": each.record_id} for each in entry.subjects
        ],
        "objects": [{"kind": each.kind, "id": each.id} for each in entry.objects],
        "counts": entry.counts,
    }


def dump_row(entry: AuditEntry) -> dict[str, object]:
    """Show an entry as a row of a table; where it names many, they stand apart by spaces."""
    shown = dump_event(entry)
    who = cast("dict[str, object]", shown.pop("who"))
    subjects = entry.subjects
    return {"entry": shown.pop("id"), **shown, **who} | {
        "patients": " ".join(
            dict.fromkeys(each.patient_id for each in subjects if each.patient_id)
        ),
        "records": " ".join(each.record_id for each in subjects if each.record_id),
        "objects": " ".join(f"{each.kind}:{each.id}" for each in entry.objects),
        "counts": " ".join(f"{name}:{count}" for name, count in entry.counts.items()),
    }
