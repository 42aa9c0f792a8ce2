import unicodedata
from dataclasses import replace
from datetime import date
from itertools import count

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from medshare.kernel.identifiers import FacilityCode, PatientId, RecordId
from medshare.patients.checks import faults_of
from medshare.patients.identity_numbers import SYSTEM
from medshare.patients.model import (
    Decision,
    HumanName,
    LinkedRecord,
    Member,
    Outcome,
    PatientIdentifier,
    Reason,
    Registration,
    decide,
    keeps_link,
)
from medshare.patients.names import agree, fold
from tests.registrations import BORN, NUMBER_SYSTEMS, a_registration, an_identity_number

TODAY = date(2026, 11, 20)
HERE = FacilityCode("SZ-A")
THERE = FacilityCode("SZ-B")
OWN = NUMBER_SYSTEMS["SZ-A"]
WANG = HumanName("王小明", "王", "小明", "Wang^XiaoMing")
records = count(1)


def a_member(
    patient: str,
    number: str | None,
    name: HumanName = WANG,
    facility: FacilityCode = THERE,
) -> Member:
    linked = LinkedRecord(RecordId(f"r{next(records)}"), PatientId(patient), facility)
    return Member(linked, number, name)


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


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (HumanName(text="王小明"), HumanName(family="王", given="小明")),
        (HumanName(text="阿依古丽·买买提"), HumanName(text="阿依古丽•买买提")),
        (WANG, HumanName(text="WANG XIAOMING", alphabetic="WANG^XIAOMING")),
        (HumanName(alphabetic="Müller^Anna"), HumanName(family="MÜLLER", given="Anna")),
    ],
)
def test_one_name_written_by_two_desks_agrees(ours: HumanName, theirs: HumanName) -> None:
    assert agree(ours.forms, theirs.forms)
    assert agree(theirs.forms, ours.forms)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (HumanName("李子涵"), HumanName("李子萱")),
        (HumanName("张伟", alphabetic="Zhang^Wei"), HumanName("章伟", alphabetic="Zhang^Wei")),
        (HumanName("王?明"), HumanName("王明")),
        (HumanName("王小明"), HumanName()),
        (HumanName(), HumanName()),
    ],
)
def test_another_name_does_not_agree(ours: HumanName, theirs: HumanName) -> None:
    assert not agree(ours.forms, theirs.forms)


def test_a_character_that_unicode_does_not_know_yet_is_not_dropped() -> None:
    private = "\ue123"
    assert unicodedata.category(private) == "Co"
    assert fold(f"王{private}") != fold("王")


# --- the rule of linking -------------------------------------------------------------------


def test_the_same_number_and_an_agreeing_name_link() -> None:
    decision = decide(
        a_registration(number=an_identity_number()), HERE, [a_member("p1", an_identity_number())]
    )
    assert decision == Decision(Outcome.LINKED, (Reason.IDENTITY_NUMBER_AND_NAME,), PatientId("p1"))


def test_without_a_number_nobody_is_the_same_person() -> None:
    decision = decide(a_registration(), HERE, [])
    assert decision == Decision(Outcome.NEW, (Reason.NO_IDENTITY_NUMBER,))


@pytest.mark.parametrize(
    "members",
    [
        [],
        [a_member("p1", an_identity_number(), HumanName("赵雨晴"))],
        [a_member("p1", an_identity_number()), a_member("p2", an_identity_number())],
        [a_member("p1", an_identity_number()), a_member("p1", an_identity_number(13))],
    ],
    ids=["nobody", "another name", "two persons", "a person with another number"],
)
def test_every_doubt_makes_a_new_person_and_is_told_alike(members: list[Member]) -> None:
    decision = decide(a_registration(number=an_identity_number()), HERE, members)
    assert decision == Decision(Outcome.NEW, (Reason.NO_AGREEING_PERSON,))


def test_a_second_number_of_one_facility_is_linked_and_flagged() -> None:
    members = [a_member("p1", an_identity_number()), a_member("p1", None, facility=HERE)]
    decision = decide(a_registration(number=an_identity_number()), HERE, members)
    assert decision.patient_id == "p1"
    assert Reason.POSSIBLE_DUPLICATE in decision.explanation


def test_the_agreeing_one_of_two_persons_with_a_number_is_chosen() -> None:
    members = [
        a_member("p1", an_identity_number(), HumanName("赵雨晴")),
        a_member("p2", an_identity_number()),
    ]
    assert decide(a_registration(number=an_identity_number()), HERE, members).patient_id == "p2"


some_members = st.lists(
    st.builds(
        a_member,
        st.sampled_from(["p1", "p2", "p3"]),
        st.sampled_from([None, an_identity_number(11), an_identity_number(13)]),
        st.sampled_from([WANG, HumanName("赵雨晴")]),
    ),
    max_size=6,
)


@given(some_members, st.randoms())
def test_the_order_of_records_does_not_matter(members: list[Member], random: object) -> None:
    shuffled = list(members)
    random.shuffle(shuffled)
    registration = a_registration(number=an_identity_number())
    assert decide(registration, HERE, members) == decide(registration, HERE, shuffled)


@given(some_members)
def test_nobody_joins_a_person_who_has_another_number(members: list[Member]) -> None:
    joined = decide(a_registration(number=an_identity_number(11)), HERE, members).patient_id
    numbers = {each.identity_number for each in members if each.linked.patient_id == joined}
    assert an_identity_number(13) not in numbers


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
    decision = Decision(Outcome.NEW, (), decided)
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


def test_a_wrong_check_digit_is_pointed_at() -> None:
    wrong = an_identity_number()[:17] + ("0" if an_identity_number()[17] != "0" else "1")
    assert codes(a_registration(number=wrong)) == [
        ("/identifiers/1/value", "identity-number-check-digit")
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
