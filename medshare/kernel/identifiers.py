"""Identifiers that must not be mixed up, and how our own keys are made."""

import re
from datetime import UTC, datetime, timedelta
from typing import NewType

FacilityCode = NewType("FacilityCode", str)
PatientId = NewType("PatientId", str)
RecordId = NewType("RecordId", str)
ExamId = NewType("ExamId", str)
StudyInstanceUid = NewType("StudyInstanceUid", str)
SeriesInstanceUid = NewType("SeriesInstanceUid", str)
SopInstanceUid = NewType("SopInstanceUid", str)

_UID = re.compile(r"(0|[1-9][0-9]*)(\.(0|[1-9][0-9]*))*")
_UID_AS_SENT = re.compile(r"[0-9]+(\.[0-9]+)*")
_UID_LENGTH_MAX = 64
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def is_uid(text: str) -> bool:
    """Tell whether a text is a DICOM UID (PS3.5 section 9.1).

    Components without leading zeros, digits and dots only, at most 64 characters.
    """
    return len(text) <= _UID_LENGTH_MAX and _UID.fullmatch(text) is not None


def is_uid_as_sent(text: str) -> bool:
    """Tell whether a text names an object as a UID would, leading zeros or not.

    PS3.5 forbids them, and equipment writes them: an object is known by what was written.
    """
    return len(text) <= _UID_LENGTH_MAX and _UID_AS_SENT.fullmatch(text) is not None


def new_key(at: datetime, randomness: bytes) -> str:
    """Make a UUID version 7 (RFC 9562 section 5.7): keys that sort by time.

    Parameters
    ----------
    at
        Aware instant; its milliseconds since 1970 lead the key, the microseconds within them
        follow (RFC 9562 section 6.2, method 3).
    randomness
        At least 10 bytes from a cryptographic source, of which 62 bits are used.
    """
    milliseconds, within = divmod((at - _EPOCH) // _MICROSECOND, 1000)
    value = int.from_bytes(milliseconds.to_bytes(6, "big") + randomness[:10], "big")
    value = value & ~(0xFFFF << 64) | (0x7000 | (within << 12) // 1000) << 64
    value = value & ~(0x3 << 62) | (0x2 << 62)
    digits = f"{value:032x}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
