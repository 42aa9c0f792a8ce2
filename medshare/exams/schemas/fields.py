"""Fields and small objects that exams, reports and questions share."""

import math
from datetime import UTC
from typing import Any

from marshmallow import ValidationError, fields, post_load

from medshare.exams.items import MODALITIES
from medshare.exams.model import Coding, IdentifierRef, Stamp
from medshare.kernel.identifiers import StudyInstanceUid, is_uid_as_sent
from medshare.web.faults import Fault
from medshare.web.fields import BASE, Code, Input, OffsetDateTime, Text

MODALITY_FAULT = Fault(
    "modality",
    "Send a defined term of DICOM Modality (0008,0060) such as CT, MR, DX or US.",
    "请填写 DICOM 定义的设备类型，例如 CT、MR、DX、US。",
)
UID_FAULT = Fault(
    "uid",
    "Send a DICOM UID: digits and dots, no leading zeros, at most 64 characters.",
    "请填写 DICOM UID：仅含数字和点，无前导零，最长 64 个字符。",
)
SYSTEM_FAULT = Fault("uri", "Send a URI such as urn:oid:2.999.1.", "请填写 URI 形式的体系。")
SYSTEM = (r"[!-~]+:[!-~]+", SYSTEM_FAULT)


class StampField(OffsetDateTime):
    """An instant with its offset; comes in as a ``Stamp`` that keeps the text."""

    def _deserialize(  # type: ignore[override]  # a stamp holds the instant and its text
        self, value: object, *args: object, **kwargs: object
    ) -> Stamp:
        instant = super()._deserialize(value, *args, **kwargs)
        try:
            return Stamp(instant.astimezone(UTC), str(value))
        except OverflowError:
            raise self.make_error("invalid") from None


class Modality(fields.String):
    """A defined term of Modality (0008,0060)."""

    def _deserialize(self, value: object, *args: object, **kwargs: object) -> str:
        del args, kwargs
        if not isinstance(value, str) or value not in MODALITIES:
            raise ValidationError(MODALITY_FAULT)
        return value


class Uid(fields.String):
    """A Study Instance UID."""

    def _deserialize(self, value: object, *args: object, **kwargs: object) -> StudyInstanceUid:
        del args, kwargs
        if not isinstance(value, str) or not is_uid_as_sent(value):
            raise ValidationError(UID_FAULT)
        return StudyInstanceUid(value)


class Number(fields.Float):
    """A finite number; ``true`` and ``"5"`` are faults."""

    default_error_messages = {  # noqa: RUF012  # marshmallow's own form
        **BASE,
        "invalid": Fault("number", "Send a number.", "请填写数字。"),
    }

    def _deserialize(self, value: object, *args: object, **kwargs: object) -> float:
        del args, kwargs
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.make_error("invalid")
        if not math.isfinite(number := float(value)):
            raise self.make_error("invalid")
        return number


class CodingSchema(Input):
    """A code of a system."""

    system = Text(required=True, high=64, pattern=SYSTEM)
    code = Code(required=True)
    display = Text(load_default="", high=200)

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> Coding:
        """Make the model."""
        return Coding(**data)


class IdentifierSchema(Input):
    """A patient's identifier: who assigned it, and the number."""

    system = Text(required=True, high=200, pattern=SYSTEM)
    value = Text(required=True, high=64)

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> IdentifierRef:
        """Make the model."""
        return IdentifierRef(**data)


def dump_coding(coding: Coding) -> dict[str, object]:
    """Show a code."""
    shown: dict[str, object] = {"system": coding.system, "code": coding.code}
    return shown | ({"display": coding.display} if coding.display else {})
