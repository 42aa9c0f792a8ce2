"""What a version of the policy changes of another is told in words."""

from typing import Any
from zoneinfo import ZoneInfo

import orjson
import pytest

from medshare.recognition.policies.model import differences
from medshare.viewer.consoles.changes import NOTHING, Change, Teller, source_name, window_words
from medshare.viewer.words import Language, translator

ITEMS = {"CT-CHEST-PLAIN": ("胸部CT平扫", "CT of the chest")}
SCOPES = {"CN-GD-SZ": ("示例市", "Example City")}
BEFORE: dict[str, Any] = {
    "programme": "sample",
    "scope": "CN-GD-SZ",
    "effectiveFrom": "2026-11-20T16:00:00+00:00",
    "timeZone": "Asia/Shanghai",
    "items": {"CT-CHEST-PLAIN": {"window": "30d", "priceYuan": 260.0, "source": "sample"}},
    "reasons": [
        {"code": "EMERGENCY", "zh": "急诊", "en": "Emergency"},
        {"code": "OTHER", "zh": "其他", "en": "Other", "needsText": True},
    ],
}


def told(language: Language, **changes: Any) -> list[Change]:
    teller = Teller(ITEMS, SCOPES, language, translator(language), ZoneInfo("Asia/Shanghai"))
    return [*teller.changes(differences(BEFORE, orjson.loads(orjson.dumps(BEFORE | changes))))]


def test_the_same_document_changes_nothing() -> None:
    assert told(Language.ENGLISH) == []


def test_an_instant_is_told_in_the_citys_time() -> None:
    (change,) = told(Language.ENGLISH, effectiveFrom="2026-12-31T16:00:00Z")
    assert change == Change("", "In force from", "2026-11-21 00:00", "2027-01-01 00:00")


def test_a_term_of_an_item_is_told_by_the_items_name_and_in_words() -> None:
    rule = BEFORE["items"]["CT-CHEST-PLAIN"] | {"window": "1mo", "rapid": True}
    changed = told(Language.CHINESE, items={"CT-CHEST-PLAIN": rule})
    assert changed == [
        Change("胸部CT平扫", "变化较快", "否", "是"),
        Change("胸部CT平扫", "有效期", "30 天", "1 个月"),
    ]


def test_what_is_left_out_is_what_it_means() -> None:
    rule = BEFORE["items"]["CT-CHEST-PLAIN"] | {"rapid": False, "minutes": 0}
    assert told(Language.ENGLISH, items={"CT-CHEST-PLAIN": rule}) == []


def test_an_item_that_comes_is_told_by_each_of_its_terms() -> None:
    items = BEFORE["items"] | {"KNEE": {"window": "6h", "cardMode": "mechanical", "mSv": 0.1}}
    changed = told(Language.ENGLISH, items=items)
    assert {each.subject for each in changed} == {"KNEE"}
    assert [(each.before, each.after) for each in changed] == [
        (NOTHING, "6 hours"),
        (NOTHING, "a repeat asks for a reason"),
        ("0", "0.1"),
    ]


def test_a_reason_is_told_by_what_it_says_and_not_by_its_place() -> None:
    emergency, other = BEFORE["reasons"]
    changed = told(Language.ENGLISH, reasons=[other | {"needsText": False}, emergency])
    assert changed == [Change("Other", "Asks for words", "yes", "no")]


@pytest.mark.parametrize("language", Language)
def test_every_term_that_a_document_can_have_has_its_words(language: Language) -> None:
    whole = {
        "certificateAnchor": "both",
        "levelRule": "same_or_higher",
        "clockSkewMinutes": 10,
        "programme": "other",
        "timeZone": "Asia/Urumqi",
        "scope": "CN-GD",
    }
    assert len(told(language, **whole)) == len(whole)


def test_a_window_and_a_source_are_words() -> None:
    t = translator(Language.ENGLISH)
    assert [window_words(each, t) for each in ("1d", "12h")] == ["1 day", "12 hours"]
    assert source_name("Hubei list", t) == "Hubei's list"
    assert source_name("our own board", t) == "our own board"
