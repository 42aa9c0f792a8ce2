"""QIDO-RS: the query string to a search, matches to DICOM JSON.

A key that is not known is an error, never ignored: a search must not widen silently.

References
----------
DICOM PS3.18 section 8.3.4; PS3.4 section C.2.2.2; PS3.5 section 6.2 (DA, TM).
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from medshare.access.model import Visibility
from medshare.imaging.attributes import (
    BY_KEYWORD,
    BY_TAG,
    NUMBER_MAX,
    NUMBER_MIN,
    ORDER,
    Attribute,
    Level,
    Matching,
)
from medshare.imaging.model import Condition, ImagingQuery, Match, QueryError
from medshare.kernel.errors import Issue
from medshare.kernel.identifiers import is_uid

LIMIT_MAX = 1000
LIMIT_DEFAULT = 100
OFFSET_MAX = 100_000
VALUE_MAX = 1000
UIDS_MAX = 500
PARAMETERS = frozenset({"limit", "offset", "includefield", "fuzzymatching", "accept"})
_DATE = re.compile(r"\d{8}")
_TIME = re.compile(r"\d{2}(\d{2}(\d{2}(\.\d{1,6})?)?)?")
_NUMBER = re.compile(r"-?\d{1,12}")
Arguments = Sequence[tuple[str, str]]
Reader = Callable[[str, list[str]], tuple[str, ...]]


def fault(parameter: str, code: str, en: str, zh: str) -> QueryError:
    """Make the error that names one parameter."""
    return QueryError(issues=[Issue(f"/{parameter}", code, en, zh)])


def read_query(
    level: Level, arguments: Arguments, path: Mapping[str, str], visibility: Visibility
) -> ImagingQuery:
    """Read a search.

    Parameters
    ----------
    arguments
        The query string's pairs, in order, repeated names kept.
    path
        UIDs in the address, by keyword.

    Raises
    ------
    QueryError
        Names each parameter that is unknown or cannot be read.
    """
    by_name: dict[str, list[str]] = {}
    for name, value in arguments:
        by_name.setdefault(name, []).append(value)
    keys = {name: values for name, values in by_name.items() if name not in PARAMETERS}
    include, include_all = _include(by_name.get("includefield", []))
    conditions = [_path_condition(keyword, uid) for keyword, uid in path.items()]
    for name, values in keys.items():
        attribute = _matchable(name, level)
        if any(values):
            conditions.append(_condition(name, attribute, values))
        else:
            include = include | {attribute.tag}
    return ImagingQuery(
        level=level,
        visibility=visibility,
        conditions=tuple(conditions),
        include=include,
        include_all=include_all,
        with_parents=not path,
        limit=min(_whole(by_name, "limit", LIMIT_DEFAULT, LIMIT_MAX * 1000), LIMIT_MAX),
        offset=_whole(by_name, "offset", 0, OFFSET_MAX),
    )


def warnings_of(arguments: Arguments, remaining: int, service: str) -> list[str]:
    """Return the ``Warning`` headers of an answer (PS3.18 section 8.3.4)."""
    warnings = []
    if any(name == "fuzzymatching" and value == "true" for name, value in arguments):
        warnings.append(
            f'299 {service} "The fuzzymatching parameter is not supported. '
            'Only literal matching has been performed."'
        )
    if remaining:
        count = str(remaining) if remaining <= LIMIT_MAX else f"more than {LIMIT_MAX}"
        warnings.append(
            f'299 {service} "There are {count} additional results that can be requested"'
        )
    return warnings


def show(match: Match, base: str) -> dict[str, object]:
    """Write a match, its Retrieve URL filled in."""
    url = f"{base}/studies/{match.study_instance_uid}"
    if match.series_instance_uid:
        url += f"/series/{match.series_instance_uid}"
    if match.sop_instance_uid:
        url += f"/instances/{match.sop_instance_uid}"
    elements: dict[str, object] = {**match.dataset, "00081190": {"vr": "UR", "Value": [url]}}
    return dict(sorted(elements.items()))


def _path_condition(keyword: str, uid: str) -> Condition:
    if not is_uid(uid):
        raise fault(keyword, "uid", "The address holds no valid UID.", "地址中的 UID 无效。")
    return Condition(BY_KEYWORD[keyword], (uid,))


def _attribute(name: str) -> Attribute | None:
    return BY_TAG.get(name.upper()) or BY_KEYWORD.get(name)


def _matchable(name: str, level: Level) -> Attribute:
    attribute = _attribute(name)
    if (
        attribute is None
        or attribute.matching is Matching.NONE
        or ORDER.index(attribute.level) > ORDER.index(level)
    ):
        raise fault(
            name,
            "attribute-not-supported",
            "This attribute cannot be matched at this level; leave it out.",
            "该层级不支持按此属性检索，请移除。",
        )
    return attribute


def _include(values: Iterable[str]) -> tuple[frozenset[str], bool]:
    names = [name for value in values for name in value.split(",") if name]
    if "all" in names:
        return frozenset(), True
    tags = set()
    for name in names:
        attribute = _attribute(name)
        if attribute is None:
            raise fault(
                "includefield",
                "attribute-not-supported",
                "An attribute to include is not kept in the index; leave it out.",
                "索引中没有要求返回的属性，请移除。",
            )
        tags.add(attribute.tag)
    return frozenset(tags), False


def _whole(by_name: Mapping[str, list[str]], name: str, default: int, high: int) -> int:
    values = by_name.get(name)
    if values is None:
        return default
    if len(values) > 1 or not re.fullmatch(r"\d{1,9}", values[0]) or int(values[0]) > high:
        raise fault(
            name,
            "out-of-range",
            "Send one whole number from 0 up to the limit.",
            "请填写一个不超过上限的非负整数。",
        )
    return int(values[0])


def _condition(name: str, attribute: Attribute, values: list[str]) -> Condition:
    if any(len(value) > VALUE_MAX for value in values) and attribute.matching is not Matching.UID:
        raise fault(name, "too-long", "The value is too long.", "该值过长。")
    if any("\x00" in value for value in values):
        raise fault(name, "control-character", "Remove control characters.", "请删除控制字符。")
    return Condition(attribute, READERS[attribute.matching](name, values))


def _uids(name: str, values: list[str]) -> tuple[str, ...]:
    uids = [uid for value in values for uid in re.split(r"[,\\]", value) if uid]
    if len(uids) > UIDS_MAX or not uids or not all(is_uid(uid) for uid in uids):
        raise fault(name, "uid", "Send valid UIDs, at most 500.", "请填写有效的 UID，最多 500 个。")
    return tuple(uids)


def _one(name: str, values: list[str]) -> str:
    if len(values) > 1:
        raise fault(name, "repeated-parameter", "Send the key once.", "该检索键只能出现一次。")
    return values[0]


def _text(name: str, values: list[str]) -> tuple[str, ...]:
    return (_one(name, values),)


def _modalities(name: str, values: list[str]) -> tuple[str, ...]:
    del name
    return tuple(code for value in values for code in re.split(r"[,\\]", value) if code)


def _number(name: str, values: list[str]) -> tuple[str, ...]:
    value = _one(name, values)
    if not _NUMBER.fullmatch(value) or not NUMBER_MIN <= int(value) <= NUMBER_MAX:
        raise fault(name, "integer", "Send a whole number of 32 bits.", "请填写 32 位整数。")
    return (value,)


def _range_of(
    pattern: re.Pattern[str], example: str
) -> Callable[[str, list[str]], tuple[str, ...]]:
    def read(name: str, values: list[str]) -> tuple[str, ...]:
        low, hyphen, high = _one(name, values).partition("-")
        ends = [low, high if hyphen else low]
        readable = all(not end or pattern.fullmatch(end) for end in ends)
        if not readable or not any(ends) or (all(ends) and ends[0] > ends[1]):
            raise fault(
                name,
                "range",
                f"Send a value or a range such as {example}.",
                f"请填写单个值或区间，例如 {example}。",
            )
        return tuple(ends)

    return read


READERS: Mapping[Matching, Reader] = {
    Matching.UID: _uids,
    Matching.TEXT: _text,
    Matching.NAME: _text,
    Matching.MODALITIES: _modalities,
    Matching.NUMBER: _number,
    Matching.DATE: _range_of(_DATE, "20260101-20260131"),
    Matching.TIME: _range_of(_TIME, "0800-1200"),
}
