from dataclasses import replace
from datetime import timedelta, timezone

import pytest

from medshare.recognition.alerts import Severity, SourceEvent, alerts_of
from medshare.recognition.evaluation import evaluate
from medshare.recognition.model import (
    CareContext,
    Decision,
    Identity,
    ImageQuality,
    Laterality,
    Link,
    OptOut,
    Outcome,
    Past,
    Status,
    Tier,
)
from medshare.recognition.panels import evaluate_panel
from medshare.recognition.programme import (
    LevelRule,
)
from tests.recognition import (
    CERTIFICATE,
    NOW,
    PERFORMED,
    PROGRAMME,
    SCOPES,
    TICK,
    a_result,
    an_order,
    certified,
    judged,
    local,
)


@pytest.mark.parametrize(
    ("existing", "ordered", "code"),
    [
        ("left", "left", None),
        ("bilateral", "left", None),
        ("bilateral", "bilateral", None),
        ("left", "bilateral", "LATERALITY_MISMATCH"),
        ("right", "left", "LATERALITY_MISMATCH"),
        (None, "left", "LATERALITY_UNKNOWN"),
        ("left", None, "LATERALITY_UNKNOWN"),
        (None, None, "LATERALITY_UNKNOWN"),
    ],
)
def test_a_side_is_never_assumed(
    existing: str | None, ordered: str | None, code: str | None
) -> None:
    verdict = judged(
        a_result("KNEE", laterality=existing and Laterality(existing)),
        order=an_order("KNEE", laterality=ordered and Laterality(ordered)),
    )
    assert verdict.codes == ((code,) if code else ())


@pytest.mark.parametrize(
    ("existing", "ordered", "codes"),
    [
        ("CT-PE", "CT", []),
        ("CT-PE", "CT-E", []),
        ("CT", "CT-PE", ["CONTRAST_MISMATCH"]),
        ("CT-E", "CT", ["CONTRAST_MISMATCH"]),
        ("CT-HEAD", "CT", ["BODY_PART_MISMATCH"]),
        ("ELBOW", "KNEE", ["BODY_PART_MISMATCH"]),
        ("GLU-U", "GLU", ["SPECIMEN_MISMATCH"]),
        ("CT-HEAD-E", "CT", None),
        ("MR", "CT", None),
        ("GLU", "CT", None),
        ("GLU", "K", None),
        ("GLU", "BOTH", None),
    ],
)
def test_an_item_stands_for_another_as_far_as_the_catalogue_says(
    existing: str, ordered: str, codes: list[str] | None
) -> None:
    verdicts = evaluate(PROGRAMME, Past((a_result(existing),)), an_order(ordered), NOW)
    assert [list(verdict.codes) for verdict in verdicts] == ([] if codes is None else [codes])


@pytest.mark.parametrize(
    ("existing", "ordered", "comparable"),
    [("x", "x", True), ("x", "y", False), ("", "y", False), ("x", "", True)],
)
def test_a_method_counts_where_the_order_names_one(
    existing: str, ordered: str, *, comparable: bool
) -> None:
    for item in ("AFP", "GLU"):
        verdict = judged(a_result(item, method=existing), order=an_order(item, method=ordered))
        assert verdict.recognisable is (comparable or item == "GLU")


@pytest.mark.parametrize(
    ("receiver", "rule", "codes"),
    [
        ("B", LevelRule.SAME_OR_HIGHER, ()),
        ("C", LevelRule.SAME_OR_HIGHER, ("LEVEL_RULE",)),
        ("C", None, ()),
    ],
)
def test_a_level_counts_where_the_policy_has_a_rule(
    receiver: str, rule: LevelRule | None, codes: tuple[str, ...]
) -> None:
    everywhere = {
        code: replace(scope, contains=("city", "elsewhere")) for code, scope in SCOPES.items()
    }
    programme = replace(
        certified(replace(CERTIFICATE, scope="nation"), level_rule=rule),
        scopes=SCOPES | {"nation": everywhere["nation"]},
    )
    verdict = judged(a_result(), order=an_order(facility=receiver), programme=programme)
    assert verdict.codes == codes


@pytest.mark.parametrize(
    ("status", "codes"),
    [
        (Status.PRELIMINARY, ("STATUS_NOT_FINAL",)),
        (Status.FINAL, ()),
        (Status.AMENDED, ("REPORT_AMENDED",)),
        (Status.CORRECTED, ("REPORT_AMENDED",)),
        (Status.CANCELLED, ("STATUS_INVALID",)),
        (Status.ENTERED_IN_ERROR, ("STATUS_INVALID",)),
    ],
)
def test_only_a_final_report_counts(status: Status, codes: tuple[str, ...]) -> None:
    assert judged(a_result(status=status)).codes == codes


def test_the_newest_version_alone_is_amended_and_the_others_are_superseded() -> None:
    first = a_result()
    second = a_result(id="r2", status=Status.AMENDED, replaces=frozenset({"r1"}))
    third = a_result(id="r3", status=Status.CORRECTED, replaces=frozenset({"r2"}))
    verdicts = evaluate(PROGRAMME, Past((first, second, third)), an_order(), NOW)
    assert [(verdict.result, *verdict.codes) for verdict in verdicts] == [
        ("r3", "REPORT_AMENDED"),
        ("r1", "SUPERSEDED"),
        ("r2", "SUPERSEDED"),
    ]


def test_every_reason_is_given_not_the_first_alone() -> None:
    result = a_result(
        status=Status.PRELIMINARY, images=False, quality=ImageQuality.REJECT, time_trusted=False
    )
    verdict = judged(
        result,
        order=an_order(context=CareContext.PRE_OP),
        now=local(2026, 6, 1),
        programme=certified(),
    )
    assert verdict.codes == (
        "CRITICAL_PROCEDURE_REPEAT_PERMITTED",
        "EXPIRED",
        "IMAGES_UNAVAILABLE",
        "IMAGE_QUALITY_INSUFFICIENT",
        "NO_QUALITY_MARK",
        "STATUS_NOT_FINAL",
        "TIME_UNTRUSTED",
    )
    assert verdict.tier is Tier.EXCLUDED


def test_a_laboratory_result_needs_no_images() -> None:
    assert judged(a_result("GLU", images=False, quality=ImageQuality.REJECT)).codes == ()


def test_a_probable_link_is_not_enough() -> None:
    past = Past((a_result(),), Identity(links={"r1": Link.PROBABLE}))
    (verdict,) = evaluate(PROGRAMME, past, an_order(), NOW)
    assert verdict.codes == ("IDENTITY_UNCERTAIN",)


def test_results_of_others_get_no_verdict() -> None:
    assert evaluate(PROGRAMME, Past((a_result(patient="Q"),)), an_order(), NOW) == []


def test_merges_are_followed_to_the_end_and_never_round() -> None:
    chain = Identity(survivors={"P0": "P1", "P1": "P"})
    assert evaluate(PROGRAMME, Past((a_result(patient="P0"),), chain), an_order(), NOW)
    assert Identity(survivors={"a": "b", "b": "a"}).person("a") in {"a", "b"}


def test_a_refusal_hides_the_facilities_that_it_names() -> None:
    results = (a_result(), a_result(id="r2", facility="B"))
    for refusal, seen in ((OptOut(), []), (OptOut(frozenset({"A"})), ["r2"])):
        past = Past(results, opt_outs={"P": refusal})
        verdicts = evaluate(PROGRAMME, past, an_order(), NOW)
        assert [verdict.result for verdict in verdicts] == seen


def test_a_refusal_under_a_merged_identity_holds() -> None:
    past = Past((a_result(),), Identity(survivors={"P0": "P"}), {"P0": OptOut()})
    assert evaluate(PROGRAMME, past, an_order(), NOW) == []


def test_the_glass_breaks_in_an_emergency_only() -> None:
    past = Past((a_result(),), opt_outs={"P": OptOut()})
    for context in (None, CareContext.PRE_OP, CareContext.FORENSIC):
        order = an_order(context=context, break_glass=True)
        assert evaluate(PROGRAMME, past, order, NOW) == []
    emergency = an_order(context=CareContext.EMERGENCY, break_glass=True)
    (verdict,) = evaluate(PROGRAMME, past, emergency, NOW)
    assert verdict.codes == ("BREAK_GLASS", "EMERGENCY_REPEAT_PERMITTED")
    assert evaluate(PROGRAMME, past, replace(emergency, break_glass=False), NOW) == []


def test_what_only_an_emergency_shows_says_so_and_is_judged_as_before() -> None:
    seen = Past((a_result(), a_result(id="r2")))
    behind = replace(seen, behind_glass=frozenset({"r2"}))
    plain = {each.result: each for each in evaluate(PROGRAMME, seen, an_order(), NOW)}
    for verdict in evaluate(PROGRAMME, behind, an_order(), NOW):
        told = ("BREAK_GLASS",) if verdict.result == "r2" else ()
        before = plain[verdict.result]
        assert set(verdict.codes) == {*before.codes, *told}
        assert verdict.tier is before.tier


def test_verdicts_come_by_tier_then_newest_then_id() -> None:
    old = PERFORMED - timedelta(days=2)
    results = (
        a_result(id="d", performed_at=old.astimezone(timezone(timedelta(hours=14)))),
        a_result(id="c"),
        a_result(id="b"),
        a_result(id="a", images=False),
        a_result(id="e", status=Status.PRELIMINARY),
    )
    verdicts = evaluate(PROGRAMME, Past(results), an_order(), NOW)
    assert [verdict.result for verdict in verdicts] == ["b", "c", "d", "a", "e"]


def test_a_panel_takes_the_newest_due_result_of_each_component() -> None:
    results = (
        a_result("GLU"),
        a_result("GLU", id="r2", performed_at=PERFORMED + TICK),
        a_result("K", id="r3", status=Status.PRELIMINARY),
    )
    answer = evaluate_panel(PROGRAMME, Past(results), an_order("BOTH"), NOW)
    assert (answer.covered, answer.order_only) == ({"GLU": "r2"}, ("K",))


@pytest.mark.parametrize(
    ("significant", "severity"), [(True, Severity.STOP), (False, Severity.REVIEW)]
)
def test_whoever_relies_on_any_earlier_version_hears_of_it(
    severity: Severity, *, significant: bool
) -> None:
    results = (
        a_result(),
        a_result(id="r2", replaces=frozenset({"r1"})),
        a_result(id="r3", replaces=frozenset({"r2"})),
        a_result(id="r9"),
    )
    decisions = (
        Decision("d3", "r3", Outcome.RECOGNISED, "Dr-C", "B"),
        Decision("d1", "r1", Outcome.PARTLY, "Dr-A", "B"),
        Decision("d2", "r2", Outcome.REPEATED, "Dr-B", "B"),
        Decision("d4", "r2", Outcome.RECOGNISED, "Dr-D", "B", revoked=True),
        Decision("d9", "r9", Outcome.RECOGNISED, "Dr-E", "B"),
    )
    event = SourceEvent("amended", frozenset({"r3"}), significant)
    alerts = alerts_of(event, decisions, results)
    assert [(alert.decision, alert.to) for alert in alerts] == [("d1", "Dr-A"), ("d3", "Dr-C")]
    assert {(alert.severity, alert.cause) for alert in alerts} == {(severity, "amended")}
