"""A draft policy is tried on the recorded orders, as a job, before anybody is bound by it."""

from datetime import timedelta
from typing import Any

import pytest

from medshare.access.model import Role
from tests.exams import codes_of
from tests.orders import a_doctor, a_prior, decided, evaluated
from tests.site import NOW, Caller, Site, problem_of

ROOT = "/api/v1/recognition"
SIMULATIONS = f"{ROOT}/simulations"
PERIOD = {
    "since": (NOW - timedelta(days=1)).isoformat(),
    "until": (NOW + timedelta(days=1)).isoformat(),
}


@pytest.fixture
def officer(site: Site) -> Caller:
    return site.person(Role.QUALITY_OFFICER)


def draft(officer: Caller, **item: Any) -> str:
    """Draft the policy in force with other terms for a chest CT; return its hash."""
    stands = officer.get(f"{ROOT}/policies").get_json()["items"][0]
    document = officer.get(f"{ROOT}/policies/{stands['hash']}").get_json()["document"]
    document["effectiveFrom"] = (NOW + timedelta(days=30)).isoformat()
    document["items"]["CT-CHEST-PLAIN"] |= item
    drafted = officer.post(f"{ROOT}/policies", {"document": document})
    assert drafted.status_code == 201, drafted.text
    return str(drafted.get_json()["hash"])


def simulated(site: Site, officer: Caller, policy: str, **asked: str) -> dict[str, Any]:
    """Hand in a simulation, let it be worked on, and return its result."""
    taken = officer.post(SIMULATIONS, {"policy": policy, **PERIOD, **asked})
    assert taken.status_code == 202, taken.text
    assert taken.headers["Retry-After"] == "2"
    assert site.application.jobs.work()
    job = officer.get(taken.headers["Location"]).get_json()
    assert job["state"] == "done", job
    assert (job["done"], job["total"]) == (job["result"]["orders"], job["result"]["orders"])
    return dict(job["result"])


def test_a_shorter_window_costs_the_exams_that_are_due_no_more(site: Site, officer: Caller) -> None:
    a_prior(site)
    doctor = a_doctor(site)
    evaluated(doctor)
    evaluated(doctor)  # order-sign asks again what order-select asked
    evaluated(doctor, orderReference="ORD-2")

    result = simulated(site, officer, draft(officer, window="2h", priceYuan=999))

    assert (result["orders"], result["changed"], result["unreadable"]) == (2, 2, 0)
    assert result["moves"] == [{"before": "due", "after": "discretionary", "verdicts": 2}]
    assert {"code": "EXPIRED", "gained": 2, "lost": 0} in result["reasons"]
    before = result["before"]
    assert (before["orders"], before["yuan"] > 0, before["mSv"] > 0) == (2, True, True)
    assert result["after"] == dict.fromkeys(before, 0)
    assert result["difference"] == {name: -value for name, value in before.items()}
    (item,) = result["items"]
    assert (item["item"], item["orders"], item["before"]) == ("CT-CHEST-PLAIN", 2, before)


def test_the_tried_policy_has_its_own_price_minutes_and_dose(site: Site, officer: Caller) -> None:
    a_prior(site)
    evaluated(a_doctor(site))

    result = simulated(site, officer, draft(officer, priceYuan=300.5, minutes=7, mSv=3))

    assert result["changed"] == 0
    after = {"orders": 1, "unpriced": 0, "yuan": 300.5, "minutes": 7, "mSv": 3}
    assert result["after"] == after
    difference = result["difference"]
    assert difference["orders"] == 0
    for each in ("yuan", "minutes", "mSv"):
        assert difference[each] == pytest.approx(after[each] - result["before"][each])


def test_what_a_simulation_is_asked_for_is_all_that_it_counts(site: Site, officer: Caller) -> None:
    a_prior(site)
    evaluated(a_doctor(site))
    policy = draft(officer, window="2h")

    for elsewhere in (
        {"facility": "SZ-A"},
        {"item": "MR-HEAD-PLAIN"},
        {"since": (NOW + timedelta(hours=1)).isoformat()},
        {"until": NOW.isoformat()},
    ):
        assert simulated(site, officer, policy, **elsewhere)["orders"] == 0, elsewhere
    asked = {"facility": "SZ-B", "item": "CT-CHEST-PLAIN"}
    assert simulated(site, officer, policy, **asked)["orders"] == 1
    own = site.person(Role.QUALITY_OFFICER, "SZ-A")
    assert simulated(site, own, policy)["orders"] == 0


def test_a_simulation_goes_on_in_steps_and_changes_nothing(
    site: Site, officer: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("medshare.recognition.simulation.service.ORDERS_AT_ONCE", 1)
    a_prior(site)
    doctor = a_doctor(site)
    recognised = evaluated(doctor)
    decided(doctor, recognised)
    evaluated(doctor, orderReference="ORD-2")

    result = simulated(site, officer, draft(officer, window="2h"))

    assert (result["orders"], result["changed"]) == (2, 2)
    stands = doctor.get(f"{ROOT}/evaluations/{recognised['id']}").get_json()
    assert stands["verdicts"][0]["tier"] == "due"


def test_trials_are_not_orders(site: Site, officer: Caller) -> None:
    a_prior(site)
    doctor = a_doctor(site)
    evaluated(doctor, at=(NOW + timedelta(hours=1)).isoformat())
    assert simulated(site, officer, draft(officer, window="2h"))["orders"] == 0


def test_a_job_is_its_owners_and_can_be_cancelled(site: Site, officer: Caller) -> None:
    taken = officer.post(SIMULATIONS, {"policy": draft(officer, window="2h"), **PERIOD})
    entry = next(each for each in site.entries() if each.operation == "recognition.simulate")
    assert {each.kind for each in entry.objects} == {"policy", "job"}
    address = taken.headers["Location"]
    stranger = site.person(Role.QUALITY_OFFICER, username="another")
    assert stranger.get(address).status_code == 404
    assert stranger.delete(address).status_code == 404
    assert stranger.get("/api/v1/jobs").get_json() == {"items": []}
    assert site.auditor().get(address).status_code == 403

    assert officer.delete(address).get_json()["state"] == "cancelled"

    assert not site.application.jobs.work()
    assert officer.delete(address).status_code == 200
    (job,) = officer.get("/api/v1/jobs").get_json()["items"]
    assert (job["state"], job["kind"]) == ("cancelled", "recognition-simulation")
    assert site.last_entry().operation == "jobs.list"
    done = officer.post(SIMULATIONS, {"policy": draft(officer, window="3h"), **PERIOD})
    assert site.application.jobs.work()
    refused = officer.delete(done.headers["Location"])
    assert problem_of(refused)["type"].endswith("job-over")


def test_what_cannot_be_simulated_is_refused(site: Site, officer: Caller) -> None:
    policy = draft(officer, window="2h")
    unknown = officer.post(SIMULATIONS, {"policy": "0" * 64, **PERIOD})
    assert unknown.status_code == 404
    assert site.last_entry().outcome == "missing"
    backwards = {"since": PERIOD["until"], "until": PERIOD["since"]}
    for asked, fault in (
        (backwards, {"/since": "period"}),
        ({"since": "2026-01-01T00:00:00"}, {"/since": "time-without-offset"}),
    ):
        answer = officer.post(SIMULATIONS, {"policy": policy, **PERIOD, **asked})
        assert codes_of(problem_of(answer)) == fault
        assert site.last_entry().outcome == "malformed"
    own = site.person(Role.QUALITY_OFFICER, "SZ-A")
    other = own.post(SIMULATIONS, {"policy": policy, **PERIOD, "facility": "SZ-B"})
    assert codes_of(problem_of(other)) == {"/facility": "facility-not-own"}
    for caller in (site.facility_client(), site.administrator()):
        assert caller.post(SIMULATIONS, {"policy": policy, **PERIOD}).status_code == 403
