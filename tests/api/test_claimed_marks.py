"""A mark that a facility puts on its result itself: without a certificate it is found."""

from datetime import timedelta
from typing import Any

import pytest

from medshare.access.model import Role
from tests.exams import an_exam, codes_of, post_exam, register
from tests.orders import a_doctor, a_prior, evaluated
from tests.orders import codes_of as reasons_of
from tests.site import NOW, Caller, Site, problem_of

CLAIMED = "/api/v1/recognition/claimed-marks"
CERTIFICATES = "/api/v1/recognition/certificates"
REAL, INVENTED = "示例市HR", "全国HR"


@pytest.fixture
def officer(site: Site) -> Caller:
    return site.person(Role.QUALITY_OFFICER)


def listed(caller: Caller, query: str = "") -> list[dict[str, Any]]:
    answer = caller.get(CLAIMED + query)
    assert answer.status_code == 200, answer.text
    return list(answer.get_json()["items"])


def marks(caller: Caller) -> list[str]:
    return [each["claimedMark"] for each in listed(caller)]


def test_a_claim_that_no_certificate_covers_is_listed_until_one_does(
    site: Site, officer: Caller
) -> None:
    exam_id = a_prior(site, 1, claimedMark=INVENTED)
    a_prior(site, 2, claimedMark=REAL)
    a_prior(site, 3)

    (claim,) = listed(officer)

    assert claim == {
        "examId": exam_id,
        "facility": "SZ-A",
        "accessionNumber": "ACC-1",
        "item": "CT-CHEST-PLAIN",
        "claimedMark": INVENTED,
        "performedAt": "2026-11-19T01:30:00Z",
    }
    entry = site.last_entry()
    assert (entry.operation, len(entry.subjects)) == ("recognition.list-claimed-marks", 1)
    certificate = officer.get(f"{CERTIFICATES}/SZ-A-SAMPLE").get_json()
    granted = certificate | {"id": "SZ-A-2", "mark": INVENTED}
    assert officer.post(CERTIFICATES, granted).status_code == 201
    assert listed(officer) == []


def test_a_withdrawal_that_looks_back_uncovers_what_was_claimed(
    site: Site, officer: Caller
) -> None:
    a_prior(site, claimedMark=REAL)
    assert marks(officer) == []
    since = {"invalidFrom": (NOW - timedelta(days=30)).isoformat(), "reason": "EQA failed"}
    officer.post(f"{CERTIFICATES}/SZ-A-SAMPLE/withdrawal", since)
    assert marks(officer) == [REAL]


def test_a_claim_earns_nothing(site: Site) -> None:
    source = site.facility_client("SZ-C")
    register(source, "MRN-C", "SZ-C")
    patient = {"system": "urn:oid:2.999.3.1", "value": "MRN-C"}
    made = source.post("/api/v1/exams", an_exam(patient=patient, claimedMark=REAL))
    assert made.status_code == 201, made.text

    (verdict,) = evaluated(a_doctor(site))["verdicts"]

    assert "NO_QUALITY_MARK" in reasons_of(verdict)
    assert verdict["tier"] != "due"


def test_a_claim_is_shown_with_its_exam_and_taken_back_by_a_change(
    site: Site, officer: Caller
) -> None:
    exam_id = a_prior(site, claimedMark=INVENTED)
    source = site.facility_client("SZ-A")
    shown = source.get(f"/api/v1/exams/{exam_id}")
    assert shown.get_json()["claimedMark"] == INVENTED
    changed = source.put(
        f"/api/v1/exams/{exam_id}",
        {"status": "completed", "studyInstanceUids": ["2.999.9.1"]},
        headers={"If-Match": shown.headers["ETag"]},
    )
    assert changed.status_code == 200, changed.text
    assert "claimedMark" not in changed.get_json()
    assert marks(officer) == []


@pytest.mark.parametrize("status", ["cancelled", "entered-in-error"])
def test_what_was_never_performed_claims_nothing(site: Site, officer: Caller, status: str) -> None:
    source = site.facility_client("SZ-A")
    register(source)
    post_exam(source, claimedMark=INVENTED, status=status)
    assert marks(officer) == []


def test_a_code_that_nobody_has_mapped_covers_nothing(site: Site, officer: Caller) -> None:
    local = {"system": "urn:medshare:local:SZ-A", "code": "CT0071"}
    a_prior(site, item=local, modality="CT", claimedMark=REAL)
    (claim,) = listed(officer)
    assert "item" not in claim
    officer.post("/api/v1/recognition/catalogue/codes", local | {"item": "CT-CHEST-PLAIN"})
    assert listed(officer) == []


def test_the_list_comes_in_pages_and_as_a_table(site: Site, officer: Caller) -> None:
    for number in (1, 2, 3):
        a_prior(site, number, claimedMark=INVENTED)
    first = officer.get(f"{CLAIMED}?limit=2")
    rest = officer.get(first.headers["Link"].partition(">")[0].lstrip("<"))
    found = [*first.get_json()["items"], *rest.get_json()["items"]]
    assert [each["accessionNumber"] for each in found] == ["ACC-3", "ACC-2", "ACC-1"]
    table = officer.get(f"{CLAIMED}?limit=2&format=csv")
    assert table.mimetype == "text/csv"
    header, *lines = table.data.decode("utf-8-sig").splitlines()
    assert header == "examId,facility,accessionNumber,item,claimedMark,performedAt"
    assert len(lines) == 2
    assert "Link" in table.headers


def test_a_facility_sees_its_own_claims_and_clinicians_none(site: Site, officer: Caller) -> None:
    a_prior(site, claimedMark=INVENTED)
    assert marks(site.person(Role.QUALITY_OFFICER, "SZ-A")) == [INVENTED]
    assert marks(site.person(Role.QUALITY_OFFICER, "SZ-B")) == []
    assert site.last_entry().subjects == ()
    assert site.person(Role.CLINICIAN, "SZ-A").get(CLAIMED).status_code == 403
    assert site.last_entry().outcome == "denied"
    refused = officer.get(f"{CLAIMED}?limit=0")
    assert codes_of(problem_of(refused)) == {"/limit": "out-of-range"}


def test_uncovered_claims_are_a_flag_against_their_source(site: Site, officer: Caller) -> None:
    a_prior(site, 1, claimedMark=INVENTED)
    a_prior(site, 2, claimedMark=REAL)
    a_prior(site, 3)
    evaluated(a_doctor(site))
    site.clock.advance(minutes=1)
    flags = officer.get("/api/v1/recognition/statistics/flags").get_json()["items"]
    (flag,) = [each for each in flags if each["code"] == "claimed-without-certificate"]
    assert (flag["facility"], flag["department"]) == ("SZ-A", "")
    assert (flag["numerator"], flag["denominator"], flag["raised"]) == (1, 2, False)
