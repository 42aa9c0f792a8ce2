"""Facilities in and out of JSON."""

from typing import Any, cast
from zoneinfo import available_timezones

from marshmallow import ValidationError, fields, post_load, validates

from medshare.facilities.model import CharsetPolicy, Facility
from medshare.kernel.identifiers import FacilityCode, is_uid
from medshare.web.body import load, load_json
from medshare.web.faults import Fault
from medshare.web.fields import Code, Input, Items, OneOf, Sub, Text, Whole

OID_FAULT = Fault(
    "oid", "Send an object identifier such as 2.999.1.", "请填写对象标识符，例如 2.999.1。"
)
ZONE_FAULT = Fault(
    "time-zone",
    "Send an IANA zone such as Asia/Shanghai.",
    "请填写 IANA 时区名称。",
)
AE_FAULT = Fault(
    "ae-title",
    "Send 1 to 16 printable ASCII characters without a backslash.",
    "请填写 1 至 16 个可打印 ASCII 字符，不含反斜杠。",
)
CODE_FAULT = Fault(
    "facility-code",
    "Use capital letters, digits and hyphens, at most 32.",
    "请使用大写字母、数字和连字符，最长 32 位。",
)
URI_FAULT = Fault("uri", "Send a URI such as urn:oid:2.999.1.", "请填写 URI 形式的体系。")


class FacilityNameSchema(Input):
    """A facility's names."""

    zh = Text(required=True, high=200)
    en = Text(required=True, high=200)


class FacilitySchema(Input):
    """A facility, as it is sent and as it is shown."""

    code = Text(required=True, pattern=(r"[A-Z0-9][A-Z0-9-]{0,31}", CODE_FAULT))
    name = Sub(FacilityNameSchema, required=True)
    level = Whole(required=True, low=1, high=3)
    oid = Text(required=True, high=64)
    patientIdentifierSystem = Code(required=True)  # noqa: N815  # JSON's spelling
    timeZone = Text(load_default="Asia/Shanghai", high=64)  # noqa: N815  # JSON's spelling
    aeTitles = Items(  # noqa: N815  # JSON's spelling
        Text(high=16, pattern=(r"[ -\[\]-~]{1,16}", AE_FAULT)), unique=True, load_default=list
    )
    scopes = Items(Code(), unique=True, load_default=list)
    charsetPolicy = OneOf(CharsetPolicy, load_default=CharsetPolicy.DETECT)  # noqa: N815  # JSON's

    @validates("oid")
    def check_oid(self, value: str, **_: object) -> None:
        """Hold the OID to the grammar of UIDs."""
        if not is_uid(value):
            raise ValidationError(OID_FAULT)

    @validates("timeZone")
    def check_zone(self, value: str, **_: object) -> None:
        """Know the zone."""
        if value not in available_timezones():
            raise ValidationError(ZONE_FAULT)

    @validates("patientIdentifierSystem")
    def check_system(self, value: str, **_: object) -> None:
        """Hold the system to the look of a URI."""
        if ":" not in value:
            raise ValidationError(URI_FAULT)

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> Facility:
        """Make the model."""
        return Facility(
            code=FacilityCode(data["code"]),
            name_zh=data["name"]["zh"],
            name_en=data["name"]["en"],
            level=data["level"],
            oid=data["oid"],
            patient_identifier_system=data["patientIdentifierSystem"],
            time_zone=data["timeZone"],
            ae_titles=tuple(data["aeTitles"]),
            scopes=tuple(data["scopes"]),
            charset_policy=data["charsetPolicy"],
        )


class FacilityListSchema(Input):
    """A page of facilities."""

    items = fields.List(fields.Nested(FacilitySchema), required=True)
    next = fields.String()


FACILITY = FacilitySchema()


def load_facility() -> Facility:
    """Load the facility in the request's body."""
    return cast("Facility", load_json(FACILITY))


def read_facility(document: object) -> Facility:
    """Load a facility from a document that did not come over HTTP."""
    return cast("Facility", load(FACILITY, document))


def dump_facility(facility: Facility) -> dict[str, object]:
    """Show a facility."""
    return {
        "code": facility.code,
        "name": {"zh": facility.name_zh, "en": facility.name_en},
        "level": facility.level,
        "oid": facility.oid,
        "patientIdentifierSystem": facility.patient_identifier_system,
        "timeZone": facility.time_zone,
        "aeTitles": list(facility.ae_titles),
        "scopes": list(facility.scopes),
        "charsetPolicy": facility.charset_policy,
    }
