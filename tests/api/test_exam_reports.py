import base64
from typing import Any

import pytest
from sqlalchemy import select

from medshare.infra.outbox import OutboxRow
from tests.exams import (
    PDF,
    SYSTEMS,
    a_report,
    a_test,
    an_observation,
    codes_of,
    post_exam,
    post_report,
    register,
    take_into_care,
)
from tests.site import Caller, Site, problem_of

SENT_PDF = {"contentType": "application/pdf", "data": base64.b64encode(PDF).decode()}

FAULTS: list[tuple[dict[str, Any], str, str]] = [
    ({"verifier": None}, "/verifier", "verifier-required"),
    ({"texts": None}, "", "report-empty"),
    ({"signedAt": "2026-11-20T11:00:00+08:00"}, "/signedAt", "time-in-future"),
    ({"texts": [{"language": "zh-CN"}]}, "/texts/0", "no-words"),
    ({"texts": [{"language": "en", "findings": "x"}] * 2}, "/texts", "language-twice"),
    ({"texts": [{"language": "fr", "findings": "x"}]}, "/texts/0/language", "choice"),
    (
        {"pdf": {"contentType": "application/pdf", "data": "*"}},
        "/pdf/data",
        "base64",
    ),
    (
        {
            "pdf": {
                "contentType": "application/pdf",
                "data": base64.b64encode(PDF[:20]).decode(),
            }
        },
        "/pdf/data",
        "pdf-broken",
    ),
    ({"pdf": {"contentType": "text/html", "data": "PGE+"}}, "/pdf/contentType", "pdf-type"),
]
RESULT_FAULTS: list[tuple[dict[str, Any], str, str]] = [
    ({"unit": "foo"}, "/unit", "unit-unknown"),
    ({"ucum": "mmol / L"}, "/ucum", "token"),
    ({"ucum": "MMOL"}, "/ucum", "ucum-invalid"),
    ({"value": None}, "/value", "one-value"),
    ({"value": "4.1"}, "/value", "number"),
    ({"value": True}, "/value", "number"),
    ({"valueText": "阴性"}, "/value", "one-value"),
    ({"comparator": "="}, "/comparator", "choice"),
    (
        {"code": {"system": "urn:medshare:item", "code": "LAB-NO"}},
        "/code/code",
        "item-unknown",
    ),
    (
        {"code": {"system": "urn:medshare:local:SZ-B", "code": "1"}},
        "/code/system",
        "item-system-unknown",
    ),
    ({"collectedAt": "2026-11-21T08:00:00+08:00"}, "/collectedAt", "time-in-future"),
]


@pytest.fixture
def his(site: Site) -> Caller:
    """SZ-A's own system, its patient registered."""
    caller = site.facility_client("SZ-A")
    register(caller)
    return caller


@pytest.fixture
def reports(his: Caller) -> str:
    """The address of the reports of an imaging exam."""
    return f"/api/v1/exams/{post_exam(his)['id']}/reports"


@pytest.fixture
def results(his: Caller) -> str:
    """The address of the reports of a laboratory exam."""
    return f"/api/v1/exams/{his.post('/api/v1/exams', a_test()).get_json()['id']}/reports"


def test_a_report_is_kept_as_version_one(site: Site, his: Caller, reports: str) -> None:
    answer = his.post(reports, a_report())
    assert answer.status_code == 201, answer.text
    report = answer.get_json()
    assert answer.headers["Location"] == f"{reports}/1"
    assert report["version"] == 1
    assert report["isCurrent"]
    assert report["texts"] == a_report()["texts"]
    assert report["signedAt"] == "2026-11-19T11:00:00+08:00"
    assert report["recordedAt"] == "2026-11-20T02:00:00Z"
    entry = site.last_entry()
    assert entry.operation == "exams.add-report"
    assert [each.kind for each in entry.objects] == ["exam", "report"]
    assert his.get(f"{reports}/1").get_json() == report
    exam = his.get(reports.removesuffix("/reports")).get_json()
    assert exam["report"] == report
    assert exam["currentReport"] == {"version": 1, "status": "final"}


def test_an_amendment_is_a_further_version_and_the_first_stays(his: Caller, reports: str) -> None:
    first = his.post(reports, a_report()).get_json()
    words = [{"language": "zh-CN", "impression": "右肺结节，建议复查。"}]
    second = his.post(reports, a_report(status="amended", texts=words)).get_json()
    assert second["version"] == 2
    items = his.get(reports).get_json()["items"]
    assert [each["version"] for each in items] == [1, 2]
    assert [each["isCurrent"] for each in items] == [False, True]
    assert items[0] == first | {"isCurrent": False}
    assert items[1]["texts"] == words
    page = his.get(f"{reports}?limit=1").get_json()
    assert [each["version"] for each in page["items"]] == [1]
    rest = his.get(f"{reports}?limit=1&cursor={page['next']}").get_json()
    assert [each["version"] for each in rest["items"]] == [2]
    assert "next" not in rest


def test_an_equal_report_again_is_the_version_that_stands(his: Caller, reports: str) -> None:
    his.post(reports, a_report())
    his.post(reports, a_report(status="amended"))
    answer = his.post(reports, a_report())
    assert answer.status_code == 200
    assert answer.get_json()["version"] == 1
    assert len(his.get(reports).get_json()["items"]) == 2


def test_a_final_report_never_becomes_preliminary_again(
    site: Site, his: Caller, reports: str
) -> None:
    his.post(reports, a_report())
    answer = his.post(reports, a_report(status="preliminary"))
    assert answer.status_code == 409
    assert problem_of(answer)["type"] == "urn:medshare:problem:report-transition"
    assert site.last_entry().outcome == "refused"


def test_a_cancelled_exam_has_no_result(his: Caller) -> None:
    exam = post_exam(his, status="cancelled")
    answer = his.post(f"/api/v1/exams/{exam['id']}/reports", a_report())
    assert answer.status_code == 409
    assert problem_of(answer)["type"] == "urn:medshare:problem:exam-not-reportable"


def test_a_fault_of_a_report_is_named(site: Site, his: Caller, reports: str) -> None:
    for change, pointer, code in FAULTS:
        answer = his.post(reports, a_report(**change))
        assert answer.status_code == 422, answer.text
        assert codes_of(problem_of(answer)) == {pointer: code}
        assert site.last_entry().outcome == "malformed"


def test_a_fault_of_an_observation_is_named_with_its_place(his: Caller, results: str) -> None:
    for change, pointer, code in RESULT_FAULTS:
        observations = [an_observation(), an_observation(**change)]
        answer = his.post(results, a_report(texts=None, observations=observations))
        assert answer.status_code == 422, answer.text
        assert codes_of(problem_of(answer)) == {f"/observations/1{pointer}": code}


def test_results_keep_their_unit_beside_its_normal_form(his: Caller, results: str) -> None:
    observations = [
        an_observation(),
        an_observation(
            code={"system": "http://loinc.org", "code": "6690-2"}, value=5.1, unit="×10⁹/L"
        ),
        an_observation(
            code={"system": "urn:medshare:local:SZ-A", "code": "TNI"},
            value=0.01,
            comparator="<",
            unit="odd",
            ucum="ng/mL",
            specimen="血清",
            collectedAt="2026-11-19T08:00:00+08:00",
        ),
        {"code": {"system": "urn:medshare:item", "code": "LAB-HBSAG"}, "valueText": "阴性"},
    ]
    answer = his.post(results, a_report(texts=None, observations=observations))
    assert answer.status_code == 201, answer.text
    shown = his.get(f"{results}/1").get_json()["observations"]
    assert [each.pop("ucum", None) for each in shown] == ["mmol/L", "10*9/L", "ng/mL", None]
    for each in observations:
        each.pop("ucum", None)
    assert shown == observations


def test_a_laboratory_result_is_more_than_a_document(his: Caller, results: str) -> None:
    answer = his.post(results, a_report(texts=None, pdf=SENT_PDF))
    assert answer.status_code == 422
    assert codes_of(problem_of(answer)) == {"": "report-empty"}


def test_a_signed_document_comes_back_byte_for_byte(site: Site, his: Caller, reports: str) -> None:
    report = his.post(reports, a_report(texts=None, pdf=SENT_PDF)).get_json()
    assert report["pdf"]["size"] == len(PDF)
    answer = his.get(report["pdf"]["href"])
    assert answer.status_code == 200
    assert answer.data == PDF
    assert answer.content_type == "application/pdf"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="report-1.pdf"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert site.last_entry().operation == "exams.get-report-pdf"
    assert site.last_entry().subjects


def test_a_document_over_twenty_mebibytes_is_refused(his: Caller, reports: str) -> None:
    large = b"%PDF-1.7" + bytes(20 << 20) + b"%%EOF"
    pdf = {"contentType": "application/pdf", "data": base64.b64encode(large).decode()}
    answer = his.post(reports, a_report(pdf=pdf))
    assert answer.status_code == 422
    assert codes_of(problem_of(answer)) == {"/pdf/data": "pdf-too-large"}


def test_a_damaged_document_is_never_served(site: Site, his: Caller, reports: str) -> None:
    report = his.post(reports, a_report(pdf=SENT_PDF)).get_json()
    key = f"report/{report['pdf']['sha256']}"
    blobs = site.application.house.blobs
    blobs.delete([key])
    blobs.put_bytes(key, PDF.replace(b"1.7", b"1.6"))
    answer = his.get(report["pdf"]["href"])
    assert answer.status_code == 503
    assert problem_of(answer)["type"] == "urn:medshare:problem:report-damaged"
    assert site.last_entry().outcome == "failed"


def test_a_stranger_leaves_no_document(site: Site, his: Caller, reports: str) -> None:
    theirs = site.facility_client("SZ-B").acting()
    answer = theirs.post(reports, a_report(pdf=SENT_PDF))
    assert answer.status_code == 404
    assert list(site.application.house.blobs.keys("report")) == []


def test_what_is_not_there_is_not_found(site: Site, his: Caller, reports: str) -> None:
    his.post(reports, a_report())
    for path in (f"{reports}/2", f"{reports}/1/pdf", f"{reports}/0"):
        assert his.get(path).status_code == 404
        assert site.last_entry().outcome == "missing"


def test_another_facility_reads_reports_in_care_only_and_never_writes(
    site: Site, his: Caller, reports: str
) -> None:
    his.post(reports, a_report(pdf=SENT_PDF))
    theirs = site.facility_client("SZ-B")
    register(theirs, "B-1", "SZ-B")
    paths = (reports, f"{reports}/1", f"{reports}/1/pdf")
    for path in paths:
        assert theirs.acting().get(path).status_code == 404
    take_into_care(theirs, "B-1", "SZ-B")
    for path in paths:
        assert theirs.get(path).status_code == 404
        assert theirs.acting().get(path).status_code == 200
        assert "care-relationship" in site.last_entry().basis
    assert theirs.acting().post(reports, a_report(status="amended")).status_code == 404


def test_what_is_told_of_reports_leaves_the_outbox(site: Site, his: Caller, reports: str) -> None:
    post_report(his, reports.split("/")[-2])
    site.deliver()
    waiting = site.read(lambda uow: uow.session.scalars(select(OutboxRow.kind)).all())
    assert waiting == []


def test_a_report_of_another_person_stays_with_its_exam(his: Caller, site: Site) -> None:
    other = post_exam(
        his,
        accessionNumber="ACC-9",
        studyInstanceUids=None,
        patient={"system": SYSTEMS["SZ-A"], "value": "not registered"},
    )
    answer = his.post(f"/api/v1/exams/{other['id']}/reports", a_report())
    assert answer.status_code == 201
    assert site.last_entry().reason == "patient not registered yet"
