"""Why an instance is refused, and what is remarked about one that is kept.

References
----------
DICOM PS3.4 Annex B.2.3 and PS3.18 Annex I.2.2 (failure reasons).
"""

from dataclasses import dataclass
from enum import IntEnum, StrEnum

from medshare.kernel.errors import InvalidError


class FailureReason(IntEnum):
    """Failure Reason (0008,1197), a number of VR US."""

    PROCESSING_FAILURE = 0x0110
    SOP_CLASS_NOT_SUPPORTED = 0x0122
    OUT_OF_RESOURCES = 0xA700
    DATA_SET_MISMATCH = 0xA900
    CANNOT_UNDERSTAND = 0xC000
    TRANSFER_SYNTAX_NOT_SUPPORTED = 0xC122


class WarningReason(IntEnum):
    """Warning Reason (0008,1196), a number of VR US (PS3.18 Annex I.2.1).

    Of the standard's three only one: nothing is ever coerced (B000H) or discarded (B006H).
    """

    NOT_AS_SOP_CLASS = 0xB007


@dataclass(frozen=True, slots=True)
class Refusal:
    """An instance that cannot be kept: a result, not an exception.

    Parameters
    ----------
    reason
        The standard's number.
    code
        Our finer name for the case, in kebab-case.
    sentence
        What is wrong, without any value of the file.
    sop_class_uid, sop_instance_uid
        From the file meta information when it could be read and they are UIDs, else empty: then
        the failure belongs into the Other Failures Sequence.
    """

    reason: FailureReason
    code: str
    sentence: str
    sop_class_uid: str = ""
    sop_instance_uid: str = ""


class RefusedError(InvalidError):
    """Carries a refusal out of the depth of a scan; ``scan`` turns it into a result."""

    slug = "instance-refused"
    title = "The DICOM instance cannot be kept"
    title_zh = "无法保存该 DICOM 实例"

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.sentence)
        self.refusal = refusal


def _not_understood(code: str, sentence: str) -> Refusal:
    return Refusal(FailureReason.CANNOT_UNDERSTAND, code, sentence)


def _mismatch(code: str, sentence: str) -> Refusal:
    return Refusal(FailureReason.DATA_SET_MISMATCH, code, sentence)


NOT_PART_10 = _not_understood("not-part-10", "The bytes are not a DICOM file (PS3.10).")
BROKEN_META = _not_understood("broken-file-meta", "The file meta information cannot be read.")
TRUNCATED = _not_understood("truncated", "The file ends within an element.")
NO_ELEMENT = _not_understood("no-element", "Bytes that are no element stand in the data set.")
BEYOND_PARENT = _not_understood(
    "length-beyond-parent", "An element is longer than what it is a part of."
)
MALFORMED_SEQUENCE = _not_understood(
    "malformed-sequence", "A sequence or its items are not delimited as PS3.5 section 7.5 asks."
)
UNDEFINED_LENGTH = _not_understood(
    "undefined-length", "An element that may not have one has an undefined length."
)
TOO_DEEP = _not_understood("too-deep", "Sequences are nested too deeply.")
TOO_MANY_ELEMENTS = _not_understood("too-many-elements", "The data set has too many elements.")
TOO_MANY_ITEMS = _not_understood("too-many-items", "The data set has too many sequence items.")
TOO_MUCH_METADATA = _not_understood("too-much-metadata", "The data set's header is too large.")
BROKEN_DEFLATE = _not_understood("broken-deflate", "The deflated data set cannot be inflated.")
DEFLATE_BOMB = _not_understood("deflate-bomb", "The deflated data set inflates beyond the limit.")
BROKEN_METADATA = _not_understood("broken-metadata", "The metadata are no data set of DICOM JSON.")
BULK_DATA_ELSEWHERE = _not_understood(
    "bulk-data-elsewhere", "A BulkDataURI names no part of the same message."
)
FRAMES_UNSEPARATED = _not_understood(
    "frames-unseparated", "Coded pixel data of several frames came as one part; send the file."
)
ENCAPSULATION_MISMATCH = _not_understood(
    "encapsulation-mismatch", "The pixel data are encapsulated under a native transfer syntax."
)
UNKNOWN_TRANSFER_SYNTAX = Refusal(
    FailureReason.TRANSFER_SYNTAX_NOT_SUPPORTED,
    "unknown-transfer-syntax",
    "The transfer syntax is missing or not supported.",
)
MEDIA_DIRECTORY = Refusal(
    FailureReason.SOP_CLASS_NOT_SUPPORTED,
    "media-directory",
    "A media storage directory is no instance to keep.",
)
MISSING_UID = _mismatch("missing-uid", "The SOP class or one of the three instance UIDs is absent.")
INVALID_UID = _mismatch("invalid-uid", "The SOP class or one of the three UIDs is not a UID.")
AMBIGUOUS_UID = _mismatch("ambiguous-uid", "The SOP class or one of the three UIDs stands twice.")


class WarningCode(StrEnum):
    """What is out of order in an instance that is kept all the same."""

    META_MISMATCH = "file-meta-mismatch"
    META_GROUP_LENGTH = "file-meta-group-length"
    MISSING_PREAMBLE = "missing-preamble"
    ENCODING_MISMATCH = "encoding-mismatch"
    IMPLICIT_ELEMENT = "implicit-element"
    UNKNOWN_VR = "unknown-vr"
    UNORDERED = "unordered-elements"
    DUPLICATE = "duplicate-element"
    STRAY_DELIMITER = "stray-delimiter"
    TRAILING_PADDING = "trailing-padding"
    VALUE_LENGTH = "value-length"
    VALUE_FORMAT = "value-format"
    VALUE_TOO_LONG = "value-too-long"
    NON_FINITE = "non-finite-number"
    CHARSET_UNKNOWN = "charset-unknown"
    CHARSET_UNDECLARED = "charset-undeclared"
    CHARSET_UNDECODABLE = "charset-undecodable"
    CHARSET_REPAIRED = "charset-repaired"
    PIXEL_LENGTH = "pixel-data-length"
    PIXEL_GEOMETRY = "pixel-data-geometry"
    PIXEL_NOT_ENCAPSULATED = "pixel-data-not-encapsulated"
    FRAMES_UNKNOWN = "frames-unknown"


Problems = list[WarningCode]
"""Where a decoder puts what it remarks."""


@dataclass(frozen=True, slots=True)
class ScanWarning:
    """One remark; ``attribute`` is a path as of bulk data, empty if it is about the whole file."""

    code: WarningCode
    attribute: str = ""


class Remarks:
    """Collects warnings, each once and not without limit: a hostile file earns thousands."""

    _MOST = 100

    def __init__(self) -> None:
        self._remarks: dict[ScanWarning, None] = {}

    def add(self, code: WarningCode, attribute: str = "") -> None:
        """Remark something, unless it was remarked before or enough has been."""
        if len(self._remarks) < self._MOST:
            self._remarks[ScanWarning(code, attribute)] = None

    def all(self) -> tuple[ScanWarning, ...]:
        """Return the remarks in the order in which they were first made."""
        return tuple(self._remarks)
