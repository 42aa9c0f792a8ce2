"""What is typed to find somebody, and what a name is found by."""

import pytest

from medshare.kernel.errors import InvalidError
from medshare.patients.lookup.words import LENGTH_MAX, Words, read_words, spellings_of
from medshare.patients.model import HumanName


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        (" 王 小明 ", Words("王 小明", name="王小明")),
        ("Wang^Xiao Ming", Words("Wang^Xiao Ming", name="wangxiaoming")),
        ("WXM", Words("WXM", name="wxm")),
        ("MR-2026-001", Words("MR-2026-001")),
        ("139 0000 0001", Words("139 0000 0001", phone="13900000001")),
        ("123456", Words("123456")),
    ],
)
def test_anything_may_be_a_number_and_what_holds_no_digit_a_name(typed: str, meant: Words) -> None:
    assert read_words(typed) == meant


@pytest.mark.parametrize("typed", ["", "王", " · ", "7"])
def test_what_tells_nobody_apart_is_refused(typed: str) -> None:
    with pytest.raises(InvalidError):
        read_words(typed)


def test_a_chinese_name_is_found_as_written_in_pinyin_and_by_its_initials() -> None:
    spellings = spellings_of(HumanName(text="王小明"))
    assert {"王小明", "wangxiaoming", "wxm"} <= set(spellings)
    assert [each for each, is_form in spellings.items() if is_form] == ["王小明"]


def test_a_name_in_letters_is_found_in_either_order_and_by_its_initials() -> None:
    spellings = spellings_of(HumanName(alphabetic="Wang^XiaoMing"))
    assert {"wangxiaoming", "xiaomingwang", "wxm"} <= set(spellings)
    assert "sj" in spellings_of(HumanName(alphabetic="Smith^John"))


def test_a_long_name_is_found_by_as_much_as_an_index_holds() -> None:
    longest = max(map(len, spellings_of(HumanName(text="王" * 200))))
    assert longest == 200 > LENGTH_MAX
