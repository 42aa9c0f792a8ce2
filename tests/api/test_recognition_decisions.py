"""Decisions over REST: recognise, repeat with a reason, undo, view, write back."""

from typing import Any

from medshare.access.model import Role
from medshare.recognition.defects import service as defects
from medshare.recognition.defects.model import Declined, DefectKind
from tests.exams import codes_of as faults_of
from tests.exams import post_report
from tests.orders import (
    DECISIONS,
    EVALUATIONS,
    a_decision,
    a_doctor,
    a_prior,
    decided,
    evaluated,
)
from tests.site import Site, problem_of

NOBODYS = f"{DECISIONS}/00000000-0000-7000-8000-000000000000"


def test_a_recognised_result_is_kept_with_all_that_was_said(site: Site) -> None:
    a_prior(site)
    doctor = a_doctor(site)
    evaluation = evaluated(doctor)

    sent = a_decision(evaluation, encounter="V-1", orderReference="ORD-1", dwellMs=4200)
    answer = doctor.post(DECISIONS, sent)

    assert answer.status_code == 201, answer.text
    decision = answer.get_json()
    assert decision["doctor"] == "d-007"
    assert decision["tier"] == "due"
    assert decision["sourceFacility"] == "SZ-A"
    assert sent.items() <= decision.items()
    entry = site.last_entry()
    assert entry.operation == "recognition.decide"
    assert entry.objects[0].id == decision["id"]
    assert len(entry.subjects) == 2
    assert doctor.get(answer.headers["Location"]).get_json() == decision


def test_the_same_decision_again_is_one_and_another_is_a_conflict(site: Site) -> None:
    a_prior(site)
    doctor = a_doctor(site)
    evaluation = evaluated(doctor)
    first = decided(doctor, evaluation)

    again = doctor.post(DECISIONS, a_decision(evaluation))
    other = doctor.post(
        DECISIONS, a_decision(evaluation, outcome="repeated", reason=reason_of(doctor))
    )

    assert again.status_code == 200
    assert again.get_json()["id"] == first["id"]
    assert other.status_code == 409
    assert problem_of(other)["type"].endswith("decision-stands")


def reason_of(doctor: Any, **wanted: Any) -> str:
    """Return the code of the first reason in force that is as wanted."""
    wanted = {"needsText": False, "opensDefect": False} | wanted
    reasons = doctor.get("/api/v1/recognition/reasons").get_json()["reasons"]
    return str(next(each["code"] for each in reasons if wanted.items() <= each.items()))


def test_a_decline_for_a_fault_of_the_offer_opens_a_case(site: Site) -> None:
    exam_id = a_prior(site)
    doctor = a_doctor(site)
    for reason in ("EMERGENCY", "POOR_IMAGE"):
        decision = decided(doctor, evaluated(doctor), outcome="repeated", reason=reason)

    page = site.read(
        lambda uow: defects.page(uow, facility=None, open_only=True, cursor=None, limit=10)
    )

    (case,) = page.items
    assert case.declined == Declined(
        decision["id"], "POOR_IMAGE", "CT-CHEST-PLAIN", exam_id, "SZ-A", "SZ-B", DefectKind.QUALITY
    )


def test_a_repeat_has_a_reason_of_the_policy_and_its_explanation(site: Site) -> None:
    a_prior(site)
    doctor = a_doctor(site)
    explained = {"by": "d-007", "at": "2026-11-20T02:00:00Z", "method": "oral"}

    decision = decided(
        doctor,
        evaluated(doctor),
        outcome="repeated",
        reason=reason_of(doctor),
        explained=explained,
    )

    assert decision["explained"] == explained
    assert decision["reasonParent"]
    assert decision["reasonSet"]


def test_a_fault_of_a_decision_is_named(site: Site) -> None:
    a_prior(site)
    doctor = a_doctor(site)
    evaluation = evaluated(doctor)
    cases: list[tuple[dict[str, Any], dict[str, str]]] = [
        ({"outcome": "repeated"}, {"/reason": "reason-required"}),
        ({"outcome": "repeated", "reason": "no-such"}, {"/reason": "reason-unknown"}),
        ({"reason": reason_of(doctor)}, {"/reason": "reason-not-applicable"}),
        (
            {"outcome": "repeated", "reason": reason_of(doctor, needsText=True)},
            {"/freeText": "free-text-required"},
        ),
        ({"outcome": "overlooked"}, {"/outcome": "outcome-inferred"}),
        ({"decidedAt": "2026-11-20T10:06:00+08:00"}, {"/decidedAt": "time-in-future"}),
        ({"dwellMs": -1}, {"/dwellMs": "out-of-range"}),
    ]
    for changes, faults in cases:
        answer = doctor.post(DECISIONS, a_decision(evaluation, **changes))
        assert answer.status_code == 422, (changes, answer.text)
        assert faults_of(problem_of(answer)) == faults
        assert site.last_entry().outcome == "malformed"


def test_somebody_decides(site: Site) -> None:
    a_prior(site)
    doctor = a_doctor(site)
    evaluation = evaluated(doctor)

    answer = site.facility_client("SZ-B").post(DECISIONS, a_decision(evaluation))

    assert faults_of(problem_of(answer)) == {"/doctor": "doctor-required"}


def test_an_excluded_result_cannot_be_recognised(site: Site) -> None:
    exam_id = a_prior(site)
    post_report(site.facility_client("SZ-A"), exam_id, status="entered-in-error")
    doctor = a_doctor(site)

    answer = doctor.post(DECISIONS, a_decision(evaluated(doctor)))

    assert answer.status_code == 409
    assert problem_of(answer)["type"].endswith("result-excluded")
    assert site.last_entry().outcome == "refused"


def test_a_result_that_has_changed_since_is_judged_anew_first(site: Site) -> None:
    exam_id = a_prior(site)
    doctor = a_doctor(site)
    evaluation = evaluated(doctor)
    post_report(site.facility_client("SZ-A"), exam_id, status="amended")

    answer = doctor.post(DECISIONS, a_decision(evaluation))

    assert answer.status_code == 409
    assert problem_of(answer)["type"].endswith("result-changed")
    assert decided(doctor, evaluated(doctor))["result"] == f"{exam_id}@2"


def test_nothing_rests_on_a_trial(site: Site) -> None:
    a_prior(site)
    officer = a_doctor(site)
    trial = evaluated(officer, at="2026-11-21T00:00:00Z")

    answer = officer.post(DECISIONS, a_decision(trial))

    assert answer.status_code == 409
    assert problem_of(answer)["type"].endswith("evaluation-is-trial")


def test_a_batch_is_recorded_as_a_whole_or_not_at_all(site: Site) -> None:
    a_prior(site)
    a_prior(site, 2)
    doctor = a_doctor(site)
    evaluation = evaluated(doctor)
    first, second = (each["result"] for each in evaluation["verdicts"])

    faulty = doctor.post(
        f"{DECISIONS}/batch",
        {
            "decisions": [
                a_decision(evaluation),
                a_decision(evaluation, result=second, outcome="repeated"),
            ]
        },
    )
    kept = doctor.get(f"{EVALUATIONS}/{evaluation['id']}/decisions").get_json()
    sound = doctor.post(
        f"{DECISIONS}/batch",
        {"decisions": [a_decision(evaluation), a_decision(evaluation, result=second)]},
    )

    assert faults_of(problem_of(faulty)) == {"/decisions/1/reason": "reason-required"}
    assert kept["items"] == []
    assert [each["result"] for each in sound.get_json()["items"]] == [first, second]


def test_a_decision_is_undone_while_its_time_lasts(site: Site) -> None:
    a_prior(site)
    doctor = a_doctor(site)
    evaluation = evaluated(doctor)
    decision = decided(doctor, evaluation)

    undone = doctor.post(f"{DECISIONS}/{decision['id']}/undo", {"note": "wrong patient"})
    again = doctor.post(f"{DECISIONS}/{decision['id']}/undo", {})

    assert undone.status_code == 200
    assert undone.get_json()["revocation"]["note"] == "wrong patient"
    assert again.get_json() == undone.get_json()
    assert decided(doctor, evaluation)["id"] != decision["id"]
    assert len(doctor.get(f"{EVALUATIONS}/{evaluation['id']}/decisions").get_json()["items"]) == 2


def test_an_old_decision_stands(site: Site) -> None:
    a_prior(site)
    doctor = a_doctor(site)
    decision = decided(doctor, evaluated(doctor))
    site.clock.advance(hours=24, seconds=1)

    answer = site.facility_client("SZ-B").post(f"{DECISIONS}/{decision['id']}/undo", {})

    assert answer.status_code == 409
    assert problem_of(answer)["type"].endswith("undo-too-late")


def test_the_newest_state_of_each_step_of_writing_back_is_told(site: Site) -> None:
    a_prior(site)
    doctor = a_doctor(site)
    address = f"{DECISIONS}/{decided(doctor, evaluated(doctor))['id']}"

    for step, state in (("order", "pending"), ("order", "written"), ("report", "failed")):
        answer = doctor.post(f"{address}/write-backs", {"step": step, "state": state})
        assert answer.status_code == 200, answer.text

    states = {each["step"]: each["state"] for each in doctor.get(address).get_json()["writeBacks"]}
    assert states == {"order": "written", "report": "failed"}


def test_a_due_result_on_which_nobody_decided_is_overlooked_after_a_day(site: Site) -> None:
    a_prior(site)
    doctor = a_doctor(site)
    evaluation = evaluated(doctor)
    address = f"{EVALUATIONS}/{evaluation['id']}/decisions"

    assert doctor.get(address).get_json()["overlooked"] == []
    site.clock.advance(hours=24, seconds=1)
    later = site.facility_client("SZ-B").get(address).get_json()

    assert later["overlooked"] == [evaluation["verdicts"][0]["result"]]


def test_a_view_is_noted_of_a_result_that_the_evaluation_names(site: Site) -> None:
    a_prior(site)
    doctor = a_doctor(site)
    evaluation = evaluated(doctor)
    address = f"{EVALUATIONS}/{evaluation['id']}/views"
    viewed = {"result": evaluation["verdicts"][0]["result"], "kind": "report", "dwellMs": 900}

    assert doctor.post(address, viewed).status_code == 204
    assert site.last_entry().operation == "recognition.view"
    for unknown in ("x", "x@1", "x@-1"):
        answer = doctor.post(address, viewed | {"result": unknown})
        assert answer.status_code == 404
        assert problem_of(answer)["type"].endswith("result-unknown")


def test_the_patient_is_told_in_both_languages(site: Site) -> None:
    a_prior(site)
    doctor = a_doctor(site)
    decision = decided(doctor, evaluated(doctor))

    notice = doctor.get(f"{DECISIONS}/{decision['id']}/notice").get_json()

    assert "测试医院1" in notice["zh"]
    assert "2026年11月19日" in notice["zh"]
    assert "Test Hospital 2" in notice["en"]


def test_a_decision_is_its_facilitys_own(site: Site) -> None:
    a_prior(site)
    doctor = a_doctor(site)
    evaluation = evaluated(doctor)
    decision = decided(doctor, evaluation)
    stranger = site.facility_client("SZ-C").acting()

    for address in (f"{DECISIONS}/{decision['id']}", NOBODYS):
        for answer in (
            stranger.get(address),
            stranger.get(f"{address}/notice"),
            stranger.post(f"{address}/undo", {}),
            stranger.post(f"{address}/write-backs", {"step": "order", "state": "written"}),
        ):
            assert answer.status_code == 404
            assert problem_of(answer)["type"].endswith("decision-unknown")
            assert site.last_entry().outcome == "missing"
    assert stranger.post(DECISIONS, a_decision(evaluation)).status_code == 404


def test_administrators_decide_nothing(site: Site) -> None:
    administrator = site.person(Role.ADMINISTRATOR)
    for answer in (
        administrator.post(DECISIONS, {}),
        administrator.post(f"{DECISIONS}/batch", {}),
        administrator.get(NOBODYS),
        administrator.post(f"{NOBODYS}/undo", {}),
        administrator.get("/api/v1/recognition/reasons"),
    ):
        assert answer.status_code == 403
        assert site.last_entry().outcome == "denied"
