"""Opt-outs in and out of JSON."""

from typing import Any

from marshmallow import fields

from medshare.care.consents.model import GivenBy, OptOut, OptOutRequest, Word
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
    """A refusal to share; without ``facilities`` it holds for the results of all."""

    facilities = Items(Code(), load_default=None, low=1, high=100, unique=True, allow_none=False)


class OptOutQuerySchema(Input):
    """Whose opt-outs are asked for."""

    patientId = Code(required=True)  # noqa: N815  # JSON's spelling


class OptOutSchema(Input):
    """An opt-out, as it is shown to the facility that took it down."""

    id = fields.String(required=True)
    patientId = fields.String(required=True)  # noqa: N815  # JSON's spelling
    recordId = fields.String(required=True)  # noqa: N815  # JSON's spelling
    everything = Flag(required=True)
    facilities = fields.List(fields.String(), required=True)
    givenBy = OneOf(GivenBy, required=True)  # noqa: N815  # JSON's spelling
    guardian = fields.String()
    proof = fields.String(required=True)
    recordedBy = fields.String(required=True)  # noqa: N815  # JSON's spelling
    recordedAt = OffsetDateTime(required=True)  # noqa: N815  # JSON's spelling
    withdrawnAt = OffsetDateTime()  # noqa: N815  # JSON's spelling
    withdrawnBy = fields.String()  # noqa: N815  # JSON's spelling


class OptOutListSchema(Input):
    """The opt-outs of a person, oldest first."""

    items = fields.List(fields.Nested(OptOutSchema), required=True)


def load_opt_out(recorded_by: str) -> OptOutRequest:
    """Load the refusal in the request's body."""
    data = load_json(OptOutRequestSchema())
    named = tuple(FacilityCode(each) for each in data["facilities"] or ())
    return OptOutRequest(patient_named(data), named, _word(data, recorded_by))


def load_word(recorded_by: str) -> Word:
    """Load whose word a withdrawal is."""
    return _word(load_json(WordSchema()), recorded_by)


def load_question() -> PatientId:
    """Load whose opt-outs are asked for."""
    return PatientId(load_arguments(OptOutQuerySchema())["patientId"])


def _word(data: dict[str, Any], recorded_by: str) -> Word:
    return Word(data["givenBy"], data["guardian"], data["proof"], recorded_by)


def dump_opt_out(opt_out: OptOut) -> dict[str, object]:
    """Show an opt-out; what is not known is left out."""
    withdrawn_by = opt_out.withdrawal.recorded_by if opt_out.withdrawal else ""
    optional: dict[str, object] = {
        "guardian": opt_out.word.guardian,
        "withdrawnAt": opt_out.withdrawn_at,
        "withdrawnBy": withdrawn_by,
    }
    return {
        "id": opt_out.id,
        "patientId": opt_out.patient_id,
        "recordId": opt_out.record_id,
        "everything": not opt_out.facilities,
        "facilities": list(opt_out.facilities),
        "givenBy": opt_out.word.given_by,
        "proof": opt_out.word.proof,
        "recordedBy": opt_out.word.recorded_by,
        "recordedAt": opt_out.recorded_at,
        **{key: value for key, value in optional.items() if value},
    }
