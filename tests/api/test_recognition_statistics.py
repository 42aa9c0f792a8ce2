"""Statistics at their door: what doctors did is counted, corrected and kept from others."""

from typing import Any
from urllib.parse import urlencode

from medshare.access.model import Role
from tests.api.test_recognition_reliance import OTHER_IMPRESSION, amend
from tests.exams import a_report, an_exam
from tests.orders import DECISIONS, EVALUATIONS, a_doctor, a_prior, decided, evaluated
from tests.site import Caller, Site, problem_of

STATISTICS = "/api/v1/recognition/statistics"
KINDS = ("", "/flow", "/reasons", "/savings", "/flags")


def officer(site: Site, facility: str | None = None) -> Caller:
    return site.person(Role.QUALITY_OFFICER, facility)


def figures(caller: Caller, kind: str = "", **query: str) -> dict[str, Any]:
    answer = caller.get(f"{STATISTICS}{kind}?{urlencode(query)}")
    assert answer.status_code == 200, answer.text
    return dict(answer.get_json())


def funnel(caller: Caller, **query: str) -> dict[str, int]:
    """Return what the funnel counts, without its zeros."""
    (group,) = figures(caller, **query)["groups"]
    return {name: count for name, count in group["funnel"].items() if count}


def rate(caller: Caller, code: str, **query: str) -> tuple[int, int]:
    (group,) = figures(caller, **query)["groups"]
    return next(
        (each["numerator"], each["denominator"]) for each in group["rates"] if each["code"] == code
    )


def two_orders(site: Site) -> tuple[str, Caller, dict[str, Any]]:
    """Let one doctor recognise SZ-A's CT after a look, and another decline it."""
    exam_id = a_prior(site)
    doctor = a_doctor(site)
    first = evaluated(doctor)
    evaluated(doctor)  # order-sign asks again what order-select asked
    viewed = {"result": first["verdicts"][0]["result"], "kind": "report"}
    doctor.post(f"{EVALUATIONS}/{first['id']}/views", viewed)
    site.clock.advance(minutes=1)
    recognition = decided(doctor, first, department="胸外科")
    second = evaluated(doctor, orderReference="ORD-2")
    decided(doctor, second, outcome="repeated", reason="CONDITION_CHANGED")
    site.clock.advance(minutes=1)
    return exam_id, doctor, recognition


def test_a_recognition_and_a_decline_appear_over_the_results_that_patients_had(site: Site) -> None:
    two_orders(site)
    city = officer(site)

    assert funnel(city) == {
        "eligible": 2, "shown": 2, "viewed": 1, "recognised": 1, "declined": 1,
    }  # fmt: skip
    assert rate(city, "national-indicator") == (1, 2)
    (flow,) = figures(city, "/flow")["items"]
    assert (flow["facility"], flow["sourceFacility"], flow["recognised"]) == ("SZ-B", "SZ-A", 1)
    (reason,) = figures(city, "/reasons")["items"]
    assert (reason["parent"], reason["reason"]) == ("CONDITION_CHANGED", "CONDITION_CHANGED")
    departments = figures(city, by="department")["groups"]
    assert [each["key"] for each in departments] == ["", "胸外科"]
    assert funnel(city, department="胸外科")["eligible"] == 1
    for elsewhere in ({"item": "MR"}, {"sourceFacility": "SZ-C"}, {"facility": "SZ-A"}):
        assert funnel(city, **elsewhere) == {}
    entry = site.last_entry()
    assert (entry.operation, entry.subjects) == ("recognition.statistics", ())


def test_what_is_corrected_is_counted_anew_and_stays_as_it_was_known(site: Site) -> None:
    exam_id, doctor, recognition = two_orders(site)
    before = site.clock.now().isoformat()
    site.clock.advance(minutes=1)
    amend(site, exam_id, texts=OTHER_IMPRESSION)
    amended = site.clock.now().isoformat()
    site.clock.advance(minutes=1)
    assert doctor.post(f"{DECISIONS}/{recognition['id']}/undo", {}).status_code == 200
    city = officer(site)

    assert funnel(city, asOf=before)["recognised"] == 1
    assert funnel(city, asOf=amended)["fallen"] == 1
    assert funnel(city)["open"] == 1
    assert figures(city, asOf=before) == figures(city, asOf=before)
    claimed = [figures(city, "/savings", asOf=at)["claimed"] for at in (before, amended)]
    assert [each["orders"] for each in claimed] == [1, 0]


def test_an_exam_that_is_done_all_the_same_refutes_the_saving(site: Site) -> None:
    two_orders(site)
    city = officer(site)
    assert figures(city, "/savings")["pending"]["orders"] == 1
    before = site.clock.now().isoformat()
    site.clock.advance(days=2)

    patient = {"system": "urn:oid:2.999.2.1", "value": "MRN-SZ-B"}
    when = site.clock.now().isoformat()
    again = an_exam(accessionNumber="B-1", patient=patient, performedAt=when, studyInstanceUids=[])
    own = site.facility_client("SZ-B")
    answer = own.post("/api/v1/exams", again)
    assert answer.status_code == 201, answer.text
    assert own.post(f"/api/v1/exams/{answer.get_json()['id']}/reports", a_report()).status_code
    site.clock.advance(minutes=1)
    city = site.person(Role.QUALITY_OFFICER, username="officer-after-two-days")

    assert figures(city, "/savings")["refuted"]["orders"] == 1
    assert rate(city, "repeated-anyway") == (1, 1)
    assert figures(city, "/savings", asOf=before)["pending"]["orders"] == 1
    flags = {each["code"]: each["numerator"] for each in figures(city, "/flags")["items"]}
    assert flags["recognised-then-repeated"] == 1


def test_figures_come_as_a_table_that_spreadsheets_open(site: Site) -> None:
    two_orders(site)
    city = officer(site)
    for kind in KINDS:
        answer = city.get(f"{STATISTICS}{kind}?format=csv")
        assert answer.mimetype == "text/csv"
        assert answer.data.startswith("\ufeff".encode())
        assert len(answer.text.splitlines()) > 1, kind


def test_an_officer_of_a_facility_sees_what_it_asked_and_clinicians_see_none(site: Site) -> None:
    two_orders(site)
    own, stranger = officer(site, "SZ-B"), officer(site, "SZ-A")

    assert funnel(own)["eligible"] == 2
    assert funnel(stranger) == {}
    refused = stranger.get(f"{STATISTICS}?facility=SZ-B")
    assert (refused.status_code, problem_of(refused)["errors"][0]["code"]) == (
        422,
        "facility-not-own",
    )
    clinician = site.person(Role.CLINICIAN, "SZ-B")
    for kind in KINDS:
        assert clinician.get(STATISTICS + kind).status_code == 403
        assert site.last_entry().outcome == "denied"


def test_a_question_that_cannot_be_is_refused_with_its_place(site: Site) -> None:
    city = officer(site)
    ahead = (site.clock.now().replace(year=2030)).isoformat()
    for query, code in (
        ({"asOf": ahead}, "time-in-future"),
        ({"since": ahead}, "period"),
        ({"since": "2020-01-01T00:00:00+08:00"}, "period"),
        ({"since": "2026-01-01T00:00:00"}, "time-without-offset"),
        ({"format": "xml"}, "choice"),
        ({"by": "doctor"}, "choice"),
    ):
        refused = city.get(f"{STATISTICS}?{urlencode(query)}")
        assert refused.status_code == 422
        assert code in [each["code"] for each in problem_of(refused)["errors"]]
        assert site.last_entry().outcome == "malformed"
