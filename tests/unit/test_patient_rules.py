import unicodedata
from dataclasses import replace
from datetime import date
from itertools import count

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from medshare.kernel.identifiers import FacilityCode, PatientId
from medshare.patients.checks import faults_of, warnings_of
from medshare.patients.identity_numbers import SYSTEM
from medshare.patients.model import (
    Decision,
    HumanName,
    Outcome,
    PatientIdentifier,
    Reason,
    Registration,
    keeps_link,
)
from medshare.patients.names import fold
from medshare.patients.schemas import dump_reason
from tests.registrations import BORN, NUMBER_SYSTEMS, a_registration, an_identity_number

TODAY = date(2026, 11, 20)
HERE = FacilityCode("SZ-A")
THERE = FacilityCode("SZ-B")
OWN = NUMBER_SYSTEMS["SZ-A"]
WANG = HumanName("王小明", "王", "小明", "Wang^XiaoMing")
records = count(1)


def codes(registration: Registration) -> list[tuple[str, str]]:
    return [(each.pointer, each.code) for each in faults_of(registration, OWN, TODAY)]


# --- names ---------------------------------------------------------------------------------


@given(st.text(max_size=40))
@example("e · \u0301")
def test_folding_again_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text("王小明张伟阿依古丽abcXYZ", min_size=1, max_size=12), st.integers(0, 12))
def test_width_case_spaces_and_dots_are_no_difference(text: str, place: int) -> None:
    wide = "".join(chr(ord(each) + 0xFEE0) if each.isascii() else each for each in text)
    dotted = f"{wide[:place].upper()} · {wide[place:]}"
    assert fold(dotted) == fold(text)


def test_a_character_that_unicode_does_not_know_yet_is_not_dropped() -> None:
    private = "\ue123"
    assert unicodedata.category(private) == "Co"
    assert fold(f"王{private}") != fold("王")


# --- the link of a changed record -----------------------------------------------------------


@pytest.mark.parametrize(
    ("decided", "alone", "keeps"),
    [
        (None, True, True),
        (None, False, False),
        (PatientId("p1"), False, True),
        (PatientId("p2"), True, False),
    ],
)
def test_a_link_is_kept_when_the_rule_would_make_it_again(
    decided: PatientId | None, *, alone: bool, keeps: bool
) -> None:
    decision = Decision(Outcome.NEW, (), decided, "test")
    assert keeps_link(decision, PatientId("p1"), alone=alone) is keeps


# --- what is wrong with a registration -----------------------------------------------------


def test_a_right_registration_has_no_fault() -> None:
    assert codes(a_registration(number=an_identity_number())) == []
    assert codes(replace(a_registration(number=an_identity_number()), birth_date=None)) == []


@pytest.mark.parametrize(
    "identifiers",
    [
        (PatientIdentifier("urn:oid:2.999.2.1", "M1", "MR"),),
        (PatientIdentifier(OWN, "M1", "PPN"),),
        (PatientIdentifier(OWN, "M1", "MR"), PatientIdentifier(OWN, "M2", "MR")),
        (
            PatientIdentifier(OWN, "M1", "MR"),
            PatientIdentifier("urn:oid:2.999.2.1", "M1", "MR"),
        ),
    ],
    ids=["another's number", "not typed MR", "two numbers", "another's as well"],
)
def test_the_own_number_stands_exactly_once(identifiers: tuple[PatientIdentifier, ...]) -> None:
    registration = replace(a_registration(), identifiers=identifiers)
    assert codes(registration) == [("/identifiers", "own-record-number")]


WRONG = an_identity_number()[:17] + ("0" if an_identity_number()[17] != "0" else "1")


def test_a_wrong_check_digit_is_warned_of_and_taken_as_stated() -> None:
    registration = a_registration(number=WRONG)
    assert codes(registration) == []
    assert [(each.pointer, each.code) for each in warnings_of(registration)] == [
        ("/identifiers/1/value", "identity-number-check-digit")
    ]
    assert warnings_of(a_registration(number=an_identity_number())) == []
    assert registration.identity_number is None, "it proves nobody's identity"


def test_a_wrong_check_digit_excuses_no_other_fault() -> None:
    registration = a_registration(number=WRONG)
    second = PatientIdentifier(SYSTEM, an_identity_number(13), "NNCHN")
    twice = replace(registration, identifiers=(*registration.identifiers, second))
    assert codes(twice) == [("/identifiers", "several-identity-numbers")]
    assert codes(a_registration(number=WRONG[:17])) == [
        ("/identifiers/1/value", "identity-number-format")
    ]


def test_a_birth_date_other_than_the_numbers_is_a_fault() -> None:
    registration = replace(
        a_registration(number=an_identity_number()), birth_date=date(1962, 5, 18)
    )
    assert codes(registration) == [("/birthDate", "identity-number-birth-date")]


def test_nobody_has_two_identity_numbers() -> None:
    registration = a_registration(number=an_identity_number())
    second = PatientIdentifier(SYSTEM, an_identity_number(13), "NNCHN")
    registration = replace(registration, identifiers=(*registration.identifiers, second))
    assert codes(registration) == [("/identifiers", "several-identity-numbers")]


def test_an_identifier_stands_once_in_whatever_spelling() -> None:
    registration = a_registration(number=an_identity_number())
    again = PatientIdentifier(SYSTEM, an_identity_number()[:6] + an_identity_number()[8:17], "NI")
    registration = replace(registration, identifiers=(*registration.identifiers, again))
    assert codes(registration) == [("/identifiers/2", "repeated-identifier")]


@pytest.mark.parametrize(
    ("born", "died", "fault"),
    [
        (TODAY, TODAY, []),
        (date(2026, 11, 21), None, [("/birthDate", "birth-date-in-future")]),
        (BORN, date(2026, 11, 21), [("/deceased", "date-of-death")]),
        (BORN, date(1962, 5, 16), [("/deceased", "date-of-death")]),
        (None, TODAY, []),
    ],
)
def test_birth_and_death_are_in_order_and_past(
    born: date | None, died: date | None, fault: list[tuple[str, str]]
) -> None:
    registration = replace(a_registration(), birth_date=born, deceased_on=died)
    assert codes(registration) == fault


def test_every_reason_can_be_told_in_both_languages() -> None:
    for reason in Reason:
        told = dump_reason(reason)
        assert told["en"] and told["zh"], reason  # noqa: PT018  # either lacks its words
