"""Statistics: a worked example, and the laws that every figure keeps."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from medshare.recognition.model import Outcome, Tier
from medshare.recognition.policies.model import Terms
from medshare.recognition.statistics.flags import flags_of
from medshare.recognition.statistics.model import (
    Chance,
    Deed,
    Dimension,
    Fate,
    Judged,
    fate_of,
    funnel_of,
    grouped,
    rates_of,
    reasons_of,
)
from medshare.recognition.statistics.savings import Amounts, Proof, Rulebook, savings_of
from medshare.web.tables import _cell
from tests.recognition import PROGRAMME

ASKED = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
PATIENCE = timedelta(hours=24)
# A month after the second of March, to the end of the day in Shanghai, and one hour more.
AFTER_WINDOW = datetime(2026, 4, 2, 17, 0, tzinfo=UTC)
BOOKS = {
    "p1": Rulebook(PROGRAMME.policy, {"CT": Terms("sample", price_yuan=260, minutes=40, msv=5)})
}


def a_chance(number: int = 1, **changes: object) -> Chance:
    chance = Chance(
        f"e{number}", ("B", f"r{number}", "o", "CT"), "B", "chest", "CT", "A",
        Tier.DUE, has_mark=True, laterality=None, policy_id="p1", asked_at=ASKED,
        shown=True, viewed=False, has_draft=True,
    )  # fmt: skip
    return replace(chance, **changes)


def a_deed(outcome: Outcome = Outcome.RECOGNISED, **changes: object) -> Deed:
    return replace(Deed(outcome, ASKED + timedelta(minutes=1), "d1"), **changes)


def judged(*chances: Chance, as_of: datetime = AFTER_WINDOW) -> list[Judged]:
    return [Judged(each, fate_of(each, as_of, PATIENCE)) for each in chances]


OTHER = a_deed(Outcome.REPEATED, reason="OTHER", reason_parent="OTHER")
WEEK_LATER = ASKED + timedelta(days=7)
# Eight results for eight orders, and a ninth for the first order over again.
EXAMPLE = (
    a_chance(1, deed=a_deed(), viewed=True),
    a_chance(2, deed=a_deed(), repeated_at=WEEK_LATER),
    a_chance(3, deed=a_deed(), has_draft=False, has_mark=False, tier=Tier.DISCRETIONARY),
    a_chance(4, deed=a_deed(Outcome.PARTLY), viewed=True),
    a_chance(5, deed=OTHER, viewed=True),
    a_chance(6, deed=a_deed(has_fallen=True)),
    a_chance(7),
    a_chance(8, tier=Tier.DISCRETIONARY, shown=False, in_catalogue=False),
    a_chance(1, deed=a_deed(), source_facility="C"),
)


def test_every_figure_of_the_worked_example_is_as_counted_by_hand() -> None:
    funnel = funnel_of(judged(*EXAMPLE))
    rates = {
        each.definition.code: (each.numerator, each.denominator)
        for each in rates_of(judged(*EXAMPLE))
    }

    assert (funnel.eligible, funnel.shown, funnel.viewed) == (9, 8, 3)  # all but 8; 1, 4 and 5
    assert funnel.fates == {
        Fate.RECOGNISED: 4,  # 1, 2, 3 and 9
        Fate.PARTLY: 1,  # 4
        Fate.DECLINED: 1,  # 5
        Fate.FALLEN: 1,  # 6
        Fate.OVERLOOKED: 1,  # 7, due and late
        Fate.OPEN: 1,  # 8, at the doctor's discretion
    }
    assert funnel.repeated_anyway == 1  # 2
    assert rates == {
        "national-indicator": (5, 8),  # 1 to 4 and 9, of all but 8
        "due-recognition": (4, 7),  # 1, 2, 4 and 9, of all but 3 and 8
        "shown": (8, 9),
        "viewed": (3, 8),
        "declined": (1, 8),
        "overlooked": (1, 7),
        "repeated-anyway": (1, 5),  # 2, of 1, 2, 3, 7 and 9
    }


def test_the_worked_examples_savings_count_each_order_once_and_add_up() -> None:
    sums = savings_of(judged(*EXAMPLE), BOOKS, AFTER_WINDOW)

    one = Amounts(1, 0, 260, 40, 5)
    assert sums == {
        Proof.VERIFIED: one,  # the order of 1 and 9
        Proof.REFUTED: one,  # 2
        Proof.UNVERIFIABLE: one,  # 3 had no draft
        Proof.PENDING: Amounts(),
    }
    assert sum(sums.values(), Amounts()) == Amounts(3, 0, 780, 120, 15)


def test_a_saving_is_pending_until_the_window_is_over() -> None:
    chance = a_chance(deed=a_deed())
    end = BOOKS["p1"].ends_at(chance)
    assert end is not None
    for as_of, proof in ((end, Proof.PENDING), (end + timedelta(seconds=1), Proof.VERIFIED)):
        assert savings_of(judged(chance), BOOKS, as_of)[proof].orders == 1


def test_what_has_no_price_is_counted_and_costs_nothing() -> None:
    books = {"p1": Rulebook(PROGRAMME.policy, {})}
    sums = savings_of(judged(a_chance(deed=a_deed())), books, AFTER_WINDOW)
    assert sums[Proof.VERIFIED] == Amounts(1, 1)


def test_a_due_result_is_overlooked_when_its_time_is_over_or_the_exam_was_repeated() -> None:
    assert fate_of(a_chance(), ASKED + PATIENCE, PATIENCE) is Fate.OPEN
    assert fate_of(a_chance(), ASKED + PATIENCE * 2, PATIENCE) is Fate.OVERLOOKED
    repeated = a_chance(repeated_at=ASKED + timedelta(hours=1))
    assert fate_of(repeated, ASKED + timedelta(hours=2), PATIENCE) is Fate.OVERLOOKED


def test_reasons_count_under_the_national_list() -> None:
    reasons = reasons_of(judged(*EXAMPLE, a_chance(10, deed=a_deed(Outcome.REPEATED))))
    assert [(each.parent, each.reason, each.count) for each in reasons] == [
        ("", "", 1),
        ("OTHER", "OTHER", 1),
    ]


def test_flags_show_what_looks_made_rather_than_earned() -> None:
    clicked = [
        a_chance(number, deed=a_deed(dwell_ms=300), has_mark=number > 3) for number in range(6)
    ]
    slow = a_chance(7, deed=a_deed(decided_at=WEEK_LATER, dwell_ms=9000), repeated_at=WEEK_LATER)
    others = [a_chance(number, deed=OTHER) for number in (8, 9, 10)]

    flags = {each.sign.code: each for each in flags_of(judged(*clicked, slow, *others))}

    assert {code: (each.numerator, each.denominator) for code, each in flags.items()} == {
        "recognised-then-repeated": (1, 7),
        "bulk-without-view": (6, 7),
        "dwell-too-short": (6, 7),
        "share-of-other": (3, 3),
        "mark-without-certificate": (4, 7),
    }
    assert not flags["recognised-then-repeated"].is_raised
    assert all(each.is_raised for code, each in flags.items() if "repeated" not in code)


def test_clicks_after_a_view_or_few_at_a_time_are_no_bulk() -> None:
    seen = [a_chance(number, deed=a_deed(), viewed=True) for number in range(6)]
    few = [a_chance(number, deed=a_deed(doctor="d2")) for number in range(4)]
    flags = {each.sign.code: each.numerator for each in flags_of(judged(*seen, *few))}
    assert flags["bulk-without-view"] == 0


def test_a_cell_that_a_spreadsheet_would_run_is_shown_as_text() -> None:
    assert [_cell(each) for each in ("=1+1", "@x", "-2", "plain", None, -2)] == [
        "'=1+1", "'@x", "'-2", "plain", "", -2,
    ]  # fmt: skip


DEEDS = st.builds(
    a_deed,
    st.sampled_from((Outcome.RECOGNISED, Outcome.PARTLY, Outcome.REPEATED)),
    has_fallen=st.booleans(),
)


@st.composite
def some_chances(draw: st.DrawFn) -> Chance:
    deed = draw(st.none() | DEEDS)
    viewed = draw(st.booleans())
    return a_chance(
        draw(st.integers(0, 5)),
        deed=deed,
        viewed=viewed,
        shown=viewed or deed is not None or draw(st.booleans()),
        tier=draw(st.sampled_from((Tier.DUE, Tier.DISCRETIONARY))),
        has_draft=draw(st.booleans()),
        repeated_at=draw(st.none() | st.just(WEEK_LATER)),
        source_facility=draw(st.sampled_from("AC")),
    )


@given(st.lists(some_chances(), max_size=12))
def test_the_funnel_narrows_its_parts_add_up_and_every_rate_is_a_share(
    chances: list[Chance],
) -> None:
    found = judged(*chances)
    funnel = funnel_of(found)

    assert funnel.eligible >= funnel.shown >= funnel.viewed >= 0
    assert sum(funnel.fates.values()) == funnel.eligible
    assert funnel.repeated_anyway <= funnel.fates[Fate.RECOGNISED] + funnel.fates[Fate.OVERLOOKED]
    for rate in rates_of(found):
        assert 0 <= rate.numerator <= rate.denominator <= funnel.eligible


@given(st.lists(some_chances(), max_size=12), st.sampled_from(Dimension))
def test_the_groups_add_up_to_the_whole(chances: list[Chance], by: Dimension) -> None:
    found = judged(*chances)
    whole = [(each.numerator, each.denominator) for each in rates_of(found)]
    parts = [rates_of(group) for group in grouped(found, by).values()]

    for number, (numerator, denominator) in enumerate(whole):
        assert sum(each[number].numerator for each in parts) == numerator
        assert sum(each[number].denominator for each in parts) == denominator


@given(st.lists(some_chances(), max_size=12))
def test_savings_do_not_depend_on_the_order_and_count_no_order_twice(
    chances: list[Chance],
) -> None:
    there = savings_of(judged(*chances), BOOKS, AFTER_WINDOW)
    back = savings_of(judged(*reversed(chances)), BOOKS, AFTER_WINDOW)
    relied = {each.chance.order for each in judged(*chances) if each.fate is Fate.RECOGNISED}

    assert there == back
    assert sum(each.orders for each in there.values()) == len(relied)
