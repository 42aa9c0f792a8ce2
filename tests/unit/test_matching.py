from dataclasses import replace
from datetime import date
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.matching.memory import MemoryRegistry
from benchmarks.matching.population import Population
from benchmarks.matching.truth import figures
from medshare.kernel.identifiers import PatientId, RecordId
from medshare.patients.identity_numbers import SYSTEM
from medshare.patients.matching.decide import (
    Candidate,
    Subject,
    judge,
    weigh,
)
from medshare.patients.matching.doubts import Doubt
from medshare.patients.matching.explain import evidence_of
from medshare.patients.matching.keys import keys_of
from medshare.patients.matching.levels import Field, Level, compare
from medshare.patients.matching.profile import profile_of
from medshare.patients.matching.weights import score, shipped
from medshare.patients.model import HumanName, Outcome, PatientIdentifier, Registration, Sex
from tests.judging import ADDRESS, BORN, PHONE, A, B, a_number, judged, mistyped, outcome, stated


@pytest.mark.parametrize(
    ("asked", "known", "expected"),
    [
        (stated(number=a_number()), stated(number=a_number()), "linked"),
        (stated(phone=PHONE), stated(phone=PHONE), "linked"),
        (stated(address=ADDRESS), stated(address=ADDRESS.removeprefix("广东省")), "linked"),
        (stated(), stated(), "review"),
        (stated(number=a_number()), stated(number=a_number(13)), "new"),
        (stated("李雷", number=a_number()), stated(number=a_number()), "review"),
        (stated("王小朋", number=a_number()), stated(number=a_number()), "linked"),
        (
            stated("王小朋", number=a_number(), birth_date=None),
            stated(number=a_number()),
            "review",
        ),
        (stated(phone="13800138000"), stated(phone="13800138000"), "review"),
        (stated("無名氏", phone=PHONE), stated("无名氏", phone=PHONE), "new"),
        (stated("急诊12", phone=PHONE), stated("急诊12", phone=PHONE), "new"),
        (stated("王芳之子", phone=PHONE), stated("王芳之子", phone=PHONE), "review"),
        (stated("王芳之长子", phone=PHONE), stated("王芳之次子", phone=PHONE), "new"),
        (
            stated("张伟", phone=PHONE, address=ADDRESS),
            stated("章伟", phone=PHONE, address=ADDRESS),
            "review",
        ),
        (
            stated("王小朋", phone=PHONE, address=ADDRESS),
            stated(phone=PHONE, address=ADDRESS),
            "review",
        ),
        (
            stated(phone=PHONE, birth_date=date(1980, 5, 3)),
            stated(phone=PHONE),
            "linked",
        ),
        (stated(phone=PHONE, birth_date=None), stated(phone=PHONE), "linked"),
        (stated(address=ADDRESS, birth_date=None), stated(address=ADDRESS), "review"),
    ],
    ids=[
        "one number",
        "one phone",
        "one address",
        "name and birth date alone",
        "two valid numbers",
        "another name under a number",
        "a slip in the name under a number",
        "the same without a birth date",
        "a dummy phone",
        "nobody known",
        "a number of the emergency room",
        "a newborn",
        "newborns of two ranks",
        "homophones",
        "a misread character or a twin",
        "day and month swapped",
        "no birth date, one phone",
        "no birth date, one house",
    ],
)
def test_a_record_is_linked_reviewed_or_new(
    asked: Registration, known: Registration, expected: str
) -> None:
    assert outcome(asked, known) == expected
    assert outcome(known, asked) == expected


def test_twins_are_not_linked_though_all_but_one_character_agrees() -> None:
    first = stated("李子涵", phone=PHONE, address=ADDRESS)
    second = stated("李子轩", phone=PHONE, address=ADDRESS)
    assert outcome(first, second) is not Outcome.LINKED


def test_a_guardians_number_is_family_evidence_and_not_identity() -> None:
    father = stated("王建国", number=a_number())
    child = stated("王小宝", number=a_number(), birth_date=date(2020, 1, 2))
    found = judged(child, father).persons[0]
    assert Doubt.FAMILY_NUMBER in found.doubts
    assert outcome(child, father) is not Outcome.LINKED
    assert outcome(child, child) is Outcome.LINKED


def test_a_conflict_with_one_record_keeps_from_the_whole_person() -> None:
    person = PatientId("p")
    members = [
        Candidate(RecordId("r1"), person, B, profile_of(stated(phone=PHONE))),
        Candidate(RecordId("r2"), person, B, profile_of(stated(number=a_number(13)))),
    ]
    asked = Subject(A, profile_of(stated(number=a_number(), phone=PHONE)))
    judgement = judge(shipped(), asked, members)
    assert judgement.joins is None
    assert judgement.persons[0].vetoes == (Doubt.OTHER_NUMBER,)


def test_a_record_never_joins_what_a_registrar_separated_it_from() -> None:
    known = stated(number=a_number())
    assert judged(known, known).joins is not None
    assert judged(known, known, separated="r0").joins is None


def test_two_persons_are_one_when_a_record_is_certain_of_both_and_neither_objects() -> None:
    asked = stated(number=a_number(), phone=PHONE)
    found = judged(asked, stated(phone=PHONE), stated(number=a_number()))
    assert found.joins is not None
    assert found.joins.patient_id == "p1", "the number says most"
    assert [each.patient_id for each in found.unites] == ["p0"]
    assert found.reviews == ()


def test_a_registrar_decides_between_two_who_cannot_be_one() -> None:
    one, other = stated(phone=PHONE, number=a_number()), stated(phone=PHONE, number=a_number(13))
    found = judged(stated(phone=PHONE), one, other)
    assert found.joins is None
    assert {each.patient_id for each in found.reviews} == {"p0", "p1"}
    numbered = judged(one, one, other)
    assert numbered.joins is not None
    assert (numbered.joins.patient_id, numbered.unites) == ("p0", ())


def test_a_name_in_letters_that_fits_two_of_a_house_makes_them_no_one() -> None:
    spelled = stated(HumanName(alphabetic="Wang^Xiaoming"), phone=PHONE)
    found = judged(spelled, stated("王小明", phone=PHONE), stated("王晓明", phone=PHONE))
    assert (found.joins, found.unites) == (None, ())


def test_a_missing_value_is_in_no_key() -> None:
    assert keys_of(profile_of(stated("", birth_date=None))) == frozenset()
    assert keys_of(profile_of(stated("无名氏", number=a_number()))) == frozenset()


def test_the_two_scripts_of_a_name_meet() -> None:
    ours, theirs = (
        keys_of(profile_of(stated(each)))
        for each in ("王小明", HumanName(alphabetic="Xiaoming Wang"))
    )
    assert ours & theirs


NAMES = st.sampled_from(
    ["王小明", "王晓明", "李子涵", "張偉", "王芳之子", "无名氏", "smith", "Wang Xiaoming"]
)
registrations = st.builds(
    stated,
    NAMES,
    st.sampled_from(["", a_number(), a_number(13)]),
    birth_date=st.sampled_from([None, BORN, date(1980, 5, 3), date(2015, 1, 1)]),
    phone=st.sampled_from(["", PHONE, "19900000002"]),
    address=st.sampled_from(["", ADDRESS, "深圳市", "12 main street 4000"]),
)


@given(registrations, registrations)
def test_a_pair_is_the_same_from_either_side(ours: Registration, theirs: Registration) -> None:
    one, other = profile_of(ours), profile_of(theirs)
    assert compare(one, other) == compare(other, one)
    there = weigh(shipped(), Subject(A, one), Candidate(RecordId("r"), PatientId("p"), B, other))
    back = weigh(shipped(), Subject(B, other), Candidate(RecordId("r"), PatientId("p"), A, one))
    assert there.odds == pytest.approx(back.odds)
    assert there.doubts == back.doubts


@given(registrations, registrations)
def test_an_agreeing_identity_number_is_never_worth_less_than_none(
    ours: Registration, theirs: Registration
) -> None:
    one, other = profile_of(ours), profile_of(theirs)
    levels = {k: v for k, v in compare(one, other).items() if k is not Field.NUMBER}
    same = score(shipped(), levels | {Field.NUMBER: Level.SAME}, one, other)
    none = score(shipped(), levels, one, other)
    assert same.odds >= none.odds


@given(registrations, st.lists(registrations, max_size=4), st.randoms())
def test_the_order_of_candidates_does_not_matter(
    asked: Registration, known: list[Registration], random: Random
) -> None:
    candidates = [
        Candidate(RecordId(f"r{place}"), PatientId(f"p{place % 2}"), B, profile_of(each))
        for place, each in enumerate(known)
    ]
    shuffled = list(candidates)
    random.shuffle(shuffled)
    subject = Subject(A, profile_of(asked))
    assert judge(shipped(), subject, candidates) == judge(shipped(), subject, shuffled)


@given(registrations, st.lists(registrations, max_size=4))
def test_nobody_joins_a_person_with_another_valid_number(
    asked: Registration, known: list[Registration]
) -> None:
    found = judged(asked, *known)
    if found.joins is not None:
        assert found.joins.best.levels.get(Field.NUMBER) is not Level.DIFFERENT


def test_the_whole_of_a_judgement_can_be_explained() -> None:
    evidence = evidence_of(shipped(), judged(stated(phone=PHONE), stated(phone=PHONE)))
    assert evidence["weightsVersion"] == shipped().version
    person = evidence["persons"][0]  # type: ignore[index]  # JSON as it came
    assert person["grade"] == "certain"
    assert person["levels"]["phone"]["level"] == "same"
    assert person["levels"]["phone"]["bits"] > 10


@pytest.mark.parametrize("twins", [0.02, 1 / 3], ids=["a population", "a third of them twins"])
def test_a_made_up_population_has_nobody_merged_and_nearly_everybody_found(twins: float) -> None:
    registry = MemoryRegistry()
    for each in Population(seed=4).records(300, twins=twins):
        registry.register(each)
    found = figures(registry.outcomes())
    assert (found.false_pairs, registry.refused) == (0, 0)
    assert found.recall > 0.88
    assert found.recall_with_review > 0.985
    assert found.reviews_per_1000 < 100


def test_names_in_letters_are_met_by_their_suburb_and_weighed_by_their_own_levels() -> None:
    one = stated(HumanName("Ethan Mason", "mason", "ethan"), address="443 bellamour parkholme 2029")
    other = stated(
        HumanName("Ehtan Masdn", "masdn", "ehtan"), address="sec 443 bellamour parkholme 2092"
    )
    assert keys_of(profile_of(one)) & keys_of(profile_of(other))
    assert outcome(one, other) is Outcome.LINKED
    brother = replace(one, name=HumanName("Alec Mason", "mason", "alec"))
    assert outcome(one, brother) is Outcome.REVIEW, "a twin has another name, and all else alike"


def test_a_line_of_a_list_without_a_given_name_and_with_another_number_may_be_a_twins() -> None:
    def line(given: str, number: str) -> Registration:
        name = HumanName(f"{given} mason".strip(), "mason", given)
        own = PatientIdentifier("urn:oid:2.999.9.1", number, "SS")
        house = "17 brooker street lockleys 2070"
        return stated(name, sex=Sex.UNKNOWN, address=house, identifiers=(own,))

    known = line("abbey", "6891487")
    assert outcome(line("", "0513214"), known) is Outcome.REVIEW
    assert outcome(line("kyle", "0513214"), known) is Outcome.REVIEW
    assert outcome(line("", "6891487"), known) is Outcome.LINKED
    assert outcome(line("", "6891478"), known) is Outcome.LINKED, "a slip of the number"


# --- identity numbers that fail their check --------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "known", "expected"),
    [
        (stated(phone=PHONE), stated(phone=PHONE), "linked"),
        (stated(), stated(), "review"),
        (stated("赵雨晴"), stated(), "new"),
        (stated("王小亮"), stated(), "review"),
    ],
    ids=["phone agrees", "name and birth date", "another name", "a twin's name"],
)
def test_a_mistyped_number_supports_but_proves_nothing(
    asked: Registration, known: Registration, expected: str
) -> None:
    wrong = PatientIdentifier(SYSTEM, mistyped(a_number()), "NNCHN")
    right = PatientIdentifier(SYSTEM, a_number(), "NNCHN")
    asked, known = replace(asked, identifiers=(wrong,)), replace(known, identifiers=(right,))
    assert outcome(asked, known) == expected


def test_a_guardians_number_mistyped_is_no_evidence_of_the_child() -> None:
    child, mistaken = date(2020, 5, 6), mistyped(a_number())
    assert profile_of(stated(number=mistaken, birth_date=child)).faulty == ""
    assert profile_of(stated(number=mistaken)).faulty == mistaken
