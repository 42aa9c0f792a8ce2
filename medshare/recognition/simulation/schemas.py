"""Simulations in JSON."""

from datetime import UTC
from typing import Any, cast

from marshmallow import post_load

from medshare.recognition.policies.model import HASH_LENGTH
from medshare.recognition.simulation.model import Question
from medshare.web.body import load_json
from medshare.web.fields import Code, Input, OffsetDateTime, Text


class SimulationRequestSchema(Input):
    """Which policy is tried on which recorded orders."""

    policy = Text(required=True, low=HASH_LENGTH, high=HASH_LENGTH)
    since = OffsetDateTime(required=True)
    until = OffsetDateTime(required=True)
    facility = Code(load_default="")
    item = Code(load_default="")

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> Question:
        """Make the model."""
        since, until = (data[each].astimezone(UTC) for each in ("since", "until"))
        return Question(**{**data, "since": since, "until": until})


def load_simulation() -> Question:
    """Load which policy is tried on what."""
    return cast("Question", load_json(SimulationRequestSchema()))
