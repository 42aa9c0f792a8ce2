"""Specific Character Set, in bytes that senders really write."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medshare.facilities.model import CharsetPolicy
from medshare.imaging.charsets import charset_of
from medshare.imaging.refusals import WarningCode


def name(declared, raw):
    problems = []
    return charset_of(declared).decode_name(raw, problems), problems


def text(declared, raw):
    problems = []
    return charset_of(declared).decode_text(raw, problems), problems


@pytest.mark.parametrize(
    ("declared", "raw", "expected"),
    [
        (b"", b"Smith^John", "Smith^John"),
        (b"ISO_IR 6", b"Smith^John", "Smith^John"),
        (b"ISO_IR 100", b"Buc^J\xe9r\xf4me", "Buc^Jérôme"),
        (b"ISO_IR 101", b"W\xb3a\xb6c", "Właśc"),
        (b"ISO_IR 109", b"\xa6\xb6", "Ĥĥ"),
        (b"ISO_IR 110", b"\xaa\xba", "Ēē"),
        (b"ISO_IR 144", b"\xbb\xee\xdace\xdc\xd1yp\xd3", "Люкceмбypг"),
        (b"ISO_IR 127", b"\xe2\xc8\xc7\xe6\xea", "قباني"),
        (b"ISO_IR 126", b"\xc4\xe9\xef\xed\xf5\xf3\xe9\xef\xf2", "Διονυσιος"),
        (b"ISO_IR 138", b"\xf9\xf8\xe5\xef", "שרון"),
        (b"ISO_IR 148", b"\xc7avu\xfeo\xf0lu", "Çavuşoğlu"),
        (b"ISO_IR 203", b"\xa4", "€"),
        (b"ISO_IR 166", b"\xb7\xb4\xca\xcd\xba", "ทดสอบ"),
        (b"ISO_IR 13", b"\xd4\xcf\xc0\xde^\xc0\xdb\xb3", "ﾔﾏﾀﾞ^ﾀﾛｳ"),
        (b"ISO_IR 192", "王^小明=王^小明".encode(), "王^小明=王^小明"),
        (b"GB18030", "Wang^XiaoMing=王^小明".encode("gb18030"), "Wang^XiaoMing=王^小明"),
        (b"GBK", "Wang^XiaoDong=王^小东".encode("gbk"), "Wang^XiaoDong=王^小东"),
        (
            b"\\ISO 2022 IR 87",
            (
                b"Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B="
                b"\x1b$B$d$^$@\x1b(B^\x1b$B$?$m$&\x1b(B"
            ),
            "Yamada^Tarou=山田^太郎=やまだ^たろう",
        ),
        (
            b"ISO 2022 IR 13\\ISO 2022 IR 87",
            b"\xd4\xcf\xc0\xde^\xc0\xdb\xb3=\x1b$B;3ED\x1b(J^\x1b$BB@O:\x1b(J",
            "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎",
        ),
        (b"\\ISO 2022 IR 159", b"\x1b$(D\x30\x21\x1b(B", "丂"),
        (
            b"\\ISO 2022 IR 149",
            (
                b"Hong^Gildong=\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce\xd4\xd7="
                b"\x1b$)C\xc8\xab^\x1b$)C\xb1\xe6\xb5\xbf"
            ),
            "Hong^Gildong=洪^吉洞=홍^길동",
        ),
        (
            b"\\ISO 2022 IR 58",
            b"Zhang^XiaoDong=\x1b$)A\xd5\xc5^\x1b$)A\xd0\xa1\xb6\xab=",
            "Zhang^XiaoDong=张^小东=",
        ),
        (
            b"ISO 2022 IR 100\\ISO 2022 IR 126",
            b"J\xe9r\xf4me^\x1b-F\xc4\xe9\xef",
            "Jérôme^Διο",
        ),
    ],
)
def test_a_name_is_decoded_and_nothing_remarked(declared, raw, expected):
    assert name(declared, raw) == (expected, [])


def test_a_backslash_byte_within_a_chinese_character_does_not_split_the_value():
    raw = "誠\\文".encode("gbk")

    assert raw.count(b"\\") == 2
    assert text(b"GBK", raw) == ("誠\\文", [])


def test_delimiter_bytes_within_a_japanese_set_are_half_a_character():
    kanji = "十"  # 0x3D 0x3D in JIS X 0208: two equals signs

    assert name(b"\\ISO 2022 IR 87", b"\x1b$B==\x1b(B^x") == (kanji + "^x", [])


@pytest.mark.parametrize(
    "declared", [b"ISO-IR 100", b"iso_ir_100", b"ISO IR 100 ", b"ISO_IR 100\0"]
)
def test_usual_misspellings_of_a_term_are_forgiven(declared):
    assert charset_of(declared).is_known
    assert text(declared, b"\xe9") == ("é", [])


@pytest.mark.parametrize(
    "declared", [b"zlib_codec", b"rot13", b"idna", b"punycode", b"utf_8", b"ISO_IR 9", b"\xff\xfe"]
)
def test_a_term_of_nobody_reaches_no_codec(declared):
    charset = charset_of(declared)

    assert not charset.is_known
    assert charset.decode_text(b"plain", []) == "plain"


@pytest.mark.parametrize("declared", [b"ISO_IR 192\\ISO 2022 IR 87", b"\\GB18030"])
def test_a_set_that_stands_alone_wins_over_its_company(declared):
    assert (
        charset_of(declared).decode_text(
            "é".encode("utf-8" if b"192" in declared else "gb18030"), []
        )
        == "é"
    )


def test_undeclared_bytes_can_be_recovered():
    problems = []
    decoded = charset_of(b"", CharsetPolicy.AS_DECLARED).decode_text(
        "张".encode("gb18030"), problems
    )

    assert decoded.encode("latin-1").decode("gb18030") == "张"
    assert problems == [WarningCode.CHARSET_UNDECODABLE]


def test_a_name_whose_escape_is_not_repeated_after_the_delimiter_is_read_all_the_same():
    decoded, problems = name(b"\\ISO 2022 IR 58", b"\x1b$)A\xd5\xc5^\xd0\xa1\xb6\xab")

    assert decoded == "张^小东"
    assert problems == [WarningCode.CHARSET_UNDECLARED]


def test_a_name_without_any_escape_is_read_by_the_declared_set():
    decoded, problems = name(b"\\ISO 2022 IR 149", b"\xc8\xab^\xb1\xe6\xb5\xbf")

    assert decoded == "홍^길동"
    assert problems == [WarningCode.CHARSET_UNDECLARED]


def test_characters_beyond_gb2312_under_its_label_are_read_as_gb18030():
    decoded, problems = name(b"\\ISO 2022 IR 58", b"\x1b$)A" + "镕".encode("gb18030"))

    assert decoded == "镕"
    assert problems == [WarningCode.CHARSET_UNDECLARED]


@pytest.mark.parametrize("declared", [b"", b"ISO_IR 100", b"ISO_IR 6"])
def test_utf_8_that_is_not_declared_is_recognised(declared):
    for written in ("王^小明", "Wang^XiaoMing=王^小明", "重阳", "胸部 CT 平扫"):
        assert text(declared, written.encode()) == (written, [WarningCode.CHARSET_REPAIRED])


def test_gbk_that_is_declared_to_be_utf_8_is_recognised():
    assert text(b"ISO_IR 192", "王^小明".encode("gbk")) == (
        "王^小明",
        [WarningCode.CHARSET_REPAIRED],
    )
    as_declared = charset_of(b"ISO_IR 192", CharsetPolicy.AS_DECLARED).decode_text
    assert "\ufffd" in as_declared("王^小明".encode("gbk"), [])


@pytest.mark.parametrize(
    "name_in_gbk", ["王^小明", "张伟", "欧阳^锋", "诸葛^亮", "李娜", "陈^晓东", "赵钱孙李"]
)
def test_gbk_is_not_taken_for_utf_8(name_in_gbk):
    assert text(b"", name_in_gbk.encode("gbk"))[0] == name_in_gbk


def test_escapes_are_obeyed_even_where_no_set_is_declared():
    assert name(b"", b"\x1b$B;3ED\x1b(B")[0] == "山田"


def test_a_caret_resets_names_and_not_texts():
    raw = b"\x1b-F\xc4^\xc4"

    assert name(b"ISO 2022 IR 100\\ISO 2022 IR 126", raw)[0] == "Δ^Ä"
    assert text(b"ISO 2022 IR 100\\ISO 2022 IR 126", raw)[0] == "Δ^Δ"


@pytest.mark.parametrize(
    ("declared", "raw"),
    [
        (b"ISO_IR 192", b"\xff"),
        (b"GB18030", b"\xff"),
        (b"ISO_IR 126", b"\xff"),
        (b"\\ISO 2022 IR 87", b"\x1b$B\x7f\x7f\x1b(B"),
        (b"\\ISO 2022 IR 58", b"\x1b$)A\xff"),
        (b"", b"\x1bZ"),
    ],
)
def test_undecodable_bytes_are_replaced_and_remarked(declared, raw):
    decoded, problems = text(declared, raw)

    assert "\x1b" not in decoded
    assert WarningCode.CHARSET_UNDECODABLE in problems


TERMS = st.sampled_from(
    [
        b"",
        b"ISO_IR 13",
        b"ISO_IR 166",
        b"ISO_IR 192",
        b"GB18030",
        b"GBK",
        b"ISO 2022 IR 13\\ISO 2022 IR 87\\ISO 2022 IR 159",
        b"\\ISO 2022 IR 149",
        b"\\ISO 2022 IR 58",
        b"ISO 2022 IR 100\\ISO 2022 IR 144",
        b"zlib_codec",
    ]
)
PIECES = st.sampled_from(
    [b"\x1b$B", b"\x1b(B", b"\x1b(J", b"\x1b$)A", b"\x1b$)C", b"\x1b-F", b"\x1b", b"^", b"=", b"\\"]
)


@given(TERMS, st.lists(PIECES | st.binary(max_size=5)))
def test_any_bytes_become_text_that_utf_8_can_hold(terms, pieces):
    raw = b"".join(pieces)

    for decode in (charset_of(terms).decode_text, charset_of(terms).decode_name):
        decode(raw, []).encode("utf-8")


@given(st.text(alphabet=st.characters(codec="gb18030", exclude_characters="\x1b"), max_size=30))
def test_whatever_gb18030_can_write_is_read_back(original):
    assert text(b"GB18030", original.encode("gb18030")) == (original, [])
