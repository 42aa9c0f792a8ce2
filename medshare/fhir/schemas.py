"""The parameters of FHIR searches and operations."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from marshmallow import fields

from medshare.fhir.questions import PixQuestion, SourceDomainError, split_token
from medshare.infra.paging import LIMIT_DEFAULT, LIMIT_MAX
from medshare.patients.model import PatientIdentifier
from medshare.web.body import load, load_arguments
from medshare.web.faults import Fault
from medshare.web.fields import Input, Items, QueryWhole, Text

TOKEN_FAULT = Fault(
    "token",
    "Send an identifier as system|value; a bare value names nobody.",
    "请以 system|value 形式填写标识符。",
)
PAGE_CURSOR_LIMIT = 8000
"""Of a cursor that holds its search: as long as a criterion may be, and all of them."""
TOKEN = (r"[^|\s]{1,64}\|[^|]{1,64}", TOKEN_FAULT)
TIMES_MAX = 10
VALUE_LIMIT = 400
ONCE = frozenset({"_count", "_cursor", "_format", "sourceIdentifier"})


def repeated(name: str | None = None) -> fields.Field[Any]:
    """Return a parameter that may stand several times, all of which must hold."""
    return Items(Text(high=VALUE_LIMIT), high=TIMES_MAX, data_key=name)


def gathered(pairs: Sequence[tuple[str, str]]) -> dict[str, object]:
    """Bring together what stands several times."""
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return {
        name: values[0] if name in ONCE and len(values) == 1 else values
        for name, values in found.items()
    }


class FormatSchema(Input):
    """What every request may say."""

    _format = Text(high=64)


class PatientQuerySchema(FormatSchema):
    """The parameters of PDQm (ITI-78)."""

    _id = repeated()
    identifier = repeated()
    family = repeated()
    family_exact = repeated("family:exact")
    given = repeated()
    given_exact = repeated("given:exact")
    name = repeated()
    name_exact = repeated("name:exact")
    birthdate = repeated()
    gender = repeated()
    telecom = repeated()
    address = repeated()
    address_exact = repeated("address:exact")
    address_city = repeated("address-city")
    address_city_exact = repeated("address-city:exact")
    address_state = repeated("address-state")
    address_state_exact = repeated("address-state:exact")
    address_postalcode = repeated("address-postalcode")
    address_postalcode_exact = repeated("address-postalcode:exact")
    address_country = repeated("address-country")
    address_country_exact = repeated("address-country:exact")
    mothersMaidenName = repeated()  # noqa: N815  # IHE's spelling
    mothersMaidenName_exact = repeated("mothersMaidenName:exact")  # noqa: N815  # IHE's spelling
    active = repeated()
    _count = QueryWhole(load_default=LIMIT_DEFAULT, low=1, high=LIMIT_MAX)
    _cursor = Text(high=PAGE_CURSOR_LIMIT)


class PixQuerySchema(FormatSchema):
    """The parameters of ``$ihe-pix`` (ITI-83)."""

    sourceIdentifier = Text(required=True, high=VALUE_LIMIT)  # noqa: N815  # FHIR's spelling
    targetSystem = Items(Text(high=VALUE_LIMIT), high=TIMES_MAX)  # noqa: N815  # FHIR's spelling


class FeedQuerySchema(FormatSchema):
    """Which record a conditional update is about (ITI-104)."""

    identifier = Text(required=True, high=129, pattern=TOKEN)


PATIENT_QUERY = PatientQuerySchema()
PIX_QUERY = PixQuerySchema()
FEED_QUERY = FeedQuerySchema()
FORMAT = FormatSchema()


@dataclass(frozen=True, slots=True)
class PatientQuery:
    """A PDQm search as it was sent: of each parameter its values, and the page."""

    values: Mapping[str, Sequence[str]]
    cursor: str | None
    count: int


def load_format() -> None:
    """Refuse parameters that are not read."""
    load_arguments(FORMAT)


def load_patient_query(pairs: Sequence[tuple[str, str]]) -> PatientQuery:
    """Load a PDQm search from its parameters.

    Raises
    ------
    InvalidError
        A parameter or modifier is not known: nothing is passed over unsaid.
    """
    data = cast("dict[str, Any]", load(PATIENT_QUERY, gathered(pairs)))
    names = {key: field.data_key or key for key, field in PATIENT_QUERY.fields.items()}
    cursor, count = data.pop("_cursor", None), data.pop("_count")
    data.pop("_format", None)
    return PatientQuery({names[key]: each for key, each in data.items()}, cursor, count)


def load_pix_query(pairs: Sequence[tuple[str, str]]) -> PixQuestion:
    """Load the question of ``$ihe-pix`` from its parameters.

    Raises
    ------
    SourceDomainError
        The source identifier names no domain.
    """
    data = cast("dict[str, Any]", load(PIX_QUERY, gathered(pairs)))
    source = split_token(data["sourceIdentifier"])
    if not source.system or "|" not in data["sourceIdentifier"]:
        raise SourceDomainError
    return PixQuestion(source.normalised, tuple(data.get("targetSystem", ())))


def load_pix_parameters(document: object) -> PixQuestion:
    """Load the same question from a Parameters resource."""
    parameters = document.get("parameter") if isinstance(document, dict) else None
    pairs: list[tuple[str, Any]] = [
        (str(each.get("name")), each.get("valueString") or each.get("valueUri"))
        for each in (parameters if isinstance(parameters, list) else [])
        if isinstance(each, dict)
    ]
    return load_pix_query(pairs)


def load_feed_query() -> PatientIdentifier:
    """Load which record a conditional update is about."""
    return split_token(cast("str", load_arguments(FEED_QUERY)["identifier"])).normalised
