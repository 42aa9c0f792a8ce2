"""Patients and their records in and out of JSON."""

from typing import Any, cast

from marshmallow import ValidationError, fields, post_load

from medshare.kernel.errors import Issue
from medshare.kernel.identifiers import PatientId
from medshare.patients.checks import warnings_of
from medshare.patients.model import (
    FoundPatient,
    HumanName,
    Outcome,
    PatientIdentifier,
    PatientRecord,
    Reason,
    Registered,
    Registration,
    Sex,
)
from medshare.web.body import load_json
from medshare.web.faults import Fault
from medshare.web.fields import Code, Day, Input, Items, OffsetDateTime, OneOf, Sub, Text, Whole

NAME_FAULT = Fault(
    "name-empty", "Send the name as text or alphabetic.", "请以 text 或 alphabetic 填写姓名。"
)
PHONE_FAULT = Fault(
    "phone",
    "Send digits, with +, spaces, hyphens or brackets at most.",
    "电话仅可含数字、+、空格、连字符和括号。",
)
TYPE_FAULT = Fault(
    "identifier-type",
    "Send a type of HL7 table 0203, such as MR or NNCHN.",
    "请填写 HL7 表 0203 的标识符类型，例如 MR 或 NNCHN。",
)
SENTENCES = {
    Reason.IDENTITY_NUMBER_AND_NAME: (
        "A known person has the same valid identity number and an agreeing name.",
        "已有身份证号有效且相同、姓名一致的人员。",
    ),
    Reason.NAME_AND_MORE: (
        "A known person agrees in name and in enough of what was stated.",
        "已有姓名及其他足够信息一致的人员。",
    ),
    Reason.AGREEING_PERSONAL_NUMBER: (
        "A personal number other than the identity number agrees.",
        "身份证以外的个人证件号一致。",
    ),
    Reason.AGREEING_BIRTH_DATE: ("The birth date agrees.", "出生日期一致。"),
    Reason.AGREEING_PHONE: ("The phone agrees.", "电话一致。"),
    Reason.AGREEING_ADDRESS: ("The address agrees.", "地址一致。"),
    Reason.POSSIBLE_SAME_PERSON: (
        "The record may be of somebody known; a registrar compares them.",
        "该记录可能属于已有人员，将由登记员核对。",
    ),
    Reason.UNIDENTIFIED: (
        "The name stands for nobody known; the record is linked once it is changed to a name.",
        "姓名为占位名称，更改为真实姓名后再行关联。",
    ),
    Reason.NO_AGREEING_PERSON: (
        "No known person agrees in enough of what was stated.",
        "没有足够信息一致的已有人员。",
    ),
    Reason.POSSIBLE_DUPLICATE: (
        "The facility has another record of this person; check whether one is a duplicate.",
        "本机构已有该人员的其他记录，请核查是否重复建档。",
    ),
    Reason.BY_REGISTRAR: (
        "A registrar decided that the record belongs to this person.",
        "登记员判定该记录属于此人。",
    ),
    Reason.VOUCHED_FOR: (
        "A later record of this person agrees with this one.",
        "该人员后来的记录与本记录一致。",
    ),
    Reason.LOADED_UNMATCHED: (
        "The record was loaded in bulk and compared with nobody.",
        "该记录为批量导入，未与任何人员比对。",
    ),
    Reason.LINK_KEPT: (
        "By its content the record would now be linked otherwise; the link was not changed.",
        "按现有内容该记录应另行关联，现有关联未作更改。",
    ),
}
PHONE = (r"\+?[0-9][0-9 ()\-]{2,39}", PHONE_FAULT)
PHONE_SEPARATORS = str.maketrans("", "", " ()-")


class PatientIdentifierSchema(Input):
    """An identifier of a person: who assigned it, its value and its type."""

    system = Code(required=True)
    value = Text(required=True, high=64)
    type = Text(required=True, high=16, pattern=(r"[A-Z][A-Z0-9]{0,15}", TYPE_FAULT))

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> PatientIdentifier:
        """Make the model."""
        return PatientIdentifier(**data)


class HumanNameSchema(Input):
    """A name in its forms."""

    text = Text(load_default="", low=0, high=200)
    family = Text(load_default="", low=0, high=200)
    given = Text(load_default="", low=0, high=200)
    alphabetic = Text(load_default="", low=0, high=200)

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> HumanName:
        """Make the model, when anything stands in it."""
        name = HumanName(**data)
        if not name.forms:
            raise ValidationError(NAME_FAULT)
        return name


class RegistrationSchema(Input):
    """What a facility says about a person."""

    identifiers = Items(Sub(PatientIdentifierSchema), required=True, low=1, high=20)
    name = Sub(HumanNameSchema, required=True)
    sex = OneOf(Sex, required=True)
    birthDate = Day()  # noqa: N815  # JSON's spelling
    phone = Text(load_default="", pattern=PHONE)
    address = Text(load_default="", high=500)
    deceased = Day()

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> Registration:
        """Make the model."""
        return Registration(
            identifiers=tuple(data["identifiers"]),
            name=data["name"],
            sex=data["sex"],
            birth_date=data.get("birthDate"),
            phone=data["phone"].translate(PHONE_SEPARATORS),
            address=data["address"],
            deceased_on=data.get("deceased"),
        )


class PatientRecordSchema(RegistrationSchema):
    """A facility's record, as it is shown."""

    recordId = fields.String(required=True)  # noqa: N815  # JSON's spelling
    patientId = fields.String(required=True)  # noqa: N815  # JSON's spelling
    facility = fields.String(required=True)
    version = Whole(required=True, low=1, high=2**31 - 1)
    updatedAt = OffsetDateTime(required=True)  # noqa: N815  # JSON's spelling


class ReasonSchema(Input):
    """A reason of a decision: its code, and a sentence in each language."""

    code = OneOf(Reason, required=True)
    en = fields.String(required=True)
    zh = fields.String(required=True)


class WarningSchema(Input):
    """What is doubtful in a record and was taken as stated; ``pointer`` leads into the record."""

    pointer = fields.String(required=True)
    code = fields.String(required=True)
    en = fields.String(required=True)
    zh = fields.String(required=True)


class RegisteredSchema(Input):
    """How a registration ended."""

    patientId = fields.String(required=True)  # noqa: N815  # JSON's spelling
    recordId = fields.String(required=True)  # noqa: N815  # JSON's spelling
    outcome = OneOf(Outcome, required=True)
    explanation = Items(Sub(ReasonSchema), required=True)
    warnings = Items(Sub(WarningSchema), required=True)
    record = Sub(PatientRecordSchema, required=True)


class PatientSchema(Input):
    """A person with those of their records that the caller may see."""

    patientId = fields.String(required=True)  # noqa: N815  # JSON's spelling
    records = Items(Sub(PatientRecordSchema), required=True, low=1)


class ReplacedSchema(Input):
    """A retired id, and the one that replaced it."""

    patientId = fields.String(required=True)  # noqa: N815  # JSON's spelling
    replacedBy = fields.String(required=True)  # noqa: N815  # JSON's spelling


class PatientListSchema(Input):
    """A page of persons."""

    items = fields.List(fields.Nested(PatientSchema), required=True)
    next = fields.String()


REGISTRATION = RegistrationSchema()


def load_registration() -> Registration:
    """Load the registration in the request's body."""
    return cast("Registration", load_json(REGISTRATION))


def dump_registered(registered: Registered) -> dict[str, object]:
    """Show how a registration ended."""
    return {
        "patientId": registered.record.patient_id,
        "recordId": registered.record.record_id,
        "outcome": registered.outcome,
        "explanation": [dump_reason(each) for each in registered.explanation],
        "warnings": [_dump_warning(each) for each in warnings_of(registered.entry.registration)],
        "record": dump_record(registered.entry),
    }


def _dump_warning(issue: Issue) -> dict[str, str]:
    return {"pointer": issue.pointer, "code": issue.code, "en": issue.en, "zh": issue.zh}


def dump_patient(patient: FoundPatient) -> dict[str, object]:
    """Show a person."""
    return {
        "patientId": patient.patient_id,
        "records": [dump_record(each) for each in patient.records],
    }


def dump_replaced(retired: PatientId, current: PatientId) -> dict[str, object]:
    """Say which id replaced a retired one."""
    return {"patientId": retired, "replacedBy": current}


def dump_record(record: PatientRecord) -> dict[str, object]:
    """Show a record; what is not known is left out."""
    stated = record.registration
    optional: dict[str, object] = {
        "birthDate": stated.birth_date,
        "phone": stated.phone,
        "address": stated.address,
        "deceased": stated.deceased_on,
    }
    return {
        "recordId": record.linked.record_id,
        "patientId": record.linked.patient_id,
        "facility": record.linked.facility,
        "version": record.version,
        "updatedAt": record.updated_at,
        "identifiers": [dump_identifier(each) for each in stated.identifiers],
        "name": dump_name(stated.name),
        "sex": stated.sex,
        **{key: value for key, value in optional.items() if value},
    }


def dump_reason(reason: Reason) -> dict[str, str]:
    """Show a reason in both languages."""
    en, zh = SENTENCES[reason]
    return {"code": reason, "en": en, "zh": zh}


def dump_identifier(identifier: PatientIdentifier) -> dict[str, str]:
    """Show an identifier."""
    return {"system": identifier.system, "value": identifier.value, "type": identifier.type}


def dump_name(name: HumanName) -> dict[str, str]:
    """Show the forms of a name that are known."""
    forms = {
        "text": name.text,
        "family": name.family,
        "given": name.given,
        "alphabetic": name.alphabetic,
    }
    return {key: value for key, value in forms.items() if value}
