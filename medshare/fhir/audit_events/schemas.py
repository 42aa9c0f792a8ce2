"""The parameters of ITI-81 as they are sent."""

from collections.abc import Sequence
from dataclasses import dataclass

from medshare.fhir.schemas import PAGE_CURSOR_LIMIT, FormatSchema, gathered, repeated
from medshare.infra.paging import LIMIT_DEFAULT, LIMIT_MAX
from medshare.web.body import load
from medshare.web.fields import QueryWhole, Text


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
    _cursor = Text(high=PAGE_CURSOR_LIMIT)


AUDIT_EVENT_QUERY = AuditEventQuerySchema()


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a search is for.

    Parameters
    ----------
    values
        Of each parameter that was sent, by its name in FHIR.
    """

    values: dict[str, Sequence[str]]
    cursor: str | None
    count: int


def load_audit_event_query(pairs: Sequence[tuple[str, str]]) -> Wanted:
    """Load a search from its parameters.

    Raises
    ------
    InvalidError
        A parameter is not known, or cannot be read: nothing is passed over.
    """
    dotted = [(name.replace(":identifier", ".identifier"), value) for name, value in pairs]
    data = load(AUDIT_EVENT_QUERY, gathered(dotted))
    cursor, count = data.pop("_cursor", None), data.pop("_count")
    data.pop("_format", None)
    values = {name.replace("_identifier", ".identifier"): each for name, each in data.items()}
    return Wanted(values, cursor, count)
