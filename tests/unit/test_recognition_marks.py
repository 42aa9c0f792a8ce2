from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from medshare.recognition.model import (
    Tier,
)
from medshare.recognition.programme import (
    CertificateAnchor,
    Withdrawal,
)
from tests.recognition import (
    CERTIFICATE,
    NOW,
    PERFORMED,
    TICK,
    a_result,
    certified,
    judged,
    local,
)


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
