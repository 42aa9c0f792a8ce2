"""Policies in and out of JSON."""

from typing import Any, cast

import orjson
from marshmallow import fields

from medshare.recognition.policies.model import HASH_LENGTH, Difference, PolicyStatus, Version
from medshare.web.body import load_arguments, load_json
from medshare.web.fields import Input, OffsetDateTime, OneOf, Text


class PolicyDraftSchema(Input):
    """A draft: the policy document, which has rules of its own."""

    document = fields.Raw(required=True)


class DifferencesQuerySchema(Input):
    """With which version one is compared."""

    with_ = Text(required=True, low=HASH_LENGTH, high=HASH_LENGTH, data_key="with")


class PolicySchema(Input):
    """A version, and who stands for it."""

    hash = fields.String(required=True)
    status = OneOf(PolicyStatus, required=True)
    effectiveFrom = OffsetDateTime(required=True)  # noqa: N815  # JSON's spelling
    draftedBy = fields.String(required=True)  # noqa: N815  # JSON's spelling
    draftedAt = OffsetDateTime(required=True)  # noqa: N815  # JSON's spelling
    enactedBy = fields.String()  # noqa: N815  # JSON's spelling
    enactedAt = OffsetDateTime()  # noqa: N815  # JSON's spelling


class PolicyVersionSchema(PolicySchema):
    """A version with its document."""

    document = fields.Raw(required=True)


class PolicyListSchema(Input):
    """A page of versions."""

    items = fields.List(fields.Nested(PolicySchema), required=True)
    next = fields.String()


class PolicyDifferenceSchema(Input):
    """A place in which two documents differ."""

    pointer = fields.String(required=True)
    before = fields.Raw()
    after = fields.Raw()


class PolicyDifferencesSchema(Input):
    """All the places."""

    items = fields.List(fields.Nested(PolicyDifferenceSchema), required=True)


def load_draft() -> object:
    """Load the document of a draft."""
    return cast("object", load_json(PolicyDraftSchema())["document"])


def load_other() -> str:
    """Load the hash of the version with which one is compared."""
    return cast("str", load_arguments(DifferencesQuerySchema())["with_"])


def dump_policy(version: Version) -> dict[str, object]:
    """Show who stands for a version."""
    enacted: dict[str, Any] = {"enactedBy": version.enacted_by, "enactedAt": version.enacted_at}
    return {
        "hash": version.content_hash,
        "status": version.status,
        "effectiveFrom": version.effective_from,
        "draftedBy": version.drafted_by,
        "draftedAt": version.drafted_at,
        **{name: value for name, value in enacted.items() if value is not None},
    }


def dump_version(version: Version) -> dict[str, object]:
    """Show a version with its document."""
    return dump_policy(version) | {"document": orjson.loads(version.text)}


def dump_difference(difference: Difference) -> dict[str, object]:
    """Show a difference; what is missing on one side is left out."""
    sides = {"before": difference.before, "after": difference.after}
    return {
        "pointer": difference.pointer,
        **{name: value for name, value in sides.items() if value is not None},
    }
