"""Classes of sensitive results in and out of JSON."""

from marshmallow import fields

from medshare.care.sensitivity.model import SYSTEM, SensitivityClass
from medshare.kernel.errors import InvalidError, Issue
from medshare.web.body import load_json
from medshare.web.fields import Code, Flag, Input, Text

CODE_MISMATCH = Issue(
    "/code",
    "code-mismatch",
    "Send the code that stands in the address; a code never changes.",
    "请填写与地址中一致的代码；代码不可更改。",
)


class SensitivityPolicySchema(Input):
    """What a class is called, what policy asks of it, and why."""

    code = Code(required=True)
    nameEn = Text(required=True, high=200)  # noqa: N815  # JSON's spelling
    nameZh = Text(required=True, high=200)  # noqa: N815  # JSON's spelling
    consentRequired = Flag(required=True)  # noqa: N815  # JSON's spelling
    sealed = Flag(required=True)
    reason = Text(required=True, high=500)


class SensitivityClassSchema(SensitivityPolicySchema):
    """A class, as it is shown."""

    system = fields.String(required=True)
    reason = Text(high=500)


class SensitivityClassListSchema(Input):
    """Every class, by code."""

    items = fields.List(fields.Nested(SensitivityClassSchema), required=True)


POLICY = SensitivityPolicySchema()


def load_class(code: str) -> SensitivityClass:
    """Load what the request's body makes of the class that its address names.

    Raises
    ------
    InvalidError
        Among others: the body names another class.
    """
    data = load_json(POLICY)
    if data["code"] != code:
        raise InvalidError(issues=[CODE_MISMATCH])
    return SensitivityClass(
        code,
        data["nameEn"],
        data["nameZh"],
        data["consentRequired"],
        data["sealed"],
        data["reason"],
    )


def dump_class(shown: SensitivityClass) -> dict[str, object]:
    """Show a class."""
    return {
        "system": SYSTEM,
        "code": shown.code,
        "nameEn": shown.name_en,
        "nameZh": shown.name_zh,
        "consentRequired": shown.consent_required,
        "sealed": shown.sealed,
        **({"reason": shown.reason} if shown.reason else {}),
    }
