"""Report versions in and out of JSON."""

import base64
import binascii
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from marshmallow import ValidationError, fields, post_load, validates, validates_schema

from medshare.exams.model import Exam
from medshare.exams.reports import (
    PDF_LIMIT_BYTES,
    Comparator,
    Flag,
    Language,
    Observation,
    Pdf,
    ReferenceRange,
    Report,
    ReportDraft,
    ReportStatus,
    ReportText,
    Signer,
    is_whole_pdf,
)
from medshare.exams.schemas.fields import CodingSchema, Number, StampField, dump_coding
from medshare.web.body import load_json
from medshare.web.faults import Fault
from medshare.web.fields import Code, Input, Items, OneOf, Sub, Text, Whole

PDF = "application/pdf"
TEXT_HIGH = 20_000
ONE_VALUE = Fault(
    "one-value",
    "Send value or valueText, one of the two; a comparator and a unit belong to value.",
    "请填写 value 或 valueText，二者取一；比较符和单位仅用于 value。",
)
NO_WORDS = Fault("no-words", "Send findings, impression or both.", "请填写检查所见或诊断意见。")
SAME_LANGUAGE = Fault(
    "language-twice", "Send one text in each language.", "每种语言只能填写一份文字。"
)
PDF_TYPE = Fault("pdf-type", "Send application/pdf.", "请填写 application/pdf。")
PDF_BASE64 = Fault("base64", "Send the document in base64.", "请以 base64 填写文档。")
PDF_SIZE = Fault("pdf-too-large", "Send at most 20 MiB.", "文档不得超过 20 MiB。")
PDF_BROKEN = Fault(
    "pdf-broken",
    "The document does not begin with %PDF or end with %%EOF; send the whole file.",
    "文档开头不是 %PDF 或结尾不是 %%EOF，请发送完整文件。",
)


@dataclass(frozen=True, slots=True)
class SentReport:
    """A report version with the bytes of its document."""

    draft: ReportDraft
    document: bytes | None


class SignerSchema(Input):
    """Who signs: the facility's staff number and a name."""

    id = Code(required=True)
    name = Text(required=True, high=200)

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> Signer:
        """Make the model."""
        return Signer(**data)


class ReportTextSchema(Input):
    """The words of a report in one language."""

    language = OneOf(Language, required=True)
    findings = Text(load_default="", high=TEXT_HIGH)
    impression = Text(load_default="", high=TEXT_HIGH)

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> ReportText:
        """Make the model, which has words."""
        if not data["findings"] and not data["impression"]:
            raise ValidationError(NO_WORDS)
        return ReportText(**data)


class ReferenceRangeSchema(Input):
    """The range that the laboratory calls usual."""

    low = Number(load_default=None)
    high = Number(load_default=None)
    text = Text(load_default="", high=200)

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> ReferenceRange:
        """Make the model."""
        return ReferenceRange(**data)


class ObservationSchema(Input):
    """One result."""

    code = Sub(CodingSchema, required=True)
    value = Number(load_default=None)
    valueText = Text(load_default=None)  # noqa: N815  # JSON's spelling
    comparator = OneOf(Comparator, load_default=None)
    unit = Text(load_default="", high=64)
    ucum = Code(load_default=None)
    referenceRange = Sub(ReferenceRangeSchema, load_default=None)  # noqa: N815  # JSON's spelling
    flag = OneOf(Flag, load_default=None)
    specimen = Text(load_default="", high=200)
    collectedAt = StampField(load_default=None)  # noqa: N815  # JSON's spelling

    @validates_schema
    def check_value(self, data: dict[str, Any], **_: object) -> None:
        """Let there be one value, and what belongs to a number only there."""
        is_number = data["value"] is not None
        of_number = data["comparator"] or data["unit"] or data["ucum"]
        if is_number == (data["valueText"] is not None) or (of_number and not is_number):
            raise ValidationError({"value": [ONE_VALUE]})

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> Observation:
        """Make the model."""
        return Observation(
            code=data["code"],
            value=data["value"],
            value_text=data["valueText"],
            comparator=data["comparator"],
            unit=data["unit"],
            ucum=data["ucum"],
            reference_range=data["referenceRange"],
            flag=data["flag"],
            specimen=data["specimen"],
            collected=data["collectedAt"],
        )


class PdfSchema(Input):
    """A signed document; ``data`` is base64 (RFC 4648 section 4)."""

    contentType = fields.String(required=True)  # noqa: N815  # JSON's spelling
    data = fields.String(required=True)

    @validates("contentType")
    def check_type(self, value: str, **_: object) -> None:
        """Take PDF only."""
        if value != PDF:
            raise ValidationError(PDF_TYPE)

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> bytes:
        """Decode the document and hold it to the look of a whole PDF."""
        try:
            document = base64.b64decode(data["data"], validate=True)
        except (binascii.Error, ValueError):
            raise ValidationError(PDF_BASE64, "data") from None
        if len(document) > PDF_LIMIT_BYTES:
            raise ValidationError(PDF_SIZE, "data")
        if not is_whole_pdf(document):
            raise ValidationError(PDF_BROKEN, "data")
        return document


class ReportDraftSchema(Input):
    """A report version as its facility sends it."""

    status = OneOf(ReportStatus, required=True)
    author = Sub(SignerSchema, required=True)
    verifier = Sub(SignerSchema, load_default=None)
    signedAt = StampField(required=True)  # noqa: N815  # JSON's spelling
    texts = Items(Sub(ReportTextSchema), load_default=list, high=len(Language))
    observations = Items(Sub(ObservationSchema), load_default=list, high=500)
    pdf = Sub(PdfSchema, load_default=None)

    @validates_schema
    def check_languages(self, data: dict[str, Any], **_: object) -> None:
        """Let there be one text in each language."""
        languages = [each.language for each in data["texts"]]
        if len(set(languages)) != len(languages):
            raise ValidationError(SAME_LANGUAGE, "texts")

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> SentReport:
        """Make the model, which knows the document by its digest."""
        document: bytes | None = data["pdf"]
        pdf = None
        if document is not None:
            pdf = Pdf(hashlib.sha256(document).hexdigest(), len(document))
        draft = ReportDraft(
            status=data["status"],
            author=data["author"],
            signed=data["signedAt"],
            verifier=data["verifier"],
            texts=tuple(data["texts"]),
            observations=tuple(data["observations"]),
            pdf=pdf,
        )
        return SentReport(draft, document)


class PdfLinkSchema(Input):
    """Where the signed document is."""

    contentType = fields.String(required=True)  # noqa: N815  # JSON's spelling
    size = Whole(required=True, low=1, high=PDF_LIMIT_BYTES)
    sha256 = fields.String(required=True)
    href = fields.String(required=True)


class ReportSchema(Input):
    """A report version."""

    version = Whole(required=True, low=1, high=1 << 31)
    isCurrent = fields.Boolean(required=True)  # noqa: N815  # JSON's spelling
    status = OneOf(ReportStatus, required=True)
    author = Sub(SignerSchema, required=True)
    verifier = Sub(SignerSchema)
    signedAt = fields.String(required=True)  # noqa: N815  # JSON's spelling
    recordedAt = fields.String(required=True)  # noqa: N815  # JSON's spelling
    texts = Items(Sub(ReportTextSchema), required=True)
    observations = Items(Sub(ObservationSchema), required=True)
    pdf = Sub(PdfLinkSchema)


class ReportListSchema(Input):
    """A page of report versions."""

    items = fields.List(fields.Nested(ReportSchema), required=True)
    next = fields.String()


DRAFT = ReportDraftSchema()


def load_report(limit_bytes: int) -> SentReport:
    """Load the report version in the request's body."""
    return cast("SentReport", load_json(DRAFT, limit_bytes))


def dump_report(exam: Exam, report: Report) -> dict[str, object]:
    """Show a report version of an exam; what is empty is left out."""
    draft = report.draft
    shown: dict[str, object] = {
        "version": report.version,
        "isCurrent": report.version == exam.report_version,
        "status": draft.status,
        "author": _signer(draft.author),
        "signedAt": draft.signed.text,
        "recordedAt": report.recorded_at.isoformat().replace("+00:00", "Z"),
        "texts": [_text(each) for each in draft.texts],
        "observations": [_observation(each) for each in draft.observations],
    }
    if draft.verifier is not None:
        shown["verifier"] = _signer(draft.verifier)
    if draft.pdf is not None:
        shown["pdf"] = {
            "contentType": PDF,
            "size": draft.pdf.size,
            "sha256": draft.pdf.sha256,
            "href": f"/api/v1/exams/{exam.id}/reports/{report.version}/pdf",
        }
    return shown


def _signer(signer: Signer) -> dict[str, object]:
    return {"id": signer.id, "name": signer.name}


def _text(text: ReportText) -> dict[str, object]:
    words = {"findings": text.findings, "impression": text.impression}
    return {"language": text.language} | {name: value for name, value in words.items() if value}


def _observation(observation: Observation) -> dict[str, object]:
    reference = observation.reference_range
    shown: dict[str, object] = {
        "code": dump_coding(observation.code),
        "value": observation.value,
        "valueText": observation.value_text,
        "comparator": observation.comparator,
        "unit": observation.unit or None,
        "ucum": observation.ucum,
        "referenceRange": _without_none(
            {"low": reference.low, "high": reference.high, "text": reference.text or None}
        )
        if reference
        else None,
        "flag": observation.flag,
        "specimen": observation.specimen or None,
        "collectedAt": observation.collected.text if observation.collected else None,
    }
    return _without_none(shown)


def _without_none(document: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in document.items() if value is not None}
