"""Match keys of QIDO-RS: a name and its values to a condition of the search.

A key that is not known is an error, never ignored: a search must not widen silently.

References
----------
DICOM PS3.18 section 8.3.4.1; PS3.4 section C.2.2.2; PS3.5 section 6.2 (DA, TM).
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from medshare.imaging.attributes import (
    BY_KEYWORD,
    BY_TAG,
    NUMBER_MAX,
    NUMBER_MIN,
    ORDER,
    Attribute,
    Level,
    Matching,
    at_or_above,
)
from medshare.imaging.findable import REQUEST_ATTRIBUTES, REQUEST_COLUMNS
from medshare.imaging.model import Condition, QueryError
from medshare.kernel.errors import Issue
from medshare.kernel.identifiers import is_uid_as_sent

VALUE_MAX = 1000
VALUES_MAX = 500
EMPTY = '""'
_DATE = re.compile(r"[0-9]{8}")
_TIME = re.compile(r"\d{2}(\d{2}(\d{2}(\.\d{1,6})?)?)?", re.ASCII)
_NUMBER = re.compile(r"-?[0-9]{1,12}")
_LISTS = re.compile(r"[,\\]")
_RANGES = {"StudyDate": "StudyTime"} | {
    "PerformedProcedureStepStartDate": "PerformedProcedureStepStartTime"
}
_EXAMPLES = {
    Matching.DATE: "20260101-20260131",
    Matching.TIME: "0800-1200",
    Matching.DATE_TIME: "20260101-20260131",
}
REQUEST_KEYS: Mapping[str, str] = {
    "AccessionNumber": "00080050",
    "RequestedProcedureID": "00401001",
    "ScheduledProcedureStepID": "00400009",
}
Reader = Callable[[str, list[str]], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Manner:
    """How values are read: ``""`` for an empty value, several separated by backslashes.

    References
    ----------
    DICOM PS3.4 sections C.2.2.2.7 and C.2.2.2.8.
    """

    empty_values: bool = False
    multiple_values: bool = False


def fault(parameter: str, code: str, en: str, zh: str) -> QueryError:
    """Make the error that names one parameter."""
    return QueryError(issues=[Issue(f"/{parameter}", code, en, zh)])


def attribute_of(name: str) -> Attribute | None:
    """Return the attribute of the index that a tag or a keyword names."""
    return BY_TAG.get(name.upper()) or BY_KEYWORD.get(name)


def key_names(level: Level) -> frozenset[str]:
    """Return the keyword of every key that is matched at a level."""
    names: set[str] = set()
    for each in at_or_above(level):
        if each.matching is Matching.REQUESTS:
            names |= {f"{each.keyword}.{keyword}" for keyword in REQUEST_KEYS}
        elif each.matching is not Matching.NONE:
            names.add(each.keyword)
    return frozenset(names)


def path_condition(keyword: str, uid: str) -> Condition:
    """Return the condition that a UID in the address is.

    Raises
    ------
    QueryError
        It is no UID.
    """
    if not is_uid_as_sent(uid):
        raise fault(keyword, "uid", "The address holds no valid UID.", "地址中的 UID 无效。")
    return Condition(BY_KEYWORD[keyword], (uid,), Matching.UID)


def read_keys(
    keys: Mapping[str, list[str]], level: Level, manner: Manner
) -> tuple[list[Condition], set[str]]:
    """Read match keys.

    Returns
    -------
    tuple
        The conditions, and the tags of every attribute named: those come back in each match.

    Raises
    ------
    QueryError
        Names a key that is unknown at the level, or whose value cannot be read.
    """
    conditions: list[Condition] = []
    requests: list[str] = []
    named: set[str] = set()
    for name, values in keys.items():
        head, *path = name.split(".")
        attribute = _matchable(name, head, level, nested=bool(path))
        named.add(attribute.tag)
        if not any(values):
            continue
        _require_readable(name, attribute, values)
        if path:
            requests += [_request_column(name, path), _one(name, values)]
        else:
            conditions.append(_condition(name, attribute, values, manner))
    if requests:
        of_requests = BY_TAG[REQUEST_ATTRIBUTES]
        conditions.append(Condition(of_requests, tuple(requests), Matching.REQUESTS))
    return _in_order(_with_combined_ranges(conditions)), named


def _matchable(name: str, head: str, level: Level, *, nested: bool) -> Attribute:
    attribute = attribute_of(head)
    if (
        attribute is None
        or attribute.matching is Matching.NONE
        or nested != (attribute.matching is Matching.REQUESTS)
        or ORDER.index(attribute.level) > ORDER.index(level)
    ):
        raise not_matched(name)
    return attribute


def not_matched(name: str) -> QueryError:
    """Make the error that a key is unknown or of another level."""
    return fault(
        name,
        "attribute-not-supported",
        "This attribute cannot be matched at this level; leave it out.",
        "该层级不支持按此属性检索，请移除。",
    )


def _request_column(name: str, path: Sequence[str]) -> str:
    tag = REQUEST_KEYS.get(path[0], path[0].upper())
    if len(path) > 1 or tag not in REQUEST_COLUMNS:
        raise fault(
            name,
            "attribute-not-supported",
            "Of this sequence AccessionNumber, RequestedProcedureID and ScheduledProcedureStepID "
            "are matched.",
            "该序列仅支持按检查号、申请检查编号和预约步骤编号检索。",
        )
    return REQUEST_COLUMNS[tag]


def _require_readable(name: str, attribute: Attribute, values: list[str]) -> None:
    if any(len(value) > VALUE_MAX for value in values) and attribute.matching is not Matching.UID:
        raise fault(name, "too-long", "The value is too long.", "该值过长。")
    if any("\x00" in value for value in values):
        raise fault(name, "control-character", "Remove control characters.", "请删除控制字符。")


def _condition(name: str, attribute: Attribute, values: list[str], manner: Manner) -> Condition:
    if manner.empty_values and values == [EMPTY]:
        return Condition(attribute, (), Matching.EMPTY)
    if manner.multiple_values and attribute.matching in _ALTERNATIVES:
        values = [each for value in values for each in value.split("\\")]
        alternatives = (READERS[attribute.matching](name, [each]) for each in values[:VALUES_MAX])
        return Condition(attribute, tuple(each for (each,) in alternatives), attribute.matching)
    return Condition(attribute, READERS[attribute.matching](name, values), attribute.matching)


_ALTERNATIVES = frozenset({Matching.TEXT, Matching.PATIENT_ID, Matching.NUMBER})


def _with_combined_ranges(conditions: Sequence[Condition]) -> Iterator[Condition]:
    """Read a range of dates with a range of times as one range of instants.

    PS3.4 section C.2.2.2.5.
    """
    by_keyword = {each.attribute.keyword: each for each in conditions if _is_range(each)}
    merged = {
        date: time for date, time in _RANGES.items() if date in by_keyword and time in by_keyword
    }
    for each in conditions:
        keyword = each.attribute.keyword
        if keyword in merged and _is_range(each):
            first, last = each.values
            first_time, last_time = by_keyword[merged[keyword]].values
            instants = (first, first_time, last, last_time)
            yield Condition(each.attribute, instants, Matching.DATE_TIME)
        elif keyword not in merged.values() or not _is_range(each):
            yield each


def _is_range(condition: Condition) -> bool:
    kinds = (Matching.DATE, Matching.TIME)
    return condition.matching in kinds and len(condition.values) > 1


def _uids(name: str, values: list[str]) -> tuple[str, ...]:
    uids = [uid for value in values for uid in _LISTS.split(value) if uid]
    if len(uids) > VALUES_MAX or not uids or not all(is_uid_as_sent(uid) for uid in uids):
        raise fault(name, "uid", "Send valid UIDs, at most 500.", "请填写有效的 UID，最多 500 个。")
    return tuple(uids)


def _one(name: str, values: list[str]) -> str:
    if len(values) > 1:
        raise fault(name, "repeated-parameter", "Send the key once.", "该检索键只能出现一次。")
    return values[0]


def _text(name: str, values: list[str]) -> tuple[str, ...]:
    return (_one(name, values),)


def _modalities(name: str, values: list[str]) -> tuple[str, ...]:
    codes = tuple(code for value in values for code in _LISTS.split(value) if code)
    if len(codes) > VALUES_MAX:
        raise fault(name, "too-long", "Send fewer values.", "请减少取值个数。")
    return codes


def _number(name: str, values: list[str]) -> tuple[str, ...]:
    value = _one(name, values)
    if not _NUMBER.fullmatch(value) or not NUMBER_MIN <= int(value) <= NUMBER_MAX:
        raise fault(name, "integer", "Send a whole number of 32 bits.", "请填写 32 位整数。")
    return (value,)


def _no_range(name: str, example: str) -> QueryError:
    return fault(
        name,
        "range",
        f"Send a value or a range such as {example}.",
        f"请填写单个值或区间，例如 {example}。",
    )


def _in_order(conditions: Iterable[Condition]) -> list[Condition]:
    """Hold ranges to end behind their beginning.

    Only now: a night's times do not, unless their dates are read with them.
    """
    held = list(conditions)
    for each in held:
        if each.matching in _EXAMPLES:
            half = len(each.values) // 2
            begin, end = "".join(each.values[:half]), "".join(each.values[half:])
            if begin and end and begin > end:
                raise _no_range(each.attribute.keyword, _EXAMPLES[each.matching])
    return held


_ENDS = 2


def _range_of(pattern: re.Pattern[str], example: str) -> Reader:
    def read(name: str, values: list[str]) -> tuple[str, ...]:
        ends = _one(name, values).split("-")
        readable = len(ends) <= _ENDS and all(not end or pattern.fullmatch(end) for end in ends)
        if not readable or not any(ends):
            raise _no_range(name, example)
        return tuple(ends)

    return read


READERS: Mapping[Matching, Reader] = {
    Matching.UID: _uids,
    Matching.TEXT: _text,
    Matching.PATIENT_ID: _text,
    Matching.NAME: _text,
    Matching.MODALITIES: _modalities,
    Matching.NUMBER: _number,
    Matching.DATE: _range_of(_DATE, _EXAMPLES[Matching.DATE]),
    Matching.TIME: _range_of(_TIME, _EXAMPLES[Matching.TIME]),
}
