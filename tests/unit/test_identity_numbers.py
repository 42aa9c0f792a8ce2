from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from medshare.patients.identity_numbers import (
    NumberFault,
    birth_date_in,
    check_character,
    fault_of,
    is_a_guardians,
    normalise,
)

days = st.dates(date(1850, 1, 1), date(2099, 12, 31))
sequences = st.integers(1, 999)


def a_number(born: date, sequence: int, region: str = "999999") -> str:
    body = f"{region}{born.year:04d}{born:%m%d}{sequence:03d}"
    return body + check_character(body)


numbers = st.builds(a_number, days, sequences)


def test_the_check_character_is_that_of_the_standards_example() -> None:
    # GB 11643-1999 annex A: 11010519491231002X.
    assert check_character("11010519491231002") == "X"


@given(days, sequences)
def test_a_number_that_was_made_by_the_rule_has_no_fault(born: date, sequence: int) -> None:
    number = a_number(born, sequence)
    assert fault_of(number) is None
    assert birth_date_in(number) == born


@given(numbers, st.integers(0, 16), st.integers(1, 9))
def test_one_wrong_digit_is_always_found(number: str, place: int, step: int) -> None:
    digit = str((int(number[place]) + step) % 10)
    wrong = number[:place] + digit + number[place + 1 :]
    assert fault_of(wrong) is NumberFault.CHECK_DIGIT


@given(numbers, st.integers(0, 15))
def test_two_neighbours_that_changed_places_are_always_found(number: str, place: int) -> None:
    swapped = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
    assert swapped == number or fault_of(swapped) is NumberFault.CHECK_DIGIT


@given(numbers)
def test_width_case_and_spaces_do_not_matter(number: str) -> None:
    wide = "".join(chr(ord(each) + 0xFEE0) for each in number.lower())
    assert normalise(f" {wide[:6]} {wide[6:]}") == number


@given(st.text(max_size=30))
@example("\N{LATIN SMALL LETTER N PRECEDED BY APOSTROPHE}")
@example("e \u0301")
def test_normalising_again_changes_nothing(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)


@given(st.dates(date(1900, 1, 1), date(1999, 12, 31)), sequences)
def test_a_number_of_the_first_generation_becomes_the_second(born: date, sequence: int) -> None:
    number = a_number(born, sequence)
    assert normalise(number[:6] + number[8:17]) == number


@pytest.mark.parametrize(
    ("number", "fault"),
    [
        ("", NumberFault.FORMAT),
        ("99999919620517011", NumberFault.FORMAT),
        ("A99999196205170117", NumberFault.FORMAT),
        (a_number(date(1962, 5, 17), 11, "990000"), NumberFault.REGION),
        (a_number(date(1962, 5, 17), 11, "000000"), NumberFault.REGION),
        ("99999919620231001" + check_character("99999919620231001"), NumberFault.DATE),
        ("99999917000101001" + check_character("99999917000101001"), NumberFault.DATE),
    ],
)
def test_what_cannot_be_anybodys_is_named(number: str, fault: NumberFault) -> None:
    assert fault_of(number) is fault


@pytest.mark.parametrize("region", ["440301", "110105", "944156", "830000"])
def test_divisions_and_foreign_residents_are_regions(region: str) -> None:
    assert fault_of(a_number(date(1962, 5, 17), 11, region)) is None


@pytest.mark.parametrize(
    ("born", "guardians"),
    [
        (date(2003, 5, 17), True),
        (date(2003, 5, 16), False),
        (date(1990, 5, 17), False),
        (date(1989, 1, 1), False),
        (None, False),
    ],
)
def test_a_number_of_thirteen_years_before_is_a_guardians(
    born: date | None,
    guardians: bool,  # what is expected
) -> None:
    assert is_a_guardians(a_number(date(1990, 5, 17), 1), born) is guardians
