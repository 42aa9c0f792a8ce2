from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medshare.exams.model import Coding, ExamKind, Stamp
from medshare.exams.reports import (
    Language,
    Observation,
    Pdf,
    ReportDraft,
    ReportStatus,
    ReportText,
    ReportTransitionError,
    Signer,
    is_whole_pdf,
    issues_of_report,
    require_follows,
    says_something,
    with_units,
)

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
P, F, A, E = (
    ReportStatus.PRELIMINARY,
    ReportStatus.FINAL,
    ReportStatus.AMENDED,
    ReportStatus.ENTERED_IN_ERROR,
)
CODE = "verifier-required"
WORDS = (ReportText(Language.ENGLISH, "seen"),)
VALUES = (Observation(Coding("urn:medshare:item", "LAB-K"), 4.1, unit="mmol/l"),)
STATUSES = st.sampled_from(ReportStatus)


def a_draft(
    status: ReportStatus = F,
    *,
    texts: tuple[ReportText, ...] = (),
    observations: tuple[Observation, ...] = (),
    pdf: Pdf | None = None,
    verifier: Signer | None = Signer("d-2", "x"),  # noqa: B008  # frozen
    ahead: timedelta = timedelta(0),
) -> ReportDraft:
    signed = Stamp(NOW + ahead, "")
    return ReportDraft(status, Signer("d-1", "x"), signed, verifier, texts, observations, pdf)


@pytest.mark.parametrize(
    ("present", "wanted"),
    [(None, P), (None, F), (P, P), (P, F), (F, A), (F, E), (A, A), (A, E)],
)
def test_a_version_may_follow(present: ReportStatus | None, wanted: ReportStatus) -> None:
    require_follows(present, wanted)


@pytest.mark.parametrize(
    ("present", "wanted"),
    [(None, A), (None, E), (P, A), (P, E), (F, P), (F, F), (A, P), (A, F)]
    + [(E, each) for each in ReportStatus],
)
def test_a_version_may_not_follow(present: ReportStatus | None, wanted: ReportStatus) -> None:
    with pytest.raises(ReportTransitionError):
        require_follows(present, wanted)


@given(st.lists(STATUSES))
def test_no_history_goes_behind_a_final_report(steps: list[ReportStatus]) -> None:
    present: ReportStatus | None = None
    was_final = was_withdrawn = False
    for wanted in steps:
        try:
            require_follows(present, wanted)
        except ReportTransitionError:
            continue
        assert not was_withdrawn
        assert not (was_final and wanted is P)
        was_final |= wanted is F
        was_withdrawn |= wanted is E
        present = wanted


def test_a_laboratory_report_is_words_or_values() -> None:
    document = Pdf("0" * 64, 9)
    assert says_something(ExamKind.LABORATORY, a_draft(texts=WORDS))
    assert says_something(ExamKind.LABORATORY, a_draft(observations=VALUES))
    assert not says_something(ExamKind.LABORATORY, a_draft(pdf=document))
    assert says_something(ExamKind.IMAGING, a_draft(pdf=document))
    assert not says_something(ExamKind.IMAGING, a_draft())


def test_a_withdrawal_needs_no_words() -> None:
    assert says_something(ExamKind.LABORATORY, a_draft(E))


@pytest.mark.parametrize(("status", "faults"), [(P, []), (F, [CODE]), (A, [CODE]), (E, [])])
def test_what_others_rely_on_is_verified_by_a_second_person(
    status: ReportStatus, faults: list[str]
) -> None:
    issues = issues_of_report(ExamKind.IMAGING, a_draft(status, texts=WORDS, verifier=None), NOW)
    assert [each.code for each in issues] == faults


@pytest.mark.parametrize(("ahead", "faults"), [(300, []), (300.001, ["time-in-future"])])
def test_a_signature_is_not_from_the_future(ahead: float, faults: list[str]) -> None:
    draft = a_draft(texts=WORDS, ahead=timedelta(seconds=ahead))
    assert [each.code for each in issues_of_report(ExamKind.IMAGING, draft, NOW)] == faults


def test_units_are_brought_to_ucum_and_what_was_sent_stays() -> None:
    draft, issues = with_units(a_draft(observations=VALUES))
    assert issues == []
    assert draft.observations[0].unit == "mmol/l"
    assert draft.observations[0].ucum == "mmol/L"


def test_a_ucum_that_was_sent_goes_before_the_unit() -> None:
    sent = Observation(Coding("s:x", "c"), 1.0, unit="odd", ucum="ng/mL")
    draft, issues = with_units(a_draft(observations=(sent,)))
    assert issues == []
    assert draft.observations == (sent,)


def test_a_value_without_a_unit_has_none() -> None:
    sent = Observation(Coding("s:x", "c"), 1.0)
    assert with_units(a_draft(observations=(sent,)))[0].observations == (sent,)


@pytest.mark.parametrize("data", [b"%PDF-1.7\n%%EOF", b"%PDF-1.7\n%%EOF\r\n\0\0"])
def test_a_pdf_is_whole_from_head_to_tail(data: bytes) -> None:
    assert is_whole_pdf(data)


@pytest.mark.parametrize(
    "data", [b"", b"%PDF-1.7\n", b"\n%PDF-1.7\n%%EOF", b"%PDF-1.7\n%%EOF<script>"]
)
def test_a_pdf_that_is_cut_or_disguised_is_not_whole(data: bytes) -> None:
    assert not is_whole_pdf(data)
