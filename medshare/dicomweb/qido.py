"""QIDO-RS: the query string to a search, and what goes beside its matches.

References
----------
DICOM PS3.18 sections 8.3.4 and 10.6.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import quote, urlencode

from medshare.access.model import Visibility
from medshare.dicomweb.fields import NAME, Fields, read_fields
from medshare.dicomweb.keys import (
    Manner,
    attribute_of,
    fault,
    not_matched,
    path_condition,
    read_keys,
)
from medshare.imaging.attributes import Level, at_or_above, required_tags
from medshare.imaging.excerpts import join_lines, line
from medshare.imaging.identity import OTHER_IDS, QUALIFIERS
from medshare.imaging.model import ImagingQuery, Match, Matches, Order
from medshare.imaging.people import KEYWORDS, RETURNED
from medshare.infra.paging import read_cursor, write_cursor
from medshare.kernel.errors import InvalidError
from medshare.kernel.identifiers import FacilityCode, PatientId

LIMIT_MAX = 1000
LIMIT_DEFAULT = 100
LIMIT_OF_STUDY = 10_000
"""Viewers ask for the series and instances of a study without a limit, and never for the rest."""
OFFSET_MAX = 100_000
PARAMETERS = frozenset(
    {
        "limit",
        "offset",
        "includefield",
        "fuzzymatching",
        "emptyvaluematching",
        "multiplevaluematching",
        "orderby",
        "cursor",
        "total",
        "accept",
    }
)
SORT_KEYS: Mapping[Level, Sequence[type]] = {
    Level.STUDY: (str, str, str),
    Level.SERIES: (str, str, str, int, str),
    Level.INSTANCE: (str, str, str, int, str, int, str),
}
ORDERS = {"-StudyDate": Order.NEWEST, "StudyDate": Order.OLDEST}
_NUMBER = re.compile(r"[0-9]{1,9}")
# The levels whose attributes come back although they are above, by the UIDs in the address.
_NAMED_LEVELS = {"StudyInstanceUID": Level.STUDY, "SeriesInstanceUID": Level.SERIES}
Arguments = Sequence[tuple[str, str]]
NARROWING = frozenset(("PatientBirthDate", "PatientID", "PatientName"))
# Told unasked where the studies of one person come from several facilities.
IDENTITY = frozenset((QUALIFIERS, OTHER_IDS, "00100021"))


@dataclass(frozen=True, slots=True)
class Asker:
    """What a caller may see, and whose numbers are theirs."""

    visibility: Visibility
    facility: FacilityCode | None


def read_people_query(arguments: Arguments, asker: Asker) -> ImagingQuery:
    """Read a search for patients, which names one: nobody gets a list of the city.

    Raises
    ------
    QueryError
        A key of another level, or none that narrows.
    """
    for name, _value in arguments:
        attribute = attribute_of(name)
        if name not in PARAMETERS and (attribute is None or attribute.keyword not in KEYWORDS):
            raise not_matched(name)
    query = read_query(Level.STUDY, arguments, {}, asker)
    narrowing = (each for each in query.conditions if each.attribute.keyword in NARROWING)
    if not any("".join(each.values).strip("*?-") for each in narrowing):
        raise fault(
            "PatientID",
            "patient-key-required",
            "Name the patient by PatientID, PatientName or PatientBirthDate.",
            "请以 PatientID、PatientName 或 PatientBirthDate 指明患者。",
        )
    return replace(query, returned=RETURNED)


def read_query(
    level: Level,
    arguments: Arguments,
    path: Mapping[str, str],
    asker: Asker,
    patient: PatientId | None = None,
) -> ImagingQuery:
    """Read a search.

    Parameters
    ----------
    arguments
        The query string's pairs, in order, repeated names kept.
    path
        UIDs in the address, by keyword.
    patient
        The person in the address; then whose number each Patient ID is comes back unasked.

    Raises
    ------
    QueryError
        Names each parameter that is unknown or cannot be read.
    """
    by_name: dict[str, list[str]] = {}
    for name, value in arguments:
        by_name.setdefault(name, []).append(value)
    manner = Manner(_flag(by_name, "emptyvaluematching"), _flag(by_name, "multiplevaluematching"))
    keys = {name: values for name, values in by_name.items() if name not in PARAMETERS}
    conditions, named = read_keys(keys, level, manner)
    return ImagingQuery(
        level=level,
        visibility=asker.visibility,
        conditions=(*(path_condition(*each) for each in path.items()), *conditions),
        patient=patient,
        returned=_returned(level, path, read_fields(by_name.get(NAME, [])), named)
        | (IDENTITY if patient else frozenset()),
        limit=_limit(level, by_name, path),
        offset=_whole(by_name, "offset", 0, OFFSET_MAX),
        after=_after(level, by_name),
        order=_order(by_name),
        fuzzy=_flag(by_name, "fuzzymatching"),
        with_total=_flag(by_name, "total"),
        asker=asker.facility,
    )


def fields_of(arguments: Arguments) -> Fields:
    """Read which attributes are asked for."""
    return read_fields(value for name, value in arguments if name == NAME)


def warnings_of(unknown: Sequence[str], remaining: int, service: str) -> list[str]:
    """Return the ``Warning`` headers of an answer (PS3.18 section 8.3.4)."""
    warnings = []
    if unknown:
        warnings.append(
            f'299 {service} "These attributes are not kept and were not included: '
            f'{", ".join(unknown)}"'
        )
    if remaining:
        told = str(remaining) if remaining <= LIMIT_MAX else f"more than {LIMIT_MAX}"
        warnings.append(
            f'299 {service} "There are {told} additional results that can be requested"'
        )
    return warnings


def next_page(address: str, arguments: Arguments, matches: Matches) -> str | None:
    """Return the ``Link`` to the page behind, ``None`` when this is the last."""
    if not matches.remaining or not matches.page:
        return None
    cursor = write_cursor(*map(str, matches.page[-1].sort_keys))
    kept = [each for each in arguments if each[0] not in ("cursor", "offset")]
    query = urlencode([*kept, ("cursor", cursor)])
    return f'<{quote(address, safe=":/")}?{query}>; rel="next"'


def show(match: Match, base: str) -> bytes:
    """Write a match as DICOM JSON, its Retrieve URL filled in."""
    url = f"{base}/studies/{match.study_instance_uid}"
    if match.series_instance_uid:
        url += f"/series/{match.series_instance_uid}"
    if match.sop_instance_uid:
        url += f"/instances/{match.sop_instance_uid}"
    return join_lines([*match.lines, b'"00081190":{"vr":"UR","Value":["%b"]}' % url.encode()])


def show_person(match: Match, base: str) -> bytes:
    """Write a person as DICOM JSON; the Retrieve URL leads to their studies, if they are known."""
    url: dict[str, object] = {"vr": "UR"}
    if match.subject is not None:
        url["Value"] = [f"{base}/patients/{match.subject.patient_id}/studies"]
    return join_lines([*match.lines, line("00081190", url)])


def _returned(
    level: Level, path: Mapping[str, str], fields: Fields, named: set[str]
) -> frozenset[str]:
    """Return the tags that come back (PS3.18 section 10.6.3.3).

    Those of the level, and of the levels above that the address does not name: their required
    ones, those of keys and those asked for. What is of a level below is left out.
    """
    above = frozenset(_NAMED_LEVELS[each] for each in path if each in _NAMED_LEVELS)
    required = required_tags(level, above - {level})
    asked = named | fields.tags
    if not (asked or fields.are_all):
        return required
    possible = frozenset(each.tag for each in at_or_above(level))
    return possible if fields.are_all else required | (asked & possible)


def _flag(by_name: Mapping[str, list[str]], name: str) -> bool:
    values = by_name.get(name, ["false"])
    if values not in (["true"], ["false"]):
        raise fault(name, "boolean", "Send true or false, once.", "请填写 true 或 false，一次。")
    return values == ["true"]


def _order(by_name: Mapping[str, list[str]]) -> Order:
    values = by_name.get("orderby", ["-StudyDate"])
    if len(values) > 1 or values[0] not in ORDERS:
        raise fault(
            "orderby",
            "order",
            "Send -StudyDate for the newest first or StudyDate for the oldest first.",
            "请填写 -StudyDate（最新在前）或 StudyDate（最早在前）。",
        )
    return ORDERS[values[0]]


def _after(level: Level, by_name: Mapping[str, list[str]]) -> tuple[str | int, ...]:
    values = by_name.get("cursor", [])
    kinds = SORT_KEYS[level]
    try:
        keys = read_cursor(values[0], len(kinds)) if values else ()
        return tuple(kind(key) for kind, key in zip(kinds, keys or (), strict=False))
    except (InvalidError, ValueError):
        raise fault(
            "cursor",
            "cursor",
            "Send the cursor as an earlier page gave it, or leave it out.",
            "请原样发送上一页返回的游标，或省略该参数。",
        ) from None


def _limit(level: Level, by_name: Mapping[str, list[str]], path: Mapping[str, str]) -> int:
    """Return how many matches are shown: of one study as a rule all.

    What is not in the index is read from each instance, so that it stays with the smaller number.
    """
    of_study = "StudyInstanceUID" in path
    from_index = not read_fields(by_name.get(NAME, [])).beyond_the_index(level)
    most = LIMIT_OF_STUDY if of_study and from_index else LIMIT_MAX
    default = most if of_study else LIMIT_DEFAULT
    return min(_whole(by_name, "limit", default, LIMIT_MAX * 1000), most)


def _whole(by_name: Mapping[str, list[str]], name: str, default: int, high: int) -> int:
    values = by_name.get(name)
    if values is None:
        return default
    if len(values) > 1 or not _NUMBER.fullmatch(values[0]) or int(values[0]) > high:
        raise fault(
            name,
            "out-of-range",
            "Send one whole number from 0 up to the limit.",
            "请填写一个不超过上限的非负整数。",
        )
    return int(values[0])
