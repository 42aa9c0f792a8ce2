from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import ValidationError

from medshare.web.faults import ISSUES_MAX, issues_of
from medshare.web.fields import (
    Code,
    Day,
    Flag,
    Input,
    Items,
    OffsetDateTime,
    OneOf,
    QueryWhole,
    Sub,
    Text,
    Whole,
)


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


class Inner(Input):
    name = Text(required=True)


class Outer(Input):
    text = Text(high=5)
    code = Code()
    colour = OneOf(Colour)
    day = Day()
    at = OffsetDateTime()
    whole = Whole(low=1, high=9)
    asked = QueryWhole(low=1, high=9)
    flag = Flag()
    inner = Sub(Inner)
    several = Items(Text(high=5), low=1, high=3, unique=True)


def faults(**document: Any) -> list[tuple[str, str]]:
    """Return (pointer, code) of every fault of a document."""
    try:
        Outer().load(document)
    except ValidationError as error:
        return [(each.pointer, each.code) for each in issues_of(error)]
    return []


def value_of(**document: Any) -> Any:
    (value,) = Outer().load(document).values()
    return value


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("text", 5, "text"),
        ("text", None, "not-null"),
        ("text", "", "too-short"),
        ("text", "   ", "too-short"),
        ("text", "abcdef", "too-long"),
        ("text", "a\x00b", "control-character"),
        ("text", "a\x1bb", "control-character"),
        ("text", "a\x9bb", "control-character"),
        ("text", "\ud800", "control-character"),
        ("code", "a b", "token"),
        ("code", "a\nb", "token"),
        ("code", "x" * 65, "too-long"),
        ("colour", "green", "choice"),
        ("colour", ["red"], "choice"),
        ("colour", {}, "choice"),
        ("day", "2026-02-29", "date"),
        ("day", "2026-2-1", "date"),
        ("day", "20260201", "date"),
        ("day", "٢٠٢٦-٠١-٠١", "date"),
        ("day", 20260201, "date"),
        ("at", "2026-03-01T09:30:00", "time-without-offset"),
        ("at", "2026-03-01", "date-time"),
        ("at", "2026-03-01T24:00:00Z", "date-time"),
        ("at", "2016-12-31T23:59:60Z", "date-time"),
        ("at", "2026-03-01T09:30:00+24:00", "date-time"),
        ("at", "2026-03-01T09:30:00+08:60", "date-time"),
        ("at", "2026-03-01 09:30:00Z", "date-time"),
        ("at", "0001-01-01T00:00:00+08:00", "date-time"),
        ("at", "9999-12-31T23:59:59-08:00", "date-time"),
        ("at", 1, "date-time"),
        ("whole", 5.9, "integer"),
        ("whole", 5.0, "integer"),
        ("whole", "5", "integer"),
        ("whole", True, "integer"),
        ("whole", 0, "out-of-range"),
        ("whole", 10, "out-of-range"),
        ("asked", "0", "out-of-range"),
        ("asked", "5.9", "integer"),
        ("asked", "٥", "integer"),
        ("asked", "9" * 5000, "integer"),
        ("asked", "", "integer"),
        ("flag", "true", "boolean"),
        ("flag", 1, "boolean"),
        ("flag", None, "not-null"),
        ("inner", [], "object"),
        ("inner", "x", "object"),
        ("inner", None, "not-null"),
        ("several", "abc", "list"),
        ("several", {}, "list"),
        ("several", [], "too-few"),
        ("several", ["a", "b", "c", "d"], "too-many"),
        ("several", ["a", " a"], "duplicate"),
        ("nothing", 1, "unknown-field"),
    ],
)
def test_a_fault_is_named_by_field_and_code(field: str, value: object, code: str) -> None:
    assert faults(**{field: value}) == [(f"/{field}", code)]


def test_faults_deep_inside_are_found_by_json_pointer() -> None:
    assert faults(inner={"a/b~c": 1, "name": ""}) == [
        ("/inner/name", "too-short"),
        ("/inner/a~1b~0c", "unknown-field"),
    ]
    assert faults(several=["ok", "much too long"]) == [("/several/1", "too-long")]
    assert faults(inner={}) == [("/inner/name", "required")]


@pytest.mark.parametrize("document", [None, 5, "x", [], [{}], True])
def test_a_document_that_is_no_object_is_one_fault(document: Any) -> None:
    with pytest.raises(ValidationError) as refusal:
        Outer().load(document)
    assert [(each.pointer, each.code) for each in issues_of(refusal.value)] == [("", "object")]


def test_a_body_of_nothing_but_faults_is_answered_by_a_bounded_list() -> None:
    assert len(faults(**{f"unknown{number}": 1 for number in range(5000)})) == ISSUES_MAX


def test_every_fault_speaks_both_languages_and_never_repeats_the_value() -> None:
    with pytest.raises(ValidationError) as refusal:
        Outer().load({"text": "{0} {input} 张三丰的病历", "whole": 12345, "colour": "{choices}"})
    for each in issues_of(refusal.value):
        assert each.en
        assert each.zh
        assert "张三" not in each.en + each.zh
        assert "12345" not in each.en + each.zh
        assert "{" not in each.en + each.zh


def test_texts_are_trimmed_and_normalised() -> None:
    assert value_of(text="  e\u0301 ") == "\u00e9"
    assert value_of(text="李\t娜") == "李\t娜"


def test_an_instant_keeps_its_offset() -> None:
    at = value_of(at="2026-03-01t09:30+08:00")
    assert at == datetime(2026, 3, 1, 1, 30, tzinfo=UTC)
    assert at.utcoffset().total_seconds() == 8 * 3600
    assert value_of(at="2026-03-01T09:30:00.25z").microsecond == 250_000


@given(st.dates())
def test_a_day_that_is_written_is_read_back(day: date) -> None:
    assert value_of(day=Outer().dump({"day": day})["day"]) == day


@given(st.datetimes(timezones=st.just(UTC)))
def test_an_instant_that_is_written_is_read_back(at: datetime) -> None:
    assert value_of(at=Outer().dump({"at": at})["at"]) == at


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
        ),
        max_leaves=12,
    ),
    st.sampled_from(list(Outer().fields)),
)
def test_no_value_whatever_breaks_a_field(value: Any, field: str) -> None:
    faults(**{field: value})
