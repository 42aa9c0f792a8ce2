"""The parameters of ITI-81 as they are sent."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import request
from marshmallow import fields

from medshare.fhir.schemas import FormatSchema, load_format
from medshare.infra.paging import CURSOR_LIMIT, LIMIT_DEFAULT, LIMIT_MAX
from medshare.web.body import form_pairs, load
from medshare.web.fields import Items, QueryWhole, Text

TIMES_MAX = 10
VALUE_LIMIT = 400


def repeated(name: str | None = None) -> fields.Field[Any]:
    """Return a parameter that may stand several times, all of which must hold."""
    return Items(Text(high=VALUE_LIMIT), high=TIMES_MAX, data_key=name)


class AuditEventQuerySchema(FormatSchema):
    """The parameters of a search for AuditEvents."""

    _id = repeated()
    date = repeated()
    agent_identifier = repeated("agent.identifier")
    patient = repeated()
    patient_identifier = repeated("patient.identifier")
    entity = repeated()
    entity_identifier = repeated("entity.identifier")
    type = repeated()
    subtype = repeated()
    action = repeated()
    outcome = repeated()
    address = repeated()
    site = repeated()
    source_identifier = repeated("source.identifier")
    _count = QueryWhole(load_default=LIMIT_DEFAULT, low=1, high=LIMIT_MAX)
    _cursor = Text(high=CURSOR_LIMIT)


AUDIT_EVENT_QUERY = AuditEventQuerySchema()
ONCE = frozenset({"_count", "_cursor", "_format"})


@dataclass(frozen=True, slots=True)
class Asked:
    """A search as it was sent.

    Parameters
    ----------
    values
        Of each parameter that was sent, by its name in FHIR.
    pairs
        What was sent, without the place of the page.
    """

    values: dict[str, Sequence[str]]
    pairs: Sequence[tuple[str, str]]
    cursor: str | None
    count: int

    @property
    def text(self) -> str:
        """Return the search in one text."""
        return urlencode(self.pairs)


def load_audit_event_query() -> Asked:
    """Load a search from the query string, or from the form of ``_search``.

    Raises
    ------
    InvalidError
        A parameter is not known, or cannot be read: nothing is passed over.
    """
    if request.method == "POST":
        load_format()
        pairs = form_pairs()
    else:
        pairs = list(request.args.items(multi=True))
    data = load(AUDIT_EVENT_QUERY, _gathered(pairs))
    cursor, count = data.pop("_cursor", None), data.pop("_count")
    data.pop("_format", None)
    kept = [(name, value) for name, value in pairs if name != "_cursor"]
    values = {name.replace("_identifier", ".identifier"): each for name, each in data.items()}
    return Asked(values, kept, cursor, count)


def _gathered(pairs: Sequence[tuple[str, str]]) -> dict[str, object]:
    """Bring together what stands several times; ``agent:identifier`` is ``agent.identifier``."""
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        found.setdefault(name.replace(":identifier", ".identifier"), []).append(value)
    return {
        name: values[0] if name in ONCE and len(values) == 1 else values
        for name, values in found.items()
    }
