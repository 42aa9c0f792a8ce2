"""Opt-outs and opt-ins in and out of JSON."""

from typing import Any

from marshmallow import fields

from medshare.care.consents.model import (
    Consent,
    ConsentRequest,
    GivenBy,
    Provision,
    Scope,
    Word,
)
from medshare.care.schemas import PatientNamed, patient_named
from medshare.kernel.identifiers import FacilityCode, PatientId
from medshare.web.body import load_arguments, load_json
from medshare.web.fields import Code, Flag, Input, Items, OffsetDateTime, OneOf, Text


class WordSchema(Input):
    """Whose word it is, and what shows it."""

    givenBy = OneOf(GivenBy, required=True)  # noqa: N815  # JSON's spelling
    guardian = Text(load_default="", low=0, high=200)
    proof = Text(required=True, high=500)


class OptOutRequestSchema(PatientNamed, WordSchema):
    """A refusal to share; without ``facilities`` and ``sensitivity`` it holds for all results."""

    facilities = Items(Code(), load_default=None, low=1, high=100, unique=True, allow_none=False)
    sensitivity = Code(load_default=None)


class OptInRequestSchema(OptOutRequestSchema):
    """An agreement to share results of a class."""

    sensitivity = Code(required=True)


class ConsentQuerySchema(Input):
    """Whose opt-outs or opt-ins are asked for."""

    patientId = Code(required=True)  # noqa: N815  # JSON's spelling


class OptInSchema(Input):
    """An opt-in, as it is shown to the facility that took it down."""

    id = fields.String(required=True)
    patientId = fields.String(required=True)  # noqa: N815  # JSON's spelling
    recordId = fields.String(required=True)  # noqa: N815  # JSON's spelling
    facilities = fields.List(fields.String(), required=True)
    sensitivity = fields.String(required=True)
    givenBy = OneOf(GivenBy, required=True)  # noqa: N815  # JSON's spelling
    guardian = fields.String()
    proof = fields.String(required=True)
    recordedBy = fields.String(required=True)  # noqa: N815  # JSON's spelling
    recordedAt = OffsetDateTime(required=True)  # noqa: N815  # JSON's spelling
    withdrawnAt = OffsetDateTime()  # noqa: N815  # JSON's spelling
    withdrawnBy = fields.String()  # noqa: N815  # JSON's spelling


class OptOutSchema(OptInSchema):
    """An opt-out, as it is shown to the facility that took it down."""

    everything = Flag(required=True)
    sensitivity = fields.String()


class OptOutListSchema(Input):
    """The opt-outs of a person, oldest first."""

    items = fields.List(fields.Nested(OptOutSchema), required=True)


class OptInListSchema(Input):
    """The opt-ins of a person, oldest first."""

    items = fields.List(fields.Nested(OptInSchema), required=True)


def load_opt_out(recorded_by: str) -> ConsentRequest:
    """Load the refusal in the request's body."""
    return _request(Provision.DENY, load_json(OptOutRequestSchema()), recorded_by)


def load_opt_in(recorded_by: str) -> ConsentRequest:
    """Load the agreement in the request's body."""
    return _request(Provision.PERMIT, load_json(OptInRequestSchema()), recorded_by)


def load_word(recorded_by: str) -> Word:
    """Load whose word a withdrawal is."""
    return _word(load_json(WordSchema()), recorded_by)


def load_question() -> PatientId:
    """Load whose consents are asked for."""
    return PatientId(load_arguments(ConsentQuerySchema())["patientId"])


def _request(provision: Provision, data: dict[str, Any], recorded_by: str) -> ConsentRequest:
    named = tuple(FacilityCode(each) for each in data["facilities"] or ())
    scope = Scope(named, data["sensitivity"])
    return ConsentRequest(provision, patient_named(data), scope, _word(data, recorded_by))


def _word(data: dict[str, Any], recorded_by: str) -> Word:
    return Word(data["givenBy"], data["guardian"], data["proof"], recorded_by)


def dump_consent(consent: Consent) -> dict[str, object]:
    """Show an opt-out or an opt-in; what is not known is left out."""
    scope = consent.scope
    withdrawn_by = consent.withdrawal.recorded_by if consent.withdrawal else ""
    optional: dict[str, object] = {
        "sensitivity": scope.sensitivity,
        "guardian": consent.word.guardian,
        "withdrawnAt": consent.withdrawn_at,
        "withdrawnBy": withdrawn_by,
    }
    refusal = {"everything": scope == Scope()} if consent.provision is Provision.DENY else {}
    return {
        "id": consent.id,
        "patientId": consent.patient_id,
        "recordId": consent.record_id,
        "facilities": list(scope.facilities),
        "givenBy": consent.word.given_by,
        "proof": consent.word.proof,
        "recordedBy": consent.word.recorded_by,
        "recordedAt": consent.recorded_at,
        **refusal,
        **{key: value for key, value in optional.items() if value},
    }
