import base64

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from medshare.infra.paging import CURSOR_LIMIT, read_cursor, write_cursor
from medshare.kernel.errors import InvalidError

KEYS = st.lists(
    st.text(st.characters(codec="utf-8"), max_size=36).filter(str.isprintable),
    min_size=1,
    max_size=3,
)


@given(KEYS)
def test_a_cursor_gives_back_the_keys_it_was_made_of(keys: list[str]) -> None:
    assert read_cursor(write_cursor(*keys), len(keys)) == tuple(keys)


def test_no_cursor_is_the_first_page() -> None:
    assert read_cursor(None, 1) is None


def test_a_cursor_behind_two_of_the_longest_keys_fits_the_limit() -> None:
    assert len(write_cursor("x" * 36, "x" * 200)) <= CURSOR_LIMIT


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "!!!!",
        "é",
        write_cursor("a", "b"),
        base64.urlsafe_b64encode(b"[1]").decode(),
        base64.urlsafe_b64encode(b'{"a": 1}').decode(),
        base64.urlsafe_b64encode(b"[null]").decode(),
        base64.urlsafe_b64encode(b"\xff\xfe").decode(),
        base64.urlsafe_b64encode(orjson.dumps(["a\x00b"])).decode(),
    ],
)
def test_anything_else_is_a_fault_of_the_caller(text: str) -> None:
    with pytest.raises(InvalidError) as refusal:
        read_cursor(text, 1)
    assert [(each.pointer, each.code) for each in refusal.value.issues] == [("/cursor", "cursor")]


@given(st.text(max_size=60))
def test_no_text_whatever_breaks_the_reading_of_cursors(text: str) -> None:
    try:
        read_cursor(text, 1)
    except InvalidError:
        return
