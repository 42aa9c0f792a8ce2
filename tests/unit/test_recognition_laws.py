import json
from dataclasses import fields, replace
from datetime import datetime, timedelta
from pathlib import Path

from hypothesis import assume, example, given
from hypothesis import strategies as st

from medshare.recognition.evaluation import evaluate, evaluate_each
from medshare.recognition.explanations import CATALOGUE
from medshare.recognition.model import (
    CareContext,
    Identity,
    ImageQuality,
    Laterality,
    Link,
    OptOut,
    Order,
    Past,
    Result,
    Status,
    Tier,
)
from medshare.recognition.programme import (
    CertificateAnchor,
    LevelRule,
    Programme,
    QualityCertificate,
    Withdrawal,
)
from medshare.recognition.reasons import Code, Reason, Weight
from medshare.recognition.scenario_files import read_scenarios

FILE = Path(__file__).with_name("recognition_scenarios.json")
PROGRAMME = read_scenarios(json.loads(FILE.read_text(encoding="utf-8")))[0].world.programme
START = datetime.fromisoformat("2026-03-01T00:00:00+08:00")
PEOPLE = ("P1", "P1-OLD", "P2")
# Few of each, so that they meet.
items = st.sampled_from(["CT-CHEST-PLAIN", "CT-CHEST-PLAIN-ENH", "DX-KNEE", "LAB-TNI", "LAB-AFP"])
facilities = st.sampled_from(["SZ-A", "SZ-B", "SZ-C", "GZ-A"])
sides = st.none() | st.sampled_from(Laterality)
methods = st.sampled_from(["", "CLIA", "ECLIA"])
instants = st.timedeltas(timedelta(0), timedelta(days=40)).map(lambda after: START + after)
withdrawals = st.builds(Withdrawal, instants, instants)
certificates = st.builds(
    lambda start, length, **given: QualityCertificate(
        valid_from=start, valid_to=start + length, items=frozenset(PROGRAMME.items), **given
    ),
    start=instants,
    length=st.timedeltas(timedelta(0), timedelta(days=40)),
    id=st.text("abc", min_size=1),
    facility=facilities,
    scope=st.sampled_from(sorted(PROGRAMME.scopes)),
    mark=st.sampled_from(["广东HR", "深圳HR"]),
    withdrawn=st.none() | withdrawals,
)
programmes = st.builds(
    lambda held, catalogued, **policy: replace(
        PROGRAMME,
        certificates=tuple(held),
        policy=replace(
            PROGRAMME.policy,
            items={
                code: rule for code, rule in PROGRAMME.policy.items.items() if code in catalogued
            },
            **policy,
        ),
    ),
    held=st.lists(certificates, max_size=4, unique_by=lambda each: each.id),
    catalogued=st.sets(items, min_size=3),
    level_rule=st.none() | st.just(LevelRule.SAME_OR_HIGHER),
    anchor=st.sampled_from(CertificateAnchor),
)
results = st.builds(
    Result,
    id=st.sampled_from(["r1", "r2", "r3", "r4", "r5"]),
    item=items,
    performed_at=instants,
    facility=facilities,
    patient=st.sampled_from(PEOPLE),
    status=st.sampled_from(Status),
    replaces=st.frozensets(st.sampled_from(["r1", "r2", "r3"]), max_size=1),
    laterality=sides,
    images=st.booleans(),
    quality=st.sampled_from(ImageQuality),
    method=methods,
    time_trusted=st.booleans(),
)
pasts = st.builds(
    Past,
    st.lists(results, max_size=5, unique_by=lambda each: each.id).map(tuple),
    st.builds(
        Identity,
        st.sampled_from([{}, {"P1-OLD": "P1"}]),
        st.dictionaries(st.sampled_from(["r1", "r2"]), st.sampled_from(Link)),
    ),
    st.dictionaries(
        st.sampled_from(PEOPLE), st.builds(OptOut, st.none() | st.frozensets(facilities))
    ),
)
orders = st.builds(
    Order,
    items,
    facilities,
    st.sampled_from(PEOPLE),
    sides,
    methods,
    st.none() | st.sampled_from(CareContext),
    st.booleans(),
)


@given(programmes, pasts, orders, instants, st.timedeltas(timedelta(0), timedelta(days=60)))
def test_a_past_result_never_becomes_due_by_waiting(
    programme: Programme, past: Past, order: Order, now: datetime, later: timedelta
) -> None:
    assume(all(result.performed_at <= now for result in past.results))
    policy = replace(programme.policy, anchor=CertificateAnchor.PERFORMED)
    programme = replace(programme, policy=policy)
    due_now = {each.result for each in evaluate(programme, past, order, now) if each.recognisable}
    waited = evaluate(programme, past, order, now + later)
    assert {each.result for each in waited if each.recognisable} <= due_now


@given(programmes, pasts, orders, instants, st.randoms(use_true_random=False))
def test_the_order_of_what_is_given_does_not_matter(
    programme: Programme, past: Past, order: Order, now: datetime, random: object
) -> None:
    shuffled_results = random.sample(past.results, len(past.results))
    shuffled_certificates = random.sample(programme.certificates, len(programme.certificates))
    shuffled_past = replace(
        past,
        results=tuple(shuffled_results),
        opt_outs=dict(reversed(past.opt_outs.items())),
    )
    shuffled_programme = replace(
        programme,
        certificates=tuple(shuffled_certificates),
        items=dict(reversed(programme.items.items())),
        scopes=dict(reversed(programme.scopes.items())),
    )
    assert evaluate(shuffled_programme, shuffled_past, order, now) == evaluate(
        programme, past, order, now
    )


@given(programmes, pasts, orders, instants)
def test_the_same_question_has_the_same_answer(
    programme: Programme, past: Past, order: Order, now: datetime
) -> None:
    assert evaluate(programme, past, order, now) == evaluate(programme, past, order, now)


REPLACED = Past(
    (
        Result("r1", "CT-CHEST-PLAIN", START, "SZ-A", "P1"),
        Result("r2", "DX-KNEE", START, "SZ-A", "P1", replaces=frozenset({"r1"})),
    )
)


@example(PROGRAMME, REPLACED, "SZ-B", "P1", START)
@given(programmes, pasts, facilities, st.sampled_from(PEOPLE), instants)
def test_each_result_is_judged_as_for_an_order_of_its_own_item_and_side(
    programme: Programme, past: Past, facility: str, patient: str, now: datetime
) -> None:
    orders = [Order(each.item, facility, patient, each.laterality) for each in past.results]
    assert evaluate_each(programme, past, facility, patient, now) == {
        verdict.result: verdict
        for result, order in zip(past.results, orders, strict=True)
        for verdict in evaluate(programme, past, order, now)
        if verdict.result == result.id
    }


@given(programmes, pasts, orders, instants)
def test_what_is_not_shared_leaves_no_trace(
    programme: Programme, past: Past, order: Order, now: datetime
) -> None:
    order = replace(order, break_glass=False)
    person = past.identity.person
    shared = tuple(
        result
        for result in past.results
        if not any(
            person(patient) == person(result.patient) and refusal.hides(result.facility)
            for patient, refusal in past.opt_outs.items()
        )
    )
    without = replace(past, results=shared, opt_outs={})
    assert evaluate(programme, past, order, now) == evaluate(programme, without, order, now)


@given(programmes, pasts, orders, instants)
def test_the_tier_follows_from_the_reasons_and_each_is_explained(
    programme: Programme, past: Past, order: Order, now: datetime
) -> None:
    for verdict in evaluate(programme, past, order, now):
        weights = {reason.weight for reason in verdict.reasons}
        assert (verdict.tier is Tier.EXCLUDED) == (Weight.HARD in weights)
        assert (verdict.tier is Tier.DUE) == (weights <= {Weight.ADVISORY})
        assert list(verdict.codes) == sorted(set(verdict.codes))
        assert all(reason.evidence.isascii() for reason in verdict.reasons)
        assert all(reason.evidence and reason.evidence_zh for reason in verdict.reasons)
        assert not any(reason.evidence_zh.isascii() for reason in verdict.reasons)
        assert verdict.mark or not verdict.recognisable


def test_every_reason_has_its_words_in_both_languages_its_rule_and_its_remedy() -> None:
    assert set(CATALOGUE) == set(Code)
    for code, reason in CATALOGUE.items():
        assert reason.code is code
        for name in {field.name for field in fields(Reason)} - {"evidence", "evidence_zh"}:
            assert getattr(reason, name), (code, name)
        assert not reason.zh.isascii()
        assert not reason.remedy_zh.isascii()
        assert reason.en.isascii()
        assert reason.remedy_en.isascii()
