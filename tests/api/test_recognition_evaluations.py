"""Evaluations over REST: what existing results mean for an order."""

from typing import Any

from medshare.access.model import Role
from tests.exams import SYSTEMS, a_test, an_observation, post_report, register
from tests.exams import codes_of as faults_of
from tests.orders import EVALUATIONS, a_doctor, a_prior, an_order, codes_of, evaluated
from tests.site import Site, problem_of

NOBODYS = f"{EVALUATIONS}/00000000-0000-7000-8000-000000000000"


def test_a_prior_of_another_hospital_is_due_with_its_whole_explanation(site: Site) -> None:
    exam_id = a_prior(site)
    doctor = a_doctor(site)

    answer = doctor.post(EVALUATIONS, an_order())

    assert answer.status_code == 201, answer.text
    evaluation = answer.get_json()
    (verdict,) = evaluation["verdicts"]
    assert verdict["result"] == f"{exam_id}@1"
    assert verdict["tier"] == "due"
    assert verdict["recognisable"] is True
    assert verdict["mark"]
    assert verdict["validUntil"] == "2026-12-19T23:59:59.999999+08:00"
    assert verdict["source"]["facility"] == "SZ-A"
    entry = site.last_entry()
    assert entry.operation == "recognition.evaluate"
    assert {each.record_id for each in entry.subjects} >= {
        site.last_entry().subjects[0].record_id,
    }
    assert len({each.record_id for each in entry.subjects}) == 2
    assert doctor.get(answer.headers["Location"]).get_json() == evaluation


def test_every_reason_is_told_with_evidence_rule_and_remedy(site: Site) -> None:
    a_prior(site, images=False, performedAt="2026-03-01T09:00:00+08:00")

    (verdict,) = evaluated(a_doctor(site), context="emergency")["verdicts"]

    assert verdict["tier"] == "discretionary"
    assert codes_of(verdict) == ["EMERGENCY_REPEAT_PERMITTED", "EXPIRED", "IMAGES_UNAVAILABLE"]
    for reason in verdict["reasons"]:
        assert reason["zh"]
        assert reason["en"]
        assert reason["evidence"].isascii()
        assert not reason["evidenceZh"].isascii()
        assert reason["rule"]
        assert reason["remedy"].keys() == {"zh", "en"}


def test_an_exam_without_a_final_report_is_excluded(site: Site) -> None:
    exam_id = a_prior(site)
    post_report(site.facility_client("SZ-A"), exam_id, status="entered-in-error")

    (verdict,) = evaluated(a_doctor(site))["verdicts"]

    assert verdict["tier"] == "excluded"
    assert codes_of(verdict) == ["STATUS_INVALID"]


def test_a_panel_says_which_components_to_order(site: Site) -> None:
    source = site.facility_client("SZ-A")
    register(source)
    test = source.post("/api/v1/exams", a_test()).get_json()
    post_report(source, test["id"], observations=[an_observation()])

    item = {"system": "urn:medshare:item", "code": PANEL}
    evaluation = evaluated(a_doctor(site), item=item)

    covered = {each["item"]: each["result"] for each in evaluation["panel"]["covered"]}
    assert covered == {"LAB-K": f"{test['id']}@1"}
    assert "LAB-K" not in evaluation["panel"]["orderOnly"]
    assert evaluation["panel"]["orderOnly"]


PANEL = "PANEL-ELECTROLYTE"


def test_without_care_only_the_own_results_are_judged(site: Site) -> None:
    a_prior(site)
    system = site.facility_client("SZ-B")
    register(system, "MRN-SZ-B", "SZ-B")

    assert evaluated(system.acting())["verdicts"] == []


def test_without_a_person_behind_the_system_only_the_own_results_are_judged(site: Site) -> None:
    a_prior(site)
    a_doctor(site)

    assert evaluated(site.facility_client("SZ-B"))["verdicts"] == []


def test_a_patient_that_the_facility_does_not_know_is_refused_alike(site: Site) -> None:
    a_prior(site)
    known_elsewhere = site.facility_client("SZ-B").acting()
    patient_id = register(site.facility_client("SZ-A"))

    for named in (
        {"patientId": patient_id, "patient": None},
        {"patientId": "00000000-0000-7000-8000-000000000000", "patient": None},
        {"patient": {"system": SYSTEMS["SZ-A"], "value": "MRN-1"}},
    ):
        answer = known_elsewhere.post(EVALUATIONS, an_order(**named))
        assert answer.status_code == 422
        assert faults_of(problem_of(answer)) == {"/patient": "no-own-record"}


def test_a_fault_of_an_order_is_named(site: Site) -> None:
    doctor = a_doctor(site)
    cases: list[tuple[dict[str, Any], dict[str, str]]] = [
        ({"item": {"system": "urn:medshare:item", "code": "NO"}}, {"/item": "item-unmapped"}),
        (
            {"item": {"system": "urn:medshare:local:SZ-B", "code": "77"}},
            {"/item": "item-unmapped"},
        ),
        ({"facility": "SZ-A"}, {"/facility": "facility-not-own"}),
        ({"context": "routine"}, {"/context": "choice"}),
        ({"patientId": "x"}, {"/patient": "one-patient"}),
        ({"colour": "red"}, {"/colour": "unknown-field"}),
    ]
    for changes, faults in cases:
        answer = doctor.post(EVALUATIONS, an_order(**changes))
        assert answer.status_code == 422, changes
        assert faults_of(problem_of(answer)) == faults
        assert site.last_entry().outcome == "malformed"


def test_several_orders_are_judged_together(site: Site) -> None:
    a_prior(site)
    doctor = a_doctor(site)
    head = {"system": "urn:medshare:item", "code": "CT-HEAD-PLAIN"}

    answer = doctor.post(f"{EVALUATIONS}/batch", {"orders": [an_order(), an_order(item=head)]})

    assert answer.status_code == 200, answer.text
    chest, skull = answer.get_json()["items"]
    assert [each["tier"] for each in chest["verdicts"]] == ["due"]
    assert [each["tier"] for each in skull["verdicts"]] == ["excluded"]
    assert site.last_entry().counts["evaluations"] == 2


def test_a_fault_in_a_batch_names_the_order_and_keeps_none(site: Site) -> None:
    doctor = a_doctor(site)
    unknown = {"system": "urn:medshare:item", "code": "NO"}

    answer = doctor.post(f"{EVALUATIONS}/batch", {"orders": [an_order(), an_order(item=unknown)]})

    assert faults_of(problem_of(answer)) == {"/orders/1/item": "item-unmapped"}


def test_another_time_takes_a_right_of_its_own(site: Site) -> None:
    a_prior(site)
    officer = a_doctor(site)
    doctor = site.facility_client("SZ-B", "system/*.cruds").acting()
    later = {"at": "2027-06-01T10:00:00+08:00"}

    assert doctor.post(EVALUATIONS, an_order(**later)).status_code == 403
    (verdict,) = evaluated(officer, **later)["verdicts"]
    assert "EXPIRED" in codes_of(verdict)


def test_a_replay_gives_the_same_verdict_years_later(site: Site) -> None:
    exam_id = a_prior(site)
    evaluation = evaluated(a_doctor(site))
    post_report(site.facility_client("SZ-A"), exam_id, status="amended")
    site.clock.advance(days=3 * 365)

    officer = site.facility_client("SZ-B").acting()
    replayed = officer.post(f"{EVALUATIONS}/{evaluation['id']}/replay")

    assert replayed.status_code == 200, replayed.text
    document = replayed.get_json()
    assert document["same"] is True
    assert document["policyStands"] is True
    assert document["verdicts"] == evaluation["verdicts"]


def test_an_evaluation_is_its_facilitys_own(site: Site) -> None:
    a_prior(site)
    evaluation = evaluated(a_doctor(site))
    stranger = site.facility_client("SZ-C").acting()

    for address in (f"{EVALUATIONS}/{evaluation['id']}", NOBODYS):
        answer = stranger.get(address)
        assert answer.status_code == 404
        assert problem_of(answer)["type"].endswith("evaluation-unknown")
    assert site.last_entry().outcome == "missing"


def test_administrators_judge_no_orders(site: Site) -> None:
    administrator = site.person(Role.ADMINISTRATOR)
    assert administrator.post(EVALUATIONS, an_order()).status_code == 403
    assert administrator.get(NOBODYS).status_code == 403
    assert administrator.post(f"{NOBODYS}/replay").status_code == 403
    assert site.last_entry().outcome == "denied"
