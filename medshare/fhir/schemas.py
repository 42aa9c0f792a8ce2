"""The parameters of FHIR searches and operations."""

from collections.abc import Sequence
from typing import Any, cast

from marshmallow import fields, validate

from medshare.fhir.questions import PixQuestion, split_token
from medshare.infra.paging import LIMIT_DEFAULT, LIMIT_MAX
from medshare.kernel.identifiers import PatientId
from medshare.patients.demographics import Demographics
from medshare.patients.model import PatientIdentifier, Sex
from medshare.web.body import load, load_arguments, load_pairs
from medshare.web.faults import Fault
from medshare.web.fields import Code, Day, Input, OneOf, QueryWhole, Text

TOKEN_FAULT = Fault(
    "token",
    "Send an identifier as system|value; a bare value names nobody.",
    "请以 system|value 形式填写标识符。",
)
PAGE_CURSOR_LIMIT = 8000
"""Of a cursor that holds its search: as long as a criterion may be, and all of them."""
TOKEN = (r"[^|\s]{1,64}\|[^|]{1,64}", TOKEN_FAULT)


class FormatSchema(Input):
    """What every request may say."""

    _format = Text(high=64)


class PatientQuerySchema(FormatSchema):
    """The parameters of PDQm (ITI-78)."""

    _id = Code()
    identifier = Text(high=129, pattern=TOKEN)
    family = Text(high=200)
    given = Text(high=200)
    name = Text(high=200)
    birthdate = Day()
    gender = OneOf(Sex)
    telecom = Text(high=64)
    address = Text(high=200)
    active = fields.String(validate=validate.OneOf(["true", "false"]))
    _count = QueryWhole(load_default=LIMIT_DEFAULT, low=1, high=LIMIT_MAX)
    _cursor = Text(high=PAGE_CURSOR_LIMIT)


class PixQuerySchema(FormatSchema):
    """The parameters of ``$ihe-pix`` (ITI-83)."""

    sourceIdentifier = Text(required=True, high=129, pattern=TOKEN)  # noqa: N815  # FHIR's spelling
    targetSystem = Code()  # noqa: N815  # FHIR's spelling


class FeedQuerySchema(FormatSchema):
    """Which record a conditional update is about (ITI-104)."""

    identifier = Text(required=True, high=129, pattern=TOKEN)


PATIENT_QUERY = PatientQuerySchema()
PIX_QUERY = PixQuerySchema()
FEED_QUERY = FeedQuerySchema()
FORMAT = FormatSchema()


def load_format() -> None:
    """Refuse parameters that are not read."""
    load_arguments(FORMAT)


def load_patient_query(pairs: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """Load a PDQm search from its parameters."""
    return cast("dict[str, Any]", load_pairs(PATIENT_QUERY, pairs))


def demographics_of(data: dict[str, Any]) -> Demographics:
    """Return whom a search is for."""
    identifier = data.get("identifier")
    return Demographics(
        patient_id=PatientId(data["_id"]) if "_id" in data else None,
        identifier=split_token(identifier).normalised if identifier else None,
        name=data.get("name", ""),
        family=data.get("family", ""),
        given=data.get("given", ""),
        birth_date=data.get("birthdate"),
        sex=data.get("gender"),
        phone="".join(each for each in data.get("telecom", "") if each in "+0123456789"),
        address=data.get("address", ""),
    )


def load_pix_query() -> PixQuestion:
    """Load the question of ``$ihe-pix`` from the query string."""
    data = cast("dict[str, Any]", load_arguments(PIX_QUERY))
    return PixQuestion(split_token(data["sourceIdentifier"]).normalised, data.get("targetSystem"))


def load_pix_parameters(document: object) -> PixQuestion:
    """Load the same question from a Parameters resource."""
    named = {}
    parameters = document.get("parameter") if isinstance(document, dict) else None
    for each in parameters if isinstance(parameters, list) else []:
        if isinstance(each, dict):
            value = each.get("valueString") or each.get("valueUri")
            named[str(each.get("name"))] = value
    data = cast("dict[str, Any]", load(PIX_QUERY, named))
    return PixQuestion(split_token(data["sourceIdentifier"]).normalised, data.get("targetSystem"))


def load_feed_query() -> PatientIdentifier:
    """Load which record a conditional update is about."""
    return split_token(cast("str", load_arguments(FEED_QUERY)["identifier"])).normalised
