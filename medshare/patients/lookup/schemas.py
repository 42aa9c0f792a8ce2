"""Searches for patients, and who is found before anybody is registered, in and out of JSON."""

from dataclasses import dataclass
from typing import Any, cast

from marshmallow import ValidationError, fields, post_load, validates, validates_schema

from medshare.infra.paging import CURSOR_LIMIT, LIMIT_DEFAULT, LIMIT_MAX
from medshare.patients import identity_numbers
from medshare.patients.checks import NUMBER_SENTENCES
from medshare.patients.identity_numbers import NumberFault
from medshare.patients.matching.decide import Grade, PersonEvidence
from medshare.patients.matching.explain import agreeing
from medshare.patients.model import PatientIdentifier, Registration, SearchQuery, Sex
from medshare.patients.names import fold
from medshare.patients.schemas import (
    NAME_FAULT,
    PHONE,
    PHONE_SEPARATORS,
    HumanNameSchema,
    PatientIdentifierSchema,
    ReasonSchema,
    dump_reason,
)
from medshare.web.body import load_json
from medshare.web.faults import Fault
from medshare.web.fields import Code, Day, Input, Items, OneOf, Sub, Text, Whole

SEARCH_FAULT = Fault(
    "search-too-wide",
    "Search by identifier alone, or by name and birthDate at least.",
    "请仅按标识符检索，或至少提供姓名与出生日期。",
)


class SearchIdentifierSchema(Input):
    """An identifier to look for; an identity number has to look like one.

    With a wrong check digit it is looked for as it stands: records may state it so.
    """

    system = Code(required=True)
    value = Text(required=True, high=64)

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> PatientIdentifier:
        """Make the model."""
        wanted = PatientIdentifier(data["system"], data["value"], "").normalised
        is_identity_number = wanted.system == identity_numbers.SYSTEM
        fault = identity_numbers.fault_of(wanted.value) if is_identity_number else None
        if fault is not None and fault is not NumberFault.CHECK_DIGIT:
            raise ValidationError(Fault(fault, *NUMBER_SENTENCES[fault]), "value")
        return wanted


@dataclass(frozen=True, slots=True)
class PatientSearch:
    """Whom a caller looks for, and which page of the answer."""

    query: SearchQuery
    cursor: str | None
    limit: int


class PatientSearchSchema(Input):
    """A search for persons; in a body, so that no address ever holds an identifier."""

    identifier = Sub(SearchIdentifierSchema)
    name = Text(high=200)
    birthDate = Day()  # noqa: N815  # JSON's spelling
    sex = OneOf(Sex)
    phone = Text(pattern=PHONE)
    cursor = Text(load_default=None, high=CURSOR_LIMIT)
    limit = Whole(load_default=LIMIT_DEFAULT, low=1, high=LIMIT_MAX)

    @validates("name")
    def check_name(self, value: str, **_: object) -> None:
        """Want something of the name besides spaces and dots."""
        if not fold(value):
            raise ValidationError(NAME_FAULT)

    @validates_schema
    def check_width(self, data: dict[str, Any], **_: object) -> None:
        """Hold the search to one of its two ways."""
        asked = data.keys() - {"cursor", "limit"}
        if asked != {"identifier"} and not asked >= {"name", "birthDate"}:
            raise ValidationError(SEARCH_FAULT)
        if "identifier" in asked and len(asked) > 1:
            raise ValidationError(SEARCH_FAULT)

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> PatientSearch:
        """Make the model."""
        query = SearchQuery(
            identifier=data.get("identifier"),
            name=data.get("name", ""),
            birth_date=data.get("birthDate"),
            sex=data.get("sex"),
            phone=data.get("phone", "").translate(PHONE_SEPARATORS),
        )
        return PatientSearch(query, data["cursor"], data["limit"])


class MatchQuerySchema(Input):
    """What is known of somebody before they are registered; nothing is created."""

    identifiers = Items(Sub(PatientIdentifierSchema), high=20)
    name = Sub(HumanNameSchema, required=True)
    sex = OneOf(Sex)
    birthDate = Day()  # noqa: N815  # JSON's spelling
    phone = Text(load_default="", pattern=PHONE)
    address = Text(load_default="", high=500)

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> Registration:
        """Make the model."""
        return Registration(
            identifiers=tuple(data.get("identifiers", ())),
            name=data["name"],
            sex=data.get("sex", Sex.UNKNOWN),
            birth_date=data.get("birthDate"),
            phone=data["phone"].translate(PHONE_SEPARATORS),
            address=data["address"],
        ).normalised


class MatchCandidateSchema(Input):
    """A person who may be meant: how sure it is, and what of the question agrees."""

    patientId = fields.String(required=True)  # noqa: N815  # JSON's spelling
    grade = OneOf(Grade, required=True)
    explanation = Items(Sub(ReasonSchema), required=True)


class MatchListSchema(Input):
    """Who may be meant, the surest first."""

    items = fields.List(fields.Nested(MatchCandidateSchema), required=True)


MATCH = MatchQuerySchema()
SEARCH = PatientSearchSchema()


def load_search() -> PatientSearch:
    """Load the search in the request's body."""
    return cast("PatientSearch", load_json(SEARCH))


def load_match() -> Registration:
    """Load whom a caller asks for before creating anybody."""
    return cast("Registration", load_json(MATCH))


def dump_candidate(person: PersonEvidence) -> dict[str, object]:
    """Show a person who may be meant; nothing of what others stated."""
    return {
        "patientId": person.patient_id,
        "grade": person.grade,
        "explanation": [dump_reason(each) for each in agreeing(person.best)],
    }
