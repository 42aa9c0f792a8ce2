"""How far each field of two registrations agrees (``matching.levels``)."""

from datetime import date

import pytest

from medshare.patients import variants
from medshare.patients.matching.levels import Field, Level, compare
from medshare.patients.matching.profile import profile_of, telling_phone
from medshare.patients.model import HumanName, Registration
from tests.judging import BORN, PHONE, a_number, mistyped, stated


def level(field: Field, ours: Registration, theirs: Registration) -> Level | None:
    return compare(profile_of(ours), profile_of(theirs)).get(field)


@pytest.mark.parametrize(
    ("ours", "theirs", "field", "expected"),
    [
        ("張偉", "张伟", Field.GIVEN, Level.EXACT),
        (HumanName(alphabetic="Zeng^Wei"), "曾伟", Field.GIVEN, Level.SPELLED),
        (HumanName(alphabetic="Ceng Wei"), "曾伟", Field.GIVEN, Level.SPELLED),
        (HumanName(alphabetic="WEI LYU"), "吕伟", Field.GIVEN, Level.SPELLED),
        (HumanName(alphabetic="Lü^Wei"), "吕伟", Field.GIVEN, Level.SPELLED),
        ("李子涵", "李子轩", Field.GIVEN, Level.ONE_CHARACTER),
        ("张静", "张婧", Field.GIVEN, Level.HOMOPHONE),
        ("欧阳锋", HumanName(family="欧阳", given="锋"), Field.FAMILY, Level.EXACT),
        (
            HumanName(family="smith", given="john"),
            HumanName(family="john", given="smith"),
            Field.FAMILY,
            Level.SWAPPED,
        ),
        (
            HumanName(family="smith", given="john"),
            HumanName(family="smyth", given="john"),
            Field.FAMILY,
            Level.NEAR,
        ),
    ],
)
def test_names_agree_to_a_level(
    ours: str | HumanName, theirs: str | HumanName, field: Field, expected: Level
) -> None:
    assert level(field, stated(ours), stated(theirs)) is expected


@pytest.mark.parametrize(
    ("born", "expected"),
    [
        (BORN, Level.SAME),
        (date(1980, 5, 3), Level.SWAPPED),
        (date(1980, 3, 6), Level.NEAR),
        (date(1980, 4, 9), Level.LUNAR),
        (date(1990, 7, 9), Level.DIFFERENT),
        (None, None),
    ],
)
def test_birth_dates_agree_to_a_level(born: date | None, expected: Level | None) -> None:
    assert level(Field.BORN, stated(birth_date=born), stated()) is expected


@pytest.mark.parametrize("phone", ["11111111111", "12345678", "87654321", "13800138000", "110"])
def test_a_dummy_phone_says_nothing(phone: str) -> None:
    assert telling_phone(phone) == ""


def test_a_phone_is_the_same_with_its_country() -> None:
    assert telling_phone("+8619900000001") == PHONE


def test_variants_are_folded_to_what_the_mainland_writes() -> None:
    assert variants.fold("張寧強") == "张宁强"


def test_a_mistyped_number_is_a_typo_of_the_right_one_and_of_nothing_else() -> None:
    right, wrong = a_number(), mistyped(a_number())
    assert level(Field.NUMBER, stated(number=wrong), stated(number=right)) is Level.TYPO
    assert level(Field.NUMBER, stated(number=wrong), stated(number=wrong)) is Level.TYPO
    assert level(Field.NUMBER, stated(number=wrong), stated(number=a_number(985))) is None
