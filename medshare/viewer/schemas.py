"""What the pages' scripts send."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, cast
from zoneinfo import ZoneInfo

from marshmallow import ValidationError, fields, post_load, validates_schema

from medshare.infra.paging import CURSOR_LIMIT
from medshare.kernel.errors import InvalidError, Issue
from medshare.kernel.principal import PurposeOfUse
from medshare.patients.lookup.words import LENGTH_MAX
from medshare.recognition.decisions.model import Explanation, ExplanationMethod
from medshare.recognition.model import Outcome
from medshare.viewer.launch import RequestType, Wanted
from medshare.viewer.narrowing import Narrowing, View
from medshare.viewer.standing import Choice
from medshare.web.body import load_arguments, load_form, load_json
from medshare.web.faults import Fault
from medshare.web.fields import Input, OffsetDateTime, OneOf, Text, Whole

DWELL_MAX_MS = 24 * 3_600_000
LIST_MAX = 1000  # characters: a dozen of the longest UIDs
UIDS = (
    r"[0-9.]{1,64}( ?, ?[0-9.]{1,64})*",
    Fault(
        "uid-list",
        "Send Study Instance UIDs, separated by commas.",
        "请填写检查实例 UID，以逗号分隔。",
    ),
)
MODALITIES = (
    r"[A-Z0-9_]{1,16}( ?, ?[A-Z0-9_]{1,16})*",
    Fault(
        "modality-list",
        "Send modalities as DICOM writes them, separated by commas: CT,MR.",
        "请按 DICOM 写法填写检查类型，以逗号分隔，例如 CT,MR。",
    ),
)
COUNT = (
    r"[1-9][0-9]{0,2}",
    Fault("count", "Send a whole number from 1 to 999.", "请填写 1 至 999 的整数。"),
)
TIME = (
    r"[0-9]{4}(-[0-9]{2}){2}T[0-9]{2}(:[0-9]{2}){2}(\.[0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})?",
    Fault(
        "xsd-date-time",
        "Send a time that exists as xsd:dateTime: 2026-03-01T09:30:00+08:00.",
        "请按 xsd:dateTime 填写存在的时间，例如 2026-03-01T09:30:00+08:00。",
    ),
)
PATIENT_ID_MISSING = Fault(
    "patient-id-missing", "A PATIENT request names a patientID.", "PATIENT 请求须填写 patientID。"
)
STUDY_MISSING = Fault(
    "study-missing",
    "A STUDY request names a studyUID or an accessionNumber.",
    "STUDY 请求须填写 studyUID 或 accessionNumber。",
)
NOT_DIAGNOSTIC = Fault(
    "not-diagnostic",
    "Images are shown for reference; ask without diagnosticQuality=true.",
    "影像仅供参考显示，请勿设置 diagnosticQuality=true。",
)


class Answer(StrEnum):
    """What a page offers to decide on a result."""

    RECOGNISED = Outcome.RECOGNISED
    REPEATED = Outcome.REPEATED


@dataclass(frozen=True, slots=True)
class ImagesView:
    """How a study's images are asked for: the purpose, if not the usual one, and beside which.

    ``beside`` is empty where any other study of the person may stand beside it.
    """

    purpose: PurposeOfUse | None
    beside: frozenset[str]


class PatientWordsSchema(Input):
    """What was typed to find somebody; in a body, so that no address ever holds it."""

    words = Text(required=True, high=LENGTH_MAX)


class PurposeForm:
    """Why a page is asked for, if not for the usual purpose of the person's role."""

    purpose = OneOf(PurposeOfUse, load_default=None)


class PatientViewSchema(PurposeForm, Input):
    """How a patient's page is asked for."""

    cursor = Text(load_default=None, high=CURSOR_LIMIT)
    modalities = Text(load_default="", high=LIST_MAX, pattern=MODALITIES)
    since = OffsetDateTime(load_default=None)
    until = OffsetDateTime(load_default=None)
    latest = Text(load_default=None, high=3, pattern=COUNT)

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> View:
        """Make the model."""
        latest = int(data["latest"]) if data["latest"] else None
        narrowing = Narrowing(data["modalities"], data["since"], data["until"], latest)
        return View(data["purpose"], data["cursor"], narrowing)


class ImagesViewSchema(PurposeForm, Input):
    """How a study's images are asked for; ``beside`` are those that alone may stand beside them."""

    beside = Text(load_default="", high=LIST_MAX, pattern=UIDS)

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> ImagesView:
        """Make the model."""
        return ImagesView(data["purpose"], frozenset(listed(data["beside"])))


class ResultChoiceSchema(Input):
    """What somebody decides on the result that they read."""

    version = Whole(required=True, low=1, high=1 << 31)
    outcome = OneOf(Answer, required=True)
    reason = Text(load_default="", low=0, high=64)
    freeText = Text(load_default="", low=0)  # noqa: N815  # JSON's spelling
    explained = OneOf(ExplanationMethod, load_default=None)
    dwellMs = Whole(load_default=None, low=0, high=DWELL_MAX_MS)  # noqa: N815  # JSON's spelling


class EmbeddedOutcomeSchema(Input):
    """What the framing page is told of a decision."""

    evaluationId = fields.String(required=True)  # noqa: N815  # JSON's spelling
    decisionId = fields.String(required=True)  # noqa: N815  # JSON's spelling
    outcome = fields.String(required=True)
    reason = fields.String(required=True)
    orderReference = fields.String(required=True)  # noqa: N815  # JSON's spelling


class RedemptionSchema(Input):
    """The ticket that opens an embedded page."""

    ticket = Text(required=True, high=100)


class ImageDisplaySchema(Input):
    """What a link of another system asks to see (IHE RAD-106); names as the standard spells them.

    What only arranges is taken and changes nothing. A time without offset is the city's.
    """

    requestType = OneOf(RequestType, required=True)  # noqa: N815  # the standard's spelling
    patientID = Text(load_default="", high=200)  # noqa: N815  # the standard's spelling
    studyUID = Text(load_default="", high=LIST_MAX, pattern=UIDS)  # noqa: N815  # the same
    accessionNumber = Text(load_default="", high=LIST_MAX)  # noqa: N815  # the same
    patientName = Text(load_default="", high=200)  # noqa: N815  # the same
    patientBirthDate = Text(load_default="", high=40)  # noqa: N815  # the same
    lowerDateTime = Text(load_default="", high=40, pattern=TIME)  # noqa: N815  # the same
    upperDateTime = Text(load_default="", high=40, pattern=TIME)  # noqa: N815  # the same
    mostRecentResults = Text(load_default="", high=3, pattern=COUNT)  # noqa: N815  # the same
    modalitiesInStudy = Text(load_default="", high=LIST_MAX, pattern=MODALITIES)  # noqa: N815  # the same
    viewerType = Text(load_default="", high=40)  # noqa: N815  # the same
    diagnosticQuality = Text(load_default="", high=10)  # noqa: N815  # the same
    keyImagesOnly = Text(load_default="", high=10)  # noqa: N815  # the same

    @validates_schema
    def check_named(self, data: dict[str, Any], **_: object) -> None:
        """Want what the type of request asks by, and nothing that this display is not for."""
        if data["requestType"] is RequestType.PATIENT and not data["patientID"]:
            raise ValidationError(PATIENT_ID_MISSING, "patientID")
        if data["requestType"] is RequestType.STUDY and not (
            data["studyUID"] or data["accessionNumber"]
        ):
            raise ValidationError(STUDY_MISSING, "studyUID")
        if data["diagnosticQuality"] == "true":
            raise ValidationError(NOT_DIAGNOSTIC, "diagnosticQuality")

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> Wanted:
        """Make the model."""
        return Wanted(
            data["requestType"],
            data["patientID"],
            listed(data["studyUID"]),
            listed(data["accessionNumber"]),
            ",".join(listed(data["modalitiesInStudy"])),
            data["lowerDateTime"],
            data["upperDateTime"],
            int(data["mostRecentResults"]) if data["mostRecentResults"] else None,
        )


def listed(text: str) -> list[str]:
    """Return what stands between commas."""
    return [each.strip() for each in text.split(",") if each.strip()]


def load_image_display(zone: ZoneInfo) -> Wanted:
    """Load what a link of another system asks to see; its times without offset are the zone's.

    Raises
    ------
    InvalidError
        Something is missing, malformed, or a time that does not exist.
    """
    wanted = cast("Wanted", load_arguments(ImageDisplaySchema()))
    return replace(
        wanted,
        since=_instant(wanted.since, "lowerDateTime", zone),
        until=_instant(wanted.until, "upperDateTime", zone),
    )


def _instant(text: str, name: str, zone: ZoneInfo) -> str:
    try:
        at = datetime.fromisoformat(text) if text else None
    except ValueError:
        fault = TIME[1]
        raise InvalidError(issues=[Issue(f"/{name}", fault.code, str(fault), fault.zh)]) from None
    return at.replace(tzinfo=at.tzinfo or zone).isoformat() if at else ""


def load_ticket() -> str:
    """Load the ticket of a form that a hospital's system had its browser send."""
    return cast("str", load_form(RedemptionSchema())["ticket"])


def load_words() -> str:
    """Load what was typed."""
    return cast("str", load_json(PatientWordsSchema())["words"])


def load_images_view() -> ImagesView:
    """Load how a study's images are asked for."""
    return cast("ImagesView", load_arguments(ImagesViewSchema()))


def load_view() -> View:
    """Load how a patient's page is asked for."""
    return cast("View", load_arguments(PatientViewSchema()))


def load_choice(doctor: str, now: datetime) -> Choice:
    """Load what a doctor decides on a result."""
    data = load_json(ResultChoiceSchema())
    method = data["explained"]
    return Choice(
        version=data["version"],
        outcome=Outcome(data["outcome"]),
        reason=data["reason"],
        free_text=data["freeText"],
        explanation=Explanation(doctor, now, method) if method else None,
        dwell_ms=data["dwellMs"],
    )
