from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

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
    Order,
    Outcome,
    Past,
    Result,
    Status,
    Tier,
    Verdict,
)
from medshare.recognition.panels import evaluate_panel
from medshare.recognition.programme import (
    CertificateAnchor,
    FacilityLevel,
    Item,
    ItemKind,
    ItemRule,
    LevelRule,
    Phase,
    Policy,
    Programme,
    QualityCertificate,
    ScopeNode,
    Window,
    WindowUnit,
    Withdrawal,
)

SHANGHAI = ZoneInfo("Asia/Shanghai")
TICK = timedelta(microseconds=1)
PLAIN, ENHANCED = frozenset({Phase.PLAIN}), frozenset({Phase.ENHANCED})
ITEMS = {
    item.code: item
    for item in (
        Item("CT", ItemKind.IMAGING, "CT", "chest", phases=PLAIN),
        Item("CT-E", ItemKind.IMAGING, "CT", "chest", phases=ENHANCED),
        Item(
            "CT-PE",
            ItemKind.IMAGING,
            "CT",
            "chest",
            phases=PLAIN | ENHANCED,
            covers=frozenset({"CT", "CT-E"}),
        ),
        Item("CT-HEAD", ItemKind.IMAGING, "CT", "head", phases=PLAIN),
        Item("CT-HEAD-E", ItemKind.IMAGING, "CT", "head", phases=ENHANCED),
        Item("MR", ItemKind.IMAGING, "MR", "chest", phases=PLAIN),
        Item("KNEE", ItemKind.IMAGING, "DX", "knee", laterality=True),
        Item("ELBOW", ItemKind.IMAGING, "DX", "elbow", laterality=True),
        Item("GLU", ItemKind.LAB, specimen="serum"),
        Item("GLU-U", ItemKind.LAB, specimen="urine"),
        Item("K", ItemKind.LAB, specimen="serum"),
        Item("TNI", ItemKind.LAB, specimen="serum"),
        Item("AFP", ItemKind.LAB, specimen="serum", method_sensitive=True),
        Item("BOTH", ItemKind.LAB, components=("GLU", "K")),
    )
}
MONTH = Window(1, WindowUnit.MONTHS)
RULES = {code: ItemRule(MONTH) for code in ITEMS} | {
    "TNI": ItemRule(Window(6, WindowUnit.HOURS), rapid=True),
    "K": ItemRule(Window(7, WindowUnit.DAYS)),
}
SCOPES = {
    scope.code: scope
    for scope in (
        ScopeNode("nation", 0, contains=("region", "city")),
        ScopeNode("region", 1, contains=("city",)),
        ScopeNode("city", 3, facilities=("A", "B")),
        ScopeNode("alliance", 4, facilities=("A", "B")),
        ScopeNode("elsewhere", 2, facilities=("C",)),
    )
}


def local(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=SHANGHAI)


CERTIFICATE = QualityCertificate(
    "c1",
    "A",
    frozenset(ITEMS),
    "city",
    "City HR",
    local(2026, 1, 1),
    local(2026, 12, 31, 23, 59, 59),
)
PROGRAMME = Programme(
    Policy("p1", SHANGHAI, RULES),
    ITEMS,
    SCOPES,
    {
        "A": FacilityLevel.SECONDARY,
        "B": FacilityLevel.SECONDARY,
        "C": FacilityLevel.TERTIARY,
    },
    (CERTIFICATE,),
)
PERFORMED = local(2026, 3, 1, 9)
NOW = local(2026, 3, 2, 9)


def a_result(item: str = "CT", **changes: object) -> Result:
    return replace(Result("r1", item, PERFORMED, "A", "P"), **changes)


def an_order(item: str = "CT", **changes: object) -> Order:
    return replace(Order(item, "B", "P"), **changes)


def judged(
    *results: Result,
    order: Order | None = None,
    now: datetime = NOW,
    programme: Programme = PROGRAMME,
) -> Verdict:
    (verdict,) = evaluate(programme, Past(results), order or an_order(results[0].item), now)
    return verdict


def certified(*certificates: QualityCertificate, **policy: object) -> Programme:
    return replace(PROGRAMME, certificates=certificates, policy=replace(PROGRAMME.policy, **policy))


@pytest.mark.parametrize(
    ("item", "performed", "last"),
    [
        ("CT", local(2026, 1, 31, 10), local(2026, 2, 28, 23, 59, 59, 999999)),
        ("CT", local(2028, 1, 31, 10), local(2028, 2, 29, 23, 59, 59, 999999)),
        ("CT", local(2026, 12, 15), local(2027, 1, 15, 23, 59, 59, 999999)),
        ("K", local(2026, 3, 1, 23, 59), local(2026, 3, 8, 23, 59, 59, 999999)),
        ("K", datetime(2026, 3, 1, 16, tzinfo=UTC), local(2026, 3, 9, 23, 59, 59, 999999)),
        ("TNI", local(2026, 3, 1, 20), local(2026, 3, 2, 2)),
    ],
)
def test_a_window_ends_with_its_last_instant(
    item: str, performed: datetime, last: datetime
) -> None:
    result = a_result(item, performed_at=performed)
    verdict = judged(result, now=last)
    assert verdict.valid_until == last
    assert "EXPIRED" not in verdict.codes
    assert "EXPIRED" in judged(result, now=last + TICK).codes


def test_hours_are_elapsed_where_the_clocks_change() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    performed = datetime(2026, 3, 29, 0, tzinfo=berlin)  # the night loses an hour
    end = Window(6, WindowUnit.HOURS).end(performed, berlin)
    assert end == datetime(2026, 3, 29, 7, tzinfo=berlin).astimezone(UTC)


def test_a_day_that_ends_twice_ends_the_second_time() -> None:
    beirut = ZoneInfo("Asia/Beirut")  # its clocks go back from midnight to 23:00
    end = Window(1, WindowUnit.DAYS).end(datetime(2026, 10, 23, 12, tzinfo=beirut), beirut)
    assert end == datetime(2026, 10, 24, 22, tzinfo=UTC) - TICK


def test_a_clock_may_run_five_minutes_ahead() -> None:
    skewed = NOW + timedelta(minutes=5)
    assert judged(a_result(performed_at=skewed)).codes == ()
    assert judged(a_result(performed_at=skewed + TICK)).codes == ("FUTURE_DATED",)


def test_a_result_of_the_last_year_of_all_is_judged() -> None:
    far = datetime(9999, 12, 31, tzinfo=UTC)
    assert judged(a_result(performed_at=far)).valid_until is None


@pytest.mark.parametrize(
    ("after_the_end", "codes"), [(-TICK, ()), (timedelta(0), ("MARK_NOT_IN_FORCE",))]
)
def test_a_certificate_holds_for_its_last_second(
    after_the_end: timedelta, codes: tuple[str, ...]
) -> None:
    performed = local(2027, 1, 1) + after_the_end
    verdict = judged(a_result(performed_at=performed), now=performed)
    assert verdict.codes == codes


def test_a_certificate_holds_from_its_first_instant() -> None:
    first = local(2026, 1, 1)
    assert judged(a_result(performed_at=first), now=first).tier is Tier.DUE
    assert judged(a_result(performed_at=first - TICK), now=first).codes == ("MARK_NOT_IN_FORCE",)


@pytest.mark.parametrize(
    ("anchor", "codes"),
    [
        (CertificateAnchor.PERFORMED, ("CERT_EXPIRED_SINCE_EXAM",)),
        (CertificateAnchor.EVALUATION, ("MARK_NOT_IN_FORCE",)),
        (CertificateAnchor.BOTH, ("MARK_NOT_IN_FORCE",)),
    ],
)
def test_the_policy_says_when_a_certificate_counts(
    anchor: CertificateAnchor, codes: tuple[str, ...]
) -> None:
    short = replace(CERTIFICATE, valid_to=local(2026, 3, 1, 12))
    assert judged(a_result(), programme=certified(short, anchor=anchor)).codes == codes


def test_a_certificate_that_came_later_counts_at_the_evaluation_only() -> None:
    late = replace(CERTIFICATE, valid_from=local(2026, 3, 1, 12))
    at_evaluation = certified(late, anchor=CertificateAnchor.EVALUATION)
    assert judged(a_result(), programme=at_evaluation).tier is Tier.DUE
    for anchor in (CertificateAnchor.PERFORMED, CertificateAnchor.BOTH):
        verdict = judged(a_result(), programme=certified(late, anchor=anchor))
        assert verdict.codes == ("MARK_NOT_IN_FORCE",)


@pytest.mark.parametrize(
    ("decided", "invalid_from", "codes"),
    [
        (NOW, PERFORMED, ("MARK_WITHDRAWN",)),
        (NOW, PERFORMED + TICK, ()),
        (NOW + TICK, PERFORMED, ()),
    ],
)
def test_a_withdrawal_reaches_back_as_far_as_it_says_once_it_is_known(
    decided: datetime, invalid_from: datetime, codes: tuple[str, ...]
) -> None:
    withdrawn = replace(CERTIFICATE, withdrawn=Withdrawal(decided, invalid_from))
    assert judged(a_result(), programme=certified(withdrawn)).codes == codes


def test_one_usable_certificate_is_enough_and_the_widest_mark_is_shown() -> None:
    withdrawn = replace(CERTIFICATE, withdrawn=Withdrawal(NOW, PERFORMED))
    others = [
        replace(CERTIFICATE, id=name, scope=scope, mark=mark)
        for name, scope, mark in (
            ("z", "region", "A HR"),
            ("y", "region", "B HR"),
            ("x", "alliance", "C HR"),
            ("w", "elsewhere", "D HR"),
        )
    ]
    verdict = judged(a_result(), programme=certified(withdrawn, *others))
    assert (verdict.tier, verdict.mark, verdict.codes) == (Tier.DUE, "B HR", ())


def test_of_several_faults_of_marks_one_is_told() -> None:
    withdrawn = replace(CERTIFICATE, id="w", withdrawn=Withdrawal(NOW, PERFORMED))
    outside = replace(CERTIFICATE, id="o", scope="elsewhere")
    ended = replace(CERTIFICATE, id="e", valid_to=local(2026, 2, 1))
    elsewhere = replace(CERTIFICATE, id="b", facility="B")
    for certificates, code in (
        ((elsewhere, ended, outside, withdrawn), "MARK_WITHDRAWN"),
        ((elsewhere, ended, outside), "OUTSIDE_SCOPE"),
        ((elsewhere, ended), "MARK_NOT_IN_FORCE"),
        ((elsewhere,), "NO_QUALITY_MARK"),
    ):
        assert judged(a_result(), programme=certified(*certificates)).codes == (code,)


def test_a_withdrawn_certificate_of_a_bygone_period_excludes_nothing() -> None:
    bygone = replace(
        CERTIFICATE,
        valid_to=local(2026, 2, 1),
        withdrawn=Withdrawal(local(2026, 1, 9), local(2026, 1, 5)),
    )
    assert judged(a_result(), programme=certified(bygone)).codes == ("MARK_NOT_IN_FORCE",)


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
