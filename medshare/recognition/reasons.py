"""The reasons of a verdict: their codes, and how much each weighs."""

from dataclasses import dataclass, field
from enum import StrEnum


class Weight(StrEnum):
    """What a reason does to a verdict: excludes, leaves to discretion, or only tells."""

    HARD = "hard"
    SOFT = "soft"
    ADVISORY = "advisory"


class Code(StrEnum):
    """The name of a reason; clients and statistics match on it."""

    IDENTITY_UNCERTAIN = "IDENTITY_UNCERTAIN"
    BREAK_GLASS = "BREAK_GLASS"
    STATUS_NOT_FINAL = "STATUS_NOT_FINAL"
    STATUS_INVALID = "STATUS_INVALID"
    SUPERSEDED = "SUPERSEDED"
    REPORT_AMENDED = "REPORT_AMENDED"
    ITEM_NOT_EQUIVALENT = "ITEM_NOT_EQUIVALENT"
    MODALITY_MISMATCH = "MODALITY_MISMATCH"
    BODY_PART_MISMATCH = "BODY_PART_MISMATCH"
    LATERALITY_MISMATCH = "LATERALITY_MISMATCH"
    LATERALITY_UNKNOWN = "LATERALITY_UNKNOWN"
    CONTRAST_MISMATCH = "CONTRAST_MISMATCH"
    SPECIMEN_MISMATCH = "SPECIMEN_MISMATCH"
    METHOD_NOT_COMPARABLE = "METHOD_NOT_COMPARABLE"
    FUTURE_DATED = "FUTURE_DATED"
    TIME_UNTRUSTED = "TIME_UNTRUSTED"
    EXPIRED = "EXPIRED"
    ITEM_NOT_IN_CATALOGUE = "ITEM_NOT_IN_CATALOGUE"
    LEVEL_RULE = "LEVEL_RULE"
    NO_QUALITY_MARK = "NO_QUALITY_MARK"
    OUTSIDE_SCOPE = "OUTSIDE_SCOPE"
    MARK_NOT_IN_FORCE = "MARK_NOT_IN_FORCE"
    MARK_WITHDRAWN = "MARK_WITHDRAWN"
    CERT_EXPIRED_SINCE_EXAM = "CERT_EXPIRED_SINCE_EXAM"
    IMAGES_UNAVAILABLE = "IMAGES_UNAVAILABLE"
    IMAGE_QUALITY_INSUFFICIENT = "IMAGE_QUALITY_INSUFFICIENT"
    EMERGENCY_REPEAT_PERMITTED = "EMERGENCY_REPEAT_PERMITTED"
    CRITICAL_PROCEDURE_REPEAT_PERMITTED = "CRITICAL_PROCEDURE_REPEAT_PERMITTED"
    RAPID_CHANGE_REPEAT_PERMITTED = "RAPID_CHANGE_REPEAT_PERMITTED"
    FORENSIC_REPEAT_PERMITTED = "FORENSIC_REPEAT_PERMITTED"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a verdict is what it is, for the doctor and for whoever asks later.

    Parameters
    ----------
    rule
        The document and passage that the reason rests on, or that it is a choice of medshare.
    remedy_zh, remedy_en
        What would make it go away, or what to do about it.
    evidence, evidence_zh
        The fact of this very result that the reason rests on, in either language; the Chinese
        wording is no part of what makes two reasons the same.
    """

    code: Code
    weight: Weight
    zh: str
    en: str
    rule: str
    remedy_zh: str
    remedy_en: str
    evidence: str = ""
    evidence_zh: str = field(default="", compare=False)
