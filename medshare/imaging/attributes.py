"""The attributes that the index knows: at which level, how they match, which always come back.

References
----------
DICOM PS3.18 Tables 10.6.1-5 (matching) and 10.6.3-3 to 10.6.3-5 (return).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache


class Level(StrEnum):
    """The levels of a search, from the top."""

    STUDY = "study"
    SERIES = "series"
    INSTANCE = "instance"


class Matching(StrEnum):
    """How a key is matched (PS3.4 section C.2.2.2)."""

    NONE = "none"
    UID = "uid"
    TEXT = "text"
    NAME = "name"
    DATE = "date"
    TIME = "time"
    DATE_TIME = "date-time"
    NUMBER = "number"
    MODALITIES = "modalities"
    PATIENT_ID = "patient-id"
    REQUESTS = "requests"
    EMPTY = "empty"
    NAME_KEYS = "name-keys"


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute of the index.

    Parameters
    ----------
    tag
        Eight hex digits, capitals.
    required
        Comes back for every match, empty if it has no value.
    computed
        Is not read from the instances but made at the search.
    """

    tag: str
    keyword: str
    vr: str
    level: Level
    matching: Matching = Matching.NONE
    required: bool = True
    computed: bool = False


def _study(tag: str, keyword: str, vr: str, matching: Matching, **more: bool) -> Attribute:
    return Attribute(tag, keyword, vr, Level.STUDY, matching, **more)


def _series(tag: str, keyword: str, vr: str, matching: Matching, **more: bool) -> Attribute:
    return Attribute(tag, keyword, vr, Level.SERIES, matching, **more)


def _instance(tag: str, keyword: str, vr: str, matching: Matching, **more: bool) -> Attribute:
    return Attribute(tag, keyword, vr, Level.INSTANCE, matching, **more)


ATTRIBUTES = (
    _study("00080020", "StudyDate", "DA", Matching.DATE),
    _study("00080030", "StudyTime", "TM", Matching.TIME),
    _study("00080050", "AccessionNumber", "SH", Matching.TEXT),
    _study("00080056", "InstanceAvailability", "CS", Matching.NONE, computed=True),
    _study("00080061", "ModalitiesInStudy", "CS", Matching.MODALITIES, computed=True),
    _study("00080080", "InstitutionName", "LO", Matching.NONE, required=False),
    _study("00080090", "ReferringPhysicianName", "PN", Matching.NAME),
    _study("00080201", "TimezoneOffsetFromUTC", "SH", Matching.NONE, required=False),
    _study("00081030", "StudyDescription", "LO", Matching.TEXT, required=False),
    _study("00081190", "RetrieveURL", "UR", Matching.NONE, computed=True),
    _study("00100010", "PatientName", "PN", Matching.NAME),
    _study("00100020", "PatientID", "LO", Matching.PATIENT_ID),
    _study("00100021", "IssuerOfPatientID", "LO", Matching.TEXT, required=False),
    _study(
        "00100024",
        "IssuerOfPatientIDQualifiersSequence",
        "SQ",
        Matching.NONE,
        required=False,
        computed=True,
    ),
    _study("00100030", "PatientBirthDate", "DA", Matching.DATE),
    _study("00100040", "PatientSex", "CS", Matching.TEXT),
    _study(
        "00101002", "OtherPatientIDsSequence", "SQ", Matching.NONE, required=False, computed=True
    ),
    _study("0020000D", "StudyInstanceUID", "UI", Matching.UID),
    _study("00200010", "StudyID", "SH", Matching.TEXT),
    _study("00201206", "NumberOfStudyRelatedSeries", "IS", Matching.NONE, computed=True),
    _study("00201208", "NumberOfStudyRelatedInstances", "IS", Matching.NONE, computed=True),
    _series("00080060", "Modality", "CS", Matching.TEXT),
    _series("0008103E", "SeriesDescription", "LO", Matching.TEXT),
    _series("00180015", "BodyPartExamined", "CS", Matching.TEXT, required=False),
    _series("0020000E", "SeriesInstanceUID", "UI", Matching.UID),
    _series("00200011", "SeriesNumber", "IS", Matching.NUMBER),
    _series("00200060", "Laterality", "CS", Matching.TEXT, required=False),
    _series("00201209", "NumberOfSeriesRelatedInstances", "IS", Matching.NONE, computed=True),
    _series("00400244", "PerformedProcedureStepStartDate", "DA", Matching.DATE),
    _series("00400245", "PerformedProcedureStepStartTime", "TM", Matching.TIME),
    _series("00400275", "RequestAttributesSequence", "SQ", Matching.REQUESTS),
    _instance("00080016", "SOPClassUID", "UI", Matching.UID),
    _instance("00080018", "SOPInstanceUID", "UI", Matching.UID),
    _instance("00083002", "AvailableTransferSyntaxUID", "UI", Matching.NONE),
    _instance("00200013", "InstanceNumber", "IS", Matching.NUMBER),
    _instance("00280008", "NumberOfFrames", "IS", Matching.NUMBER),
    _instance("00280010", "Rows", "US", Matching.NUMBER),
    _instance("00280011", "Columns", "US", Matching.NUMBER),
    _instance("00280100", "BitsAllocated", "US", Matching.NUMBER),
)
BY_TAG = {each.tag: each for each in ATTRIBUTES}
BY_KEYWORD = {each.keyword: each for each in ATTRIBUTES}
ORDER = tuple(Level)

# More than any attribute of the index may have (a PN has 5 times 64): an index takes no page.
TEXT_MAX = 400
# What an IS may hold (PS3.5 section 6.2), and a US all the more.
NUMBER_MIN, NUMBER_MAX = -(2**31), 2**31 - 1

Element = Mapping[str, object]
DataSet = Mapping[str, Element]


@cache
def at_or_above(level: Level) -> tuple[Attribute, ...]:
    """Return the attributes of a level and of those above it."""
    levels = ORDER[: ORDER.index(level) + 1]
    return tuple(each for each in ATTRIBUTES if each.level in levels)


@cache
def required_tags(level: Level, above: frozenset[Level]) -> frozenset[str]:
    """Return the tags that come back unasked, none of the levels that the address names."""
    possible = at_or_above(level)
    return frozenset(each.tag for each in possible if each.required and each.level not in above)


@lru_cache(maxsize=1024)  # searches ask for the same few sets
def levels_of(tags: frozenset[str]) -> frozenset[Level]:
    """Return of which levels some tags are."""
    return frozenset(each.level for each in ATTRIBUTES if each.tag in tags)


def values(dataset: DataSet, tag: str) -> list[object]:
    """Return the values of an element of DICOM JSON, empty when it has none."""
    found = dataset.get(tag, {}).get("Value")
    return list(found) if isinstance(found, list) else []


def text(dataset: DataSet, tag: str) -> str:
    """Return the first value of an element as a column can hold it, empty when it has none."""
    found = values(dataset, tag)
    return _column_text(found[0]) if found and found[0] is not None else ""


def number(dataset: DataSet, tag: str) -> int | None:
    """Return the first value of an element as a whole number, ``None`` when it is none.

    Nor is it one beyond what an IS may hold: no search could ask for it.
    """
    try:
        value = int(text(dataset, tag))
    except ValueError:
        return None
    return value if NUMBER_MIN <= value <= NUMBER_MAX else None


def name_groups(dataset: DataSet, tag: str) -> tuple[str, str, str]:
    """Return a person name's alphabetic, ideographic and phonetic groups, empty where absent."""
    found = values(dataset, tag)
    groups = found[0] if found and isinstance(found[0], Mapping) else {}
    return (
        _column_text(groups.get("Alphabetic", "")),
        _column_text(groups.get("Ideographic", "")),
        _column_text(groups.get("Phonetic", "")),
    )


def _column_text(value: object) -> str:
    """Write a value for a column: PostgreSQL keeps no NUL, and what is stored keeps them all."""
    return str(value).replace("\x00", "")[:TEXT_MAX]
